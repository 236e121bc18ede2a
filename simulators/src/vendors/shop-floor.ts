// Turns sales into what the staff of the shops do, with everything that happens to a sale afterwards: pure, and the same
// for the same seed.

import { instantOf } from '../local-time.ts';
import type { Random } from '../random.ts';
import { randomFor } from '../random.ts';
import type { TillSale } from '../sale.ts';
import { fillTicket } from './fill-ticket.ts';
import type { TillHabits } from './habits.ts';
import type { VendorKind } from './simulated-tills.ts';
import type { Ticket, TicketLine } from './ticket.ts';
import type { RefundOf, TillAction } from './till-actions.ts';
import { businessDateOf, type VendorShop } from './vendor-shop.ts';

export interface ShopFloor {
  readonly seed: string;
  readonly shops: readonly (VendorShop & { readonly make: VendorKind })[];
  /** First versions of sales in the order of their instants: generateDay, endlessSales or real ones. Later ones are left out. */
  readonly sales: Iterable<TillSale>;
  readonly habits: TillHabits;
}

type MadeShop = ShopFloor['shops'][number];

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/**
 * Yields what is done, in the order in which it is done. Sales of offline tills come when they are uploaded. A day's end
 * is told for each shop and date on which something happened, at the shop's closing hour.
 */
export function* shopFloor(floor: ShopFloor): Generator<TillAction, void, undefined> {
  const shops = new Map(floor.shops.map((shop) => [shop.id, shop]));
  const pending: TillAction[] = [];
  const openDays = new Set<string>();
  let n = 0;
  for (const { at, shopId, sale } of floor.sales) {
    const shop = shops.get(shopId);
    if (!shop || sale.version !== 1) continue;
    yield* takeDue(pending, at);
    const random = randomFor(floor.seed, shopId, sale.externalId);
    const key = `${shopId} ${++n}`;
    for (const action of lifeOf({ at, key, sale, shop, random, habits: floor.habits })) insert(pending, action);
    if (shop.make === 'toast') endDay(pending, openDays, { at, shop });
  }
  yield* takeDue(pending, Number.POSITIVE_INFINITY);
}

function* takeDue(pending: TillAction[], until: number): Generator<TillAction, void, undefined> {
  for (let first = pending[0]; first !== undefined && first.at <= until; first = pending[0]) {
    pending.shift();
    yield first;
  }
}

/** Equal instants stay in the order in which they were planned. */
function insert(pending: TillAction[], action: TillAction): void {
  let at = pending.length;
  while (at > 0 && (pending[at - 1]?.at ?? 0) > action.at) at--;
  pending.splice(at, 0, action);
}

function endDay(pending: TillAction[], openDays: Set<string>, { at, shop }: { at: number; shop: MadeShop }): void {
  const date = businessDateOf(at, shop);
  const day = `${shop.id} ${date}`;
  if (openDays.has(day)) return;
  openDays.add(day);
  insert(pending, { at: closingOf(date, shop), shopId: shop.id, what: 'closeout' });
}

const closingOf = (date: string, shop: VendorShop): number =>
  instantOf(date, 24 * 60 + shop.closingHour * 60, shop.timeZone);

interface Life {
  readonly at: number;
  readonly key: string;
  readonly sale: TillSale['sale'];
  readonly shop: MadeShop;
  readonly random: Random;
  readonly habits: TillHabits;
}

/** One sale from its ringing up to its last change. */
function lifeOf(life: Life): readonly TillAction[] {
  const { at, key, shop, random, habits } = life;
  const ticket = fillTicket(life.sale, shop, life);
  const where = { key, shopId: shop.id };
  const ringing = (ring: object, isFollowed: boolean, when = at): TillAction => ({
    ...where,
    at: when,
    what: 'ring',
    ring: { ticket, ...ring },
    isFollowed,
  });
  // Square's test sales are in another environment altogether.
  if (shop.make !== 'square' && random.chance(habits.testMode)) return [ringing({ testMode: true }, false)];
  if (random.chance(habits.credited) && shop.make !== 'toast') {
    return [
      ringing({}, false),
      { ...where, at: at + minuteMs, what: 'credit', amount: random.between(100, 900), tender: 'cash' },
    ];
  }
  if (random.chance(habits.offline)) {
    const uploadedAt = at + random.between(10 * minuteMs, 20 * hourMs);
    return [ringing({ occurredAt: at, offline: true }, false, uploadedAt)];
  }
  const luck = random.unit();
  const bounds = [habits.edited, habits.voided, habits.refunded, habits.exchanged, habits.merged];
  const upTo = (n: number) => bounds.slice(0, n).reduce((sum, share) => sum + share, 0);
  if (luck < upTo(1)) return edited(life, ticket, ringing);
  if (luck < upTo(2)) return voided(life, ringing);
  if (luck < upTo(3)) return [ringing({}, true), ...refunded(life)];
  if (luck < upTo(4)) {
    const other = { lines: [instead(shop, random)] };
    return [ringing({}, true), { ...where, at: at + later(life), what: 'exchange', ticket: other }];
  }
  if (luck < upTo(5) && shop.make === 'toast') return merged(life, ringing);
  return [ringing({}, false)];
}

function instead({ products }: VendorShop, random: Random): TicketLine {
  const pieces = products.filter(({ unit }) => unit === 'piece');
  const product = pieces[random.between(0, pieces.length - 1)];
  if (!product) return { name: 'Something else', quantity: 1000, price: random.between(100, 1500) };
  return { sku: product.sku, name: product.name, quantity: 1000, price: product.priceCents };
}

type Ringing = (ring: object, isFollowed: boolean) => TillAction;

/** A few minutes, though never beyond the day's end: after it some vendors let nobody change a sale. */
const later = ({ at, shop, random }: Life): number => {
  const left = closingOf(businessDateOf(at, shop), shop) - at;
  return Math.min(random.between(minuteMs, 12 * minuteMs), Math.max(1, Math.floor(left / 2)));
};

function edited(life: Life, ticket: Ticket, ringing: Ringing): readonly TillAction[] {
  const { at, key, shop, random } = life;
  const where = { key, shopId: shop.id, at: at + later(life) };
  const add = [{ name: 'One thing more', quantity: 1000, price: random.between(100, 600) }];
  // Only one payment can shrink as far as it must.
  const voidsFirst = ticket.payments?.length === 1 && random.chance(0.3);
  const edit: TillAction = random.chance(0.5)
    ? { ...where, what: 'edit', add, voidsFirst }
    : { ...where, what: 'edit', tip: random.between(50, 300) };
  // At Square only an order that is not completed yet can be changed.
  if (shop.make !== 'square') return [ringing({}, true), edit];
  return [ringing({ until: 'approved' }, true), edit, { ...where, at: where.at + minuteMs, what: 'capture' }];
}

function voided(life: Life, ringing: Ringing): readonly TillAction[] {
  const { at, key, shop, random } = life;
  const until = shop.make === 'square' && random.chance(0.7) ? { until: 'approved' } : {};
  return [ringing(until, true), { key, shopId: shop.id, at: at + later(life), what: 'void' }];
}

function refunded(life: Life): readonly TillAction[] {
  const { at, key, shop, random, habits } = life;
  const where = { key, shopId: shop.id };
  const when =
    at +
    (random.chance(habits.refundedDaysLater)
      ? random.between(dayMs, 3 * dayMs)
      : random.between(5 * minuteMs, 2 * hourMs));
  const kinds: readonly RefundOf[] = ['everything', 'one-piece', { amount: random.between(10, 30) }];
  const of = kinds[random.between(0, 2)] ?? 'everything';
  if (shop.make === 'square' && random.chance(habits.refundPending)) {
    const status = random.chance(habits.refundFailing) ? 'failed' : 'completed';
    return [
      { ...where, at: when, what: 'refund', of, isPending: true },
      { ...where, at: when + dayMs, what: 'settle', status },
    ];
  }
  const first: TillAction = { ...where, at: when, what: 'refund', of };
  // Toast keeps the last refund's date alone, so two on different days could not be told apart by anyone.
  if (shop.make === 'toast' || of !== 'one-piece' || !hasMore(life) || random.chance(0.5)) return [first];
  return [first, { ...where, at: when + random.between(minuteMs, dayMs), what: 'refund', of: 'everything' }];
}

/** Whether anything is left when one piece of the first line has come back. */
const hasMore = ({ sale }: Life): boolean => {
  const quantity = sale.lines[0]?.quantity ?? 0;
  return sale.lines.length > 1 || (quantity > 1 && Number.isInteger(quantity));
};

/** Two checks of one table, put together before they are paid. */
function merged(life: Life, ringing: Ringing): readonly TillAction[] {
  const { at, key, shop, random } = life;
  const from = `${key} b`;
  const ticket = { lines: [{ name: 'For the table', quantity: 1000, price: random.between(100, 900) }] };
  const soon = at + later(life);
  return [
    ringing({ until: 'open' }, true),
    { key: from, shopId: shop.id, at, what: 'ring', ring: { ticket, until: 'open' }, isFollowed: true },
    { key, shopId: shop.id, at: soon, what: 'merge', from },
    { key, shopId: shop.id, at: soon + 1, what: 'pay' },
  ];
}
