// Toast as an HTTP server: one client, and a restaurant for each shop.

import { guid } from '../external-ids.ts';
import { type Answer, type Ask, openDoor } from '../http-door.ts';
import { ItemBook } from '../item-book.ts';
import { Ledger } from '../ledger.ts';
import type { LedgerChange } from '../ledger-rows.ts';
import { type HouseRules, operateLedger } from '../operate-ledger.ts';
import { fixedSlices } from '../rate-limit.ts';
import type { SimulatedTills } from '../simulated-tills.ts';
import { makeTrouble, type TroubleMaker } from '../trouble.ts';
import { lateMaxMs, type VendorOptions } from '../vendor-options.ts';
import { createWebhookSender } from '../webhook-sender.ts';
import { deliveryBreaker } from './delivery-breaker.ts';
import { type ToastClient, ToastLogin } from './login.ts';
import { refusalAnswer, ToastRefusal } from './refusals.ts';
import { renderOrder } from './render-order.ts';
import type { Rendering } from './rendering.ts';
import { type ToastSwitches, toastSwitches } from './switches.ts';
import { toastIds } from './toast-ids.ts';
import { toastRoutes } from './toast-routes.ts';
import { type ToastCategory, ToastWebhooks } from './webhooks.ts';

export interface ToastTills extends SimulatedTills {
  readonly kind: 'toast';
  readonly client: ToastClient;
  /** Sends messages of the category to `url`, signed with the secret. */
  subscribe(url: string, category?: ToastCategory): { readonly secret: string };
  /** As when Toast throws all tokens away before their time. */
  forgetTokens(): void;
  /** What Toast's support does after deliveries were stopped. */
  restartWebhooks(): void;
  readonly logins: () => number;
}

const minuteMs = 60_000;

/** Starts a simulated Toast. Resolves when it listens; `close` ends it and its webhooks. */
export async function startToast(options: VendorOptions<ToastSwitches>): Promise<ToastTills> {
  const switches = { ...toastSwitches, ...options.switches };
  const maker = makeTrouble(options.seed, options.trouble ?? {});
  const parts = buildParts(options, switches, maker);
  const { now, rendering, login, webhooks, sender } = parts;
  const limits = limitsOf(switches, now);
  let [requests, url] = [0, ''];
  const answerOf = (error: ToastRefusal) => refusalAnswer(error, guid(options.seed, 'request', requests));
  const door = await openDoor({
    ...(options.port === undefined ? {} : { port: options.port }),
    now,
    routes: toastRoutes({ ...parts, shops: options.shops, trouble: maker.trouble, url: () => url }),
    guard: guardOf(maker, limits, answerOf),
    always: limits.headers,
    unknownPath: () => answerOf(new ToastRefusal(404, 'No such resource')),
    broken: (error) => answerOf(error instanceof ToastRefusal ? error : new ToastRefusal(500, 'Internal error')),
    answered: () => void requests++,
  });
  url = door.url;
  const { closedOut, ledger } = parts;
  return {
    ...operateLedger(ledger, rulesOf(ledger, closedOut)),
    kind: 'toast',
    url: `${door.url}${switches.basePath}`,
    trouble: maker.trouble,
    requests: () => requests,
    webhooks: sender.counters,
    externalIdOf: (shopId) => rendering.ids.restaurant(shopId),
    itemsOf: rendering.items,
    client: login.client,
    subscribe: (address, category = 'order_updated') => webhooks.subscribe(address, category),
    forgetTokens: () => login.forgetTokens(),
    restartWebhooks: () => parts.breaker.restart(),
    logins: () => login.logins,
    webhooksSettled: () => sender.settled(),
    async close() {
      await sender.close();
      await door.close();
    },
  };
}

const rulesOf = (ledger: Ledger, closedOut: Set<string>): HouseRules => ({
  editRefusal: (sale) => (closedOut.has(sale.id) ? 'the day of this order is closed: only refunds' : undefined),
  // Until the money is captured.
  canVoid: (sale) => !closedOut.has(sale.id) && ledger.returnsOf(sale).length === 0,
  hasCredits: false,
  netsExchanges: false,
  hasMerges: true,
  closeout(shopId) {
    for (const sale of ledger.sales.values()) {
      if (sale.shop.id !== shopId || closedOut.has(sale.id)) continue;
      // Unpaid orders are touched too, and never close by themselves.
      if (sale.state !== 'open') closedOut.add(sale.id);
      ledger.touch(sale.id);
    }
  },
});

function buildParts(options: VendorOptions<ToastSwitches>, switches: ToastSwitches, maker: TroubleMaker) {
  const { clock, seed, shops } = options;
  const now = () => clock.now();
  const ids = toastIds(seed);
  const breaker = deliveryBreaker(now);
  const sender = createWebhookSender({
    clock,
    maker,
    ...(switches.stopsDeliveries ? { breaker } : {}),
    retryWaitsMs: [5 * minuteMs, 10 * minuteMs],
    retries: (failure) => typeof failure !== 'number' || failure === 404 || failure === 429 || failure >= 500,
    timeoutMs: 2_000,
    lateMaxMs,
  });
  const webhooks = new ToastWebhooks({ seed, now, sender, switches });
  const closedOut = new Set<string>();
  const onChange = (change: LedgerChange) => {
    const sale = 'sale' in change ? change.sale : change.back.sale;
    if (!sale) return;
    const restaurant = ids.restaurant(sale.shop.id);
    const details = () => ({ order: renderOrder(sale, rendering) });
    webhooks.publish(sale.id, { category: 'order_updated', eventType: 'order_updated', restaurant, details });
  };
  const ledger = new Ledger({ shops, now, nextId: ids.next, stampGrainMs: 1, wholeOrders: true, onChange });
  const menuUpdates = new Map(shops.map((shop) => [shop.id, now()]));
  const menuChanged = (shopId: string) => {
    menuUpdates.set(shopId, now());
    const restaurant = ids.restaurant(shopId);
    webhooks.publish(`menu ${shopId}`, {
      category: 'menus',
      eventType: 'menus_updated',
      restaurant,
      details: () => ({}),
    });
  };
  const books = new Map(shops.map((shop) => [shop.id, new ItemBook(shop.products, now, () => menuChanged(shop.id))]));
  const items = (shopId: string) => books.get(ledger.shop(shopId).id) ?? new ItemBook([], now, () => undefined);
  const rendering: Rendering = { ids, ledger, switches, closedOut, items };
  const login = new ToastLogin(seed, switches, now);
  const menuUpdatedAt = (shopId: string) => menuUpdates.get(shopId) ?? 0;
  return { now, rendering, login, webhooks, sender, breaker, ledger, closedOut, menuUpdatedAt };
}

const endsWith = (end: string) => (path: string) => path.endsWith(end);

type Limits = ReturnType<typeof limitsOf>;

/** Fixed slices, told of in every answer: all calls, each API, and the two endpoints that have limits of their own. */
function limitsOf(switches: ToastSwitches, now: () => number) {
  const quarterMs = 15 * minuteMs;
  const slices = [
    { by: 'GLOBAL', applies: endsWith(''), take: fixedSlices(switches.requestsPerSecond, 1000, now) },
    { by: 'API', applies: endsWith(''), take: fixedSlices(10_000, quarterMs, now) },
    {
      by: 'ENDPOINT',
      applies: endsWith('/ordersBulk'),
      take: fixedSlices(switches.bulkPerSecond, 1000, now),
    },
    { by: 'ENDPOINT', applies: endsWith('/menus'), take: fixedSlices(1, 1000, now) },
  ] as const;
  const told = new WeakMap<object, Readonly<Record<string, string>>>();
  return {
    /** Takes the request out of all slices that apply; the seconds to wait if one is empty. */
    take(ask: Ask): number | undefined {
      const restaurant = ask.headers['toast-restaurant-external-id'] ?? 'none';
      const taken = slices
        .filter(({ applies }) => applies(ask.path))
        .map(({ by, take }) => ({ by, ...take(`${restaurant} ${by === 'API' ? ask.path.split('/')[1] : ''}`) }));
      const tightest = taken.toSorted((a, b) => a.left - b.left)[0];
      if (!tightest) return undefined;
      told.set(ask.query, {
        'x-toast-ratelimit-by': tightest.by,
        'x-toast-ratelimit-remaining': String(Math.max(0, tightest.left)),
        'x-toast-ratelimit-reset': String(Math.ceil(tightest.resetAt / 1000)),
      });
      return tightest.left < 0 ? Math.max(1, Math.ceil((tightest.resetAt - now()) / 1000)) : undefined;
    },
    headers: (ask: Ask) => told.get(ask.query) ?? {},
  };
}

function guardOf(maker: TroubleMaker, limits: Limits, answerOf: (error: ToastRefusal) => Answer) {
  const tooMany = (seconds: number) =>
    answerOf(new ToastRefusal(429, 'Too many requests', { 'retry-after': String(seconds) }));
  return async (ask: Ask): Promise<Answer | 'cut' | undefined> => {
    await maker.trouble.hanging;
    const wait = limits.take(ask);
    if (wait !== undefined) return tooMany(wait);
    const fate = maker.requestFate();
    if (fate === 'cut') return 'cut';
    if (fate === 'failing') return answerOf(new ToastRefusal(500, 'Internal error'));
    return fate === 'rateLimited' ? tooMany(1) : undefined;
  };
}
