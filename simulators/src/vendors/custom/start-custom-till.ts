// A till of nobody's make as an HTTP server: four feeds for each store under a base of its own, and signed messages.
//
//   GET {base}/transactions | /refunds | /items | /inventory-counts   ?after=<opaque>&limit=
//   GET {base}/store

import { guid, mixedId } from '../external-ids.ts';
import { type Answer, type Ask, bearerOf, openDoor, type Route } from '../http-door.ts';
import { type Item, ItemBook } from '../item-book.ts';
import { Ledger } from '../ledger.ts';
import type { GoodsBack, LedgerChange, LedgerRefund, LedgerSale } from '../ledger-rows.ts';
import { operateLedger } from '../operate-ledger.ts';
import { fixedSlices } from '../rate-limit.ts';
import type { SimulatedTills } from '../simulated-tills.ts';
import { makeTrouble, type TroubleMaker } from '../trouble.ts';
import { lateMaxMs, type VendorOptions } from '../vendor-options.ts';
import type { VendorShop } from '../vendor-shop.ts';
import { createWebhookSender } from '../webhook-sender.ts';
import { Feed, type FeedAsk, signCustom } from './feed.ts';
import { renderItem, renderRefund, renderSale } from './render-entities.ts';
import type { Rendering } from './rendering.ts';
import { type CustomSwitches, customSwitches } from './switches.ts';

export interface CustomTills extends SimulatedTills {
  readonly kind: 'custom';
  /** Of the pull feeds: `Authorization: Bearer`. */
  readonly apiKey: string;
  /** What `{base}` is for a shop. */
  baseUrlOf(shopId: string): string;
  /** Sends the shop's messages to `url`, signed with the secret that comes back or is given. */
  subscribe(shopId: string, url: string, secret?: string): { readonly secret: string };
}

interface Store {
  readonly shop: VendorShop;
  readonly items: ItemBook;
  readonly sales: Feed<LedgerSale>;
  readonly refunds: Feed<{ readonly refund: LedgerRefund; readonly back: GoodsBack }>;
  readonly itemFeed: Feed<Item>;
  hook: { readonly url: string; readonly secret: string } | undefined;
}

const minuteMs = 60_000;

/** Starts the simulated tills of all shops. Resolves when they listen; `close` ends them and their messages. */
export async function startCustomTill(options: VendorOptions<CustomSwitches>): Promise<CustomTills> {
  const switches = { ...customSwitches, ...options.switches };
  const maker = makeTrouble(options.seed, options.trouble ?? {});
  const { stores, rendering, sender } = buildParts(options, switches, maker);
  const apiKey = mixedId(40, options.seed, 'api-key');
  const storeOf = (shopId: string): Store => {
    const found = stores.get(shopId);
    if (!found) throw new Error(`no shop ${shopId} at these tills`);
    return found;
  };
  let requests = 0;
  const door = await openDoor({
    ...(options.port === undefined ? {} : { port: options.port }),
    now: () => options.clock.now(),
    routes: routesOf(stores, rendering),
    guard: guardOf(options, switches, { maker, apiKey }),
    unknownPath: () => refusal(404, 'not_found'),
    broken: () => refusal(500, 'internal'),
    answered: () => void requests++,
  });
  return {
    ...operateLedger(rendering.ledger, {
      editRefusal: () => undefined,
      canVoid: (sale) => rendering.ledger.returnsOf(sale).length === 0,
      hasCredits: true,
      netsExchanges: false,
      hasMerges: false,
    }),
    forget(instant) {
      rendering.ledger.forget(instant);
      for (const { sales, refunds } of stores.values()) {
        sales.keep(({ modifiedAt }) => modifiedAt >= instant);
        refunds.keep(({ refund }) => refund.modifiedAt >= instant);
      }
    },
    kind: 'custom',
    url: door.url,
    trouble: maker.trouble,
    requests: () => requests,
    webhooks: sender.counters,
    externalIdOf: (shopId) => storeOf(shopId).shop.id,
    itemsOf: (shopId) => storeOf(shopId).items,
    apiKey,
    baseUrlOf: (shopId) => `${door.url}/${encodeURIComponent(storeOf(shopId).shop.id)}`,
    subscribe(shopId, url, secret = mixedId(40, options.seed, 'secret', shopId)) {
      storeOf(shopId).hook = { url, secret };
      return { secret };
    },
    webhooksSettled: () => sender.settled(),
    async close() {
      await sender.close();
      await door.close();
    },
  };
}

function buildParts(options: VendorOptions<CustomSwitches>, switches: CustomSwitches, maker: TroubleMaker) {
  const { clock, seed, shops } = options;
  const now = () => clock.now();
  const sender = createWebhookSender({
    clock,
    maker,
    retryWaitsMs: [minuteMs, 5 * minuteMs, 30 * minuteMs],
    retries: () => true,
    timeoutMs: 10_000,
    lateMaxMs,
  });
  const stores = new Map(shops.map((shop) => [shop.id, openStore(shop, now)]));
  let [ids, messages] = [0, 0];
  const tell = (store: Store, type: string, entity: Record<string, unknown>) => {
    if (!store.hook) return;
    const { url, secret } = store.hook;
    const occurredAt = new Date(now()).toISOString();
    const told = switches.messages === 'full' ? entity : { externalId: entity['externalId'] };
    const event = { id: guid(seed, 'event', ++messages), type, storeId: store.shop.id, occurredAt, entity: told };
    const body = JSON.stringify({ events: [event] });
    const headers = () => {
      // Of the attempt: a repetition hours later must not look like a replay.
      const timestamp = String(Math.floor(now() / 1000));
      return { 'X-Pos-Timestamp': timestamp, 'X-Pos-Signature': signCustom(secret, timestamp, body) };
    };
    sender.send({ url, body, headers });
  };
  const onChange = (change: LedgerChange) => {
    const { shop } = 'sale' in change ? change.sale : change.back;
    const store = stores.get(shop.id);
    if (!store) return;
    if (change.of === 'sale') {
      store.sales.put(change.sale.id, change.sale);
      tell(store, `transaction.${change.type}`, renderSale(change.sale, rendering));
    } else if (change.of === 'refund') {
      store.refunds.put(change.refund.id, change);
      tell(store, `refund.${change.type}`, renderRefund(change.refund, change.back, rendering));
    }
  };
  const nextId = (kind: string) => `${kind}-${guid(seed, 'till', ++ids)}`;
  const ledger = new Ledger({ shops, now, nextId, stampGrainMs: 1, wholeOrders: true, onChange });
  const rendering: Rendering = { ledger, switches };
  return { stores, rendering, sender };
}

function openStore(shop: VendorShop, now: () => number): Store {
  const itemFeed = new Feed<Item>(now);
  const items = new ItemBook(shop.products, now, (item) => itemFeed.put(item.key, item));
  for (const item of items.items.values()) itemFeed.put(item.key, item);
  return { shop, items, itemFeed, sales: new Feed(now), refunds: new Feed(now), hook: undefined };
}

const refusal = (status: number, code: string, headers: Readonly<Record<string, string>> = {}): Answer => ({
  status,
  headers,
  body: { code, message: `The till says: ${code}` },
});

function routesOf(stores: ReadonlyMap<string, Store>, rendering: Rendering): readonly Route[] {
  const { pageSizeMax, changedSince } = rendering.switches;
  const feed = (name: string, read: (store: Store, asked: FeedAsk) => unknown): Route => [
    'GET',
    `/:store/${name}`,
    (ask) => {
      const store = stores.get(ask.params['store'] ?? '');
      const limit = Number(ask.query.get('limit') ?? pageSizeMax);
      const since = changedSince === 'known' ? Date.parse(ask.query.get('changedSince') ?? '') : Number.NaN;
      if (!store) return refusal(404, 'unknown_store');
      if (!Number.isInteger(limit) || limit < 1) return refusal(400, 'bad_limit');
      const page = read(store, {
        after: ask.query.get('after') ?? undefined,
        since: Number.isNaN(since) ? Number.NEGATIVE_INFINITY : since,
        limit: Math.min(limit, pageSizeMax),
      });
      return page === undefined ? refusal(400, 'bad_cursor') : { status: 200, body: page };
    },
  ];
  return [
    feed('transactions', (store, asked) => {
      const page = store.sales.page(asked);
      return page && { ...page, items: page.items.map((sale) => renderSale(sale, rendering)) };
    }),
    feed('refunds', (store, asked) => {
      const page = store.refunds.page(asked);
      return page && { ...page, items: page.items.map(({ refund, back }) => renderRefund(refund, back, rendering)) };
    }),
    feed('items', (store, asked) => {
      const page = store.itemFeed.page(asked);
      return page && { ...page, items: page.items.map((item) => renderItem(item, store.shop, rendering)) };
    }),
    feed('inventory-counts', (_store, { after }) => ({ items: [], next: after ?? '', hasMore: false })),
    feed('store', ({ shop }) => ({
      storeId: shop.id,
      name: shop.name,
      timeZone: shop.timeZone,
      currency: shop.currency,
    })),
  ];
}

function guardOf(
  options: VendorOptions<CustomSwitches>,
  switches: CustomSwitches,
  given: { readonly maker: TroubleMaker; readonly apiKey: string },
) {
  const take = fixedSlices(switches.requestsPerSecond, 1000, () => options.clock.now());
  return async (ask: Ask): Promise<Answer | 'cut' | undefined> => {
    await given.maker.trouble.hanging;
    const fate = given.maker.requestFate();
    if (fate === 'cut') return 'cut';
    if (fate === 'failing') return refusal(500, 'internal');
    if (fate === 'rateLimited' || take('all').left < 0) return refusal(429, 'too_many', { 'retry-after': '1' });
    return bearerOf(ask) === given.apiKey ? undefined : refusal(401, 'unauthorized');
  };
}
