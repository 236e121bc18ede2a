// Square as an HTTP server: one merchant whose locations are the shops.

import type { Product } from '../../sale.ts';
import { openDoor } from '../http-door.ts';
import { ItemBook } from '../item-book.ts';
import { Ledger } from '../ledger.ts';
import type { LedgerChange } from '../ledger-rows.ts';
import { type HouseRules, operateLedger } from '../operate-ledger.ts';
import { fixedSlices } from '../rate-limit.ts';
import type { SimulatedTills } from '../simulated-tills.ts';
import { makeTrouble, type TroubleMaker } from '../trouble.ts';
import { lateMaxMs, type VendorOptions } from '../vendor-options.ts';
import type { VendorShop } from '../vendor-shop.ts';
import { createWebhookSender } from '../webhook-sender.ts';
import { createCatalog } from './catalog.ts';
import { type SquareApp, SquareOauth } from './oauth.ts';
import { internal, notFound, rateLimited, SquareRefusal } from './refusals.ts';
import type { Rendering } from './rendering.ts';
import { eventOf } from './square-events.ts';
import { squareIds } from './square-ids.ts';
import { stamp } from './square-money.ts';
import { type SquareParts, squareRoutes } from './square-routes.ts';
import { type SquareSwitches, squareSwitches } from './switches.ts';
import { SquareWebhooks } from './webhooks.ts';

export interface SquareTills extends SimulatedTills {
  readonly kind: 'square';
  readonly merchantId: string;
  /** The account's own token. */
  readonly accessToken: string;
  readonly app: SquareApp;
  /** Sends events of the given types (all if none) to `url`, signed for exactly this text. */
  subscribe(url: string, eventTypes?: readonly string[]): { readonly id: string; readonly signatureKey: string };
  /** From now on messages to the subscription are signed with the new key. */
  rotateSignatureKey(subscriptionId: string): void;
  /** The merchant cuts the connection: all OAuth tokens are void, and an event says so. */
  revokeAccess(): void;
  readonly refreshes: () => number;
}

const rules: HouseRules = {
  editRefusal: (sale, changesLines) =>
    changesLines && sale.state === 'completed' ? 'a completed order keeps its lines' : undefined,
  // CancelPayment works on approved payments only; a completed one can but be refunded.
  canVoid: (sale) => sale.payments.every(({ status }) => status === 'approved'),
  hasCredits: true,
  netsExchanges: true,
  hasMerges: false,
};

const minuteMs = 60_000;
const hours = [2, 4, 8, 8].map((each) => each * 60 * minuteMs);
const retryWaitsMs = [...[1, 2, 4, 8, 16, 32, 60].map((each) => each * minuteMs), ...hours];
const twoMoreDaysMs = [12, 12, 12, 12].map((each) => each * 60 * minuteMs);

/** Starts a simulated Square. Resolves when it listens; `close` ends it and its webhooks. */
export async function startSquare(options: VendorOptions<SquareSwitches>): Promise<SquareTills> {
  const switches = { ...squareSwitches, ...options.switches };
  const maker = makeTrouble(options.seed, options.trouble ?? {});
  const parts = buildParts(options, switches, maker);
  let requests = 0;
  const door = await openDoor({
    ...(options.port === undefined ? {} : { port: options.port }),
    now: parts.now,
    routes: squareRoutes(parts),
    guard: guardOf(options, switches, maker),
    unknownPath: (ask) => notFound(`No such endpoint: ${ask.method} ${ask.path}`).answer,
    broken: (error) => (error instanceof SquareRefusal ? error.answer : internal),
    answered: () => void requests++,
  });
  return {
    ...operateLedger(parts.ledger, rules),
    kind: 'square',
    url: door.url,
    trouble: maker.trouble,
    requests: () => requests,
    webhooks: parts.sender.counters,
    externalIdOf: (shopId) => parts.rendering.ids.location(shopId),
    itemsOf: () => parts.rendering.items,
    merchantId: parts.rendering.ids.merchant,
    accessToken: parts.oauth.personalToken,
    app: parts.app,
    subscribe: (url, eventTypes) => parts.webhooks.subscribe(url, eventTypes),
    rotateSignatureKey: (id) => void parts.webhooks.rotateKey(id),
    revokeAccess: () => parts.oauth.revokeAll(),
    refreshes: () => parts.oauth.refreshes,
    webhooksSettled: () => parts.sender.settled(),
    async close() {
      await parts.sender.close();
      await door.close();
    },
  };
}

function buildParts(options: VendorOptions<SquareSwitches>, switches: SquareSwitches, maker: TroubleMaker) {
  const { clock, seed, shops } = options;
  const now = () => clock.now();
  const ids = squareIds(seed);
  const sender = createWebhookSender({
    clock,
    maker,
    retryWaitsMs: switches.webhookRetryHours === 24 ? retryWaitsMs : [...retryWaitsMs, ...twoMoreDaysMs],
    retries: () => true,
    timeoutMs: 10_000,
    lateMaxMs,
  });
  const webhooks = new SquareWebhooks({
    seed,
    merchant: ids.merchant,
    now,
    sender,
    eventsKeptDays: switches.eventsKeptDays,
  });
  const publishCatalog = () =>
    webhooks.publish({
      type: 'catalog.version.updated',
      dataType: 'catalog_version',
      id: ids.merchant,
      object: { catalog_version: { updated_at: stamp(now()) } },
    });
  const rendering: Rendering = { ids, switches, items: new ItemBook(allProducts(shops), now, publishCatalog) };
  const ledger: Ledger = new Ledger({
    shops,
    now,
    nextId: ids.next,
    stampGrainMs: 1,
    wholeOrders: false,
    onChange: (change) => tell(change),
  });
  const tell = (change: LedgerChange) => {
    const event = eventOf(change, ledger, rendering);
    if (event) webhooks.publish(event);
  };
  const app: SquareApp = { clientId: `sq0idp-${seed}`, clientSecret: `sq0csp-${seed}-secret` };
  const revoked = { type: 'oauth.authorization.revoked', dataType: 'revocation', id: ids.merchant };
  const onRevoked = () =>
    webhooks.publish({ ...revoked, object: { revocation: { revoked_at: stamp(now()), revoker_type: 'MERCHANT' } } });
  const { pkceRefreshDays, consent } = switches;
  const oauth = new SquareOauth({ app, seed, merchant: ids.merchant, now, pkceRefreshDays, consent, onRevoked });
  const catalog = createCatalog(rendering, shops[0]?.currency ?? 'USD');
  return {
    ledger,
    rendering,
    catalog,
    oauth,
    webhooks,
    shops,
    now,
    trouble: maker.trouble,
    sender,
    app,
  } satisfies SquareParts & Record<string, unknown>;
}

function guardOf(options: VendorOptions<SquareSwitches>, switches: SquareSwitches, maker: TroubleMaker) {
  const take = fixedSlices(switches.requestsPerSecond, 1000, () => options.clock.now());
  return async (ask: { headers: Readonly<Record<string, string | undefined>> }) => {
    await maker.trouble.hanging;
    const fate = maker.requestFate();
    if (fate === 'cut') return 'cut' as const;
    if (fate === 'failing') return internal;
    const { left } = take(ask.headers['authorization'] ?? '');
    if (fate === 'rateLimited' || left < 0) return rateLimited(switches.retryAfter ? { 'retry-after': '1' } : {});
    return undefined;
  };
}

/** One catalog for the whole merchant: each SKU once. */
function allProducts(shops: readonly VendorShop[]): readonly Product[] {
  return [...new Map(shops.flatMap(({ products }) => products).map((product) => [product.sku, product])).values()];
}
