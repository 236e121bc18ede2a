// Clover as an HTTP server: one app, and a merchant for each shop.

import { type Answer, type Ask, bearerOf, openDoor } from '../http-door.ts';
import { ItemBook } from '../item-book.ts';
import { Ledger } from '../ledger.ts';
import type { LedgerChange } from '../ledger-rows.ts';
import { type HouseRules, operateLedger } from '../operate-ledger.ts';
import type { SimulatedTills } from '../simulated-tills.ts';
import { makeTrouble, type TroubleMaker } from '../trouble.ts';
import { lateMaxMs, type VendorOptions } from '../vendor-options.ts';
import { createWebhookSender } from '../webhook-sender.ts';
import { cloverIds } from './clover-ids.ts';
import { cloverRoutes } from './clover-routes.ts';
import { type CloverApp, CloverOauth } from './oauth.ts';
import { CloverRefusal, refusalAnswer } from './refusals.ts';
import type { Rendering } from './rendering.ts';
import { requestLimits, tooMany } from './request-limits.ts';
import { type CloverSwitches, cloverSwitches } from './switches.ts';
import { CloverWebhooks, notesOf } from './webhooks.ts';

export interface CloverTills extends SimulatedTills {
  readonly kind: 'clover';
  readonly appId: string;
  readonly app: CloverApp;
  /** The token that a merchant makes by hand: good for his shop alone, for ever. */
  apiTokenOf(shopId: string): string;
  /** Sends the verification code to `url`, as when a developer types the address in. Resolves with the answer's status. */
  setWebhookAddress(url: string): Promise<number | 'timeout' | 'unreachable'>;
  /** Takes the code that the receiver showed, and gives the password of all messages. From now on they are sent. */
  verifyWebhook(code: string): string;
  readonly refreshes: () => number;
}

const minuteMs = 60_000;
const voidWindowMs = 25 * minuteMs;

/** Starts a simulated Clover. Resolves when it listens; `close` ends it and its webhooks. */
export async function startClover(options: VendorOptions<CloverSwitches>): Promise<CloverTills> {
  const switches = { ...cloverSwitches, ...options.switches };
  const maker = makeTrouble(options.seed, options.trouble ?? {});
  const parts = buildParts(options, switches, maker);
  const { now, rendering, oauth, webhooks, sender } = parts;
  const guard = guardOf(maker, switches, now);
  let requests = 0;
  const door = await openDoor({
    ...(options.port === undefined ? {} : { port: options.port }),
    now,
    routes: cloverRoutes({ rendering, oauth, shops: options.shops, now, trouble: maker.trouble }),
    guard: guard.look,
    over: guard.over,
    unknownPath: () => refusalAnswer(404, 'Not Found', switches),
    broken: (error) =>
      error instanceof CloverRefusal
        ? refusalAnswer(error.status, error.message, switches)
        : refusalAnswer(500, 'Internal Server Error', switches),
    answered: () => void requests++,
  });
  return {
    ...operateLedger(rendering.ledger, rulesOf(now)),
    kind: 'clover',
    url: door.url,
    trouble: maker.trouble,
    requests: () => requests,
    webhooks: sender.counters,
    externalIdOf: (shopId) => rendering.ids.merchant(shopId),
    itemsOf: rendering.items,
    appId: rendering.ids.app,
    app: oauth.app,
    apiTokenOf: (shopId) => oauth.apiToken(rendering.ids.merchant(shopId)),
    setWebhookAddress: (url) => webhooks.setAddress(url),
    verifyWebhook: (code) => webhooks.verify(code),
    refreshes: () => oauth.refreshes,
    webhooksSettled: () => sender.settled(),
    async close() {
      await sender.close();
      await door.close();
    },
  };
}

const rulesOf = (now: () => number): HouseRules => ({
  editRefusal: () => undefined,
  // Later a void of a card's payment becomes a refund.
  canVoid: (sale) =>
    now() - sale.createdAt < voidWindowMs &&
    sale.payments.every((payment) => payment.refunded + payment.refundedTip === 0),
  hasCredits: true,
  netsExchanges: false,
  hasMerges: false,
});

function buildParts(options: VendorOptions<CloverSwitches>, switches: CloverSwitches, maker: TroubleMaker) {
  const { clock, seed, shops } = options;
  const now = () => clock.now();
  const ids = cloverIds(seed);
  const sender = createWebhookSender({
    clock,
    maker,
    retryWaitsMs: [minuteMs, 5 * minuteMs, 30 * minuteMs].slice(0, switches.webhookRetries),
    retries: () => true,
    timeoutMs: 10_000,
    lateMaxMs,
  });
  const webhooks = new CloverWebhooks({ seed, appId: ids.app, now, sender });
  const onChange = (change: LedgerChange) => {
    const { shop } = 'sale' in change ? change.sale : change.back;
    for (const { objectId, type } of notesOf(change)) webhooks.note(ids.merchant(shop.id), objectId, type);
  };
  const ledger = new Ledger({ shops, now, nextId: ids.next, stampGrainMs: 1000, wholeOrders: true, onChange });
  const books = new Map(
    shops.map((shop) => [
      shop.id,
      new ItemBook(shop.products, now, (item) =>
        webhooks.note(ids.merchant(shop.id), `I:${ids.item(shop.id, item.key)}`, item.deleted ? 'DELETE' : 'UPDATE'),
      ),
    ]),
  );
  const items = (shopId: string) => books.get(ledger.shop(shopId).id) ?? new ItemBook([], now, () => undefined);
  const rendering: Rendering = { ids, ledger, switches, items };
  const merchants = shops.map((shop) => ids.merchant(shop.id));
  return { now, rendering, webhooks, sender, oauth: new CloverOauth({ seed, ids, switches, now, merchants }) };
}

function guardOf(maker: TroubleMaker, switches: CloverSwitches, now: () => number) {
  const limits = requestLimits(switches, now);
  const inside = new WeakSet<object>();
  const look = async (ask: Ask): Promise<Answer | 'cut' | undefined> => {
    // Banned since 2022, and required since 2026: whoever writes to the old examples finds out here.
    if (ask.query.has('access_token')) return refusalAnswer(401, '401 Unauthorized', switches);
    if (!ask.headers['user-agent']) return refusalAnswer(403, 'A User-Agent is required', switches);
    const refusal = limits.enter(bearerOf(ask) ?? '');
    if (refusal) return refusal;
    inside.add(ask.query);
    await maker.trouble.hanging;
    const fate = maker.requestFate();
    if (fate === 'cut') return 'cut';
    if (fate === 'failing') return refusalAnswer(500, 'Internal Server Error', switches);
    return fate === 'rateLimited'
      ? tooMany({ 'X-RateLimit-tokenLimit': String(switches.tokenPerSecond) }, switches)
      : undefined;
  };
  const over = (ask: Ask) => {
    if (inside.delete(ask.query)) limits.leave(bearerOf(ask) ?? '');
  };
  return { look, over };
}
