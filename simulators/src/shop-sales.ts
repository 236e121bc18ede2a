// One shop's tills as a stream: shoppers arrive, buy, and some of it is taken back later. generate-day.ts feeds it with
// the arrivals of a past or planned day, endless-sales.ts with those of right now.

import type { Taste } from './basket.ts';
import { fillBasket } from './basket.ts';
import type { Random } from './random.ts';
import type { Sale, Shop, TillSale } from './sale.ts';
import type { TakeBackRates } from './take-back.ts';
import { takeBack } from './take-back.ts';

export interface ShopDay {
  readonly shop: Shop;
  readonly taste: Taste;
  readonly takeBacks: TakeBackRates;
  readonly random: Random;
  /** When shoppers pay, ascending. */
  readonly arrivals: Iterable<number>;
  /** Nothing is taken back after this instant: what would be is taken back at closing. */
  readonly closesAt: number;
  /** A name for the `n`-th sale, never used again by this shop for another one. */
  readonly externalIdOf: (n: number, at: number) => string;
}

/** Yields the shop's sales and their later versions in the order in which the tills send them. */
export function* shopSales(day: ShopDay): Generator<TillSale, void, undefined> {
  const { shop, random } = day;
  const pending: TillSale[] = [];
  let n = 0;
  for (const at of day.arrivals) {
    yield* takeDue(pending, at);
    const basket = fillBasket(random, day.taste);
    const sale: Sale = {
      externalId: day.externalIdOf(++n, at),
      version: 1,
      status: 'completed',
      occurredAt: new Date(at).toISOString(),
      currency: shop.currency,
      ...basket,
    };
    yield { at, shopId: shop.id, posSystemId: shop.posSystemId, sale };
    const returned = takeBack(random, sale, day.takeBacks);
    if (returned) {
      const backAt = Math.min(at + returned.delayMs, day.closesAt);
      const back = { at: backAt, shopId: shop.id, posSystemId: shop.posSystemId, sale: returned.sale, before: sale };
      const place = pending.findIndex((other) => other.at > backAt);
      pending.splice(place < 0 ? pending.length : place, 0, back);
    }
  }
  yield* pending;
}

function* takeDue(pending: TillSale[], now: number): Generator<TillSale, void, undefined> {
  for (let next = pending[0]; next !== undefined && next.at <= now; next = pending[0]) {
    pending.shift();
    yield next;
  }
}
