// The demo's shoppers: sales that happen now, without an end. What is sold is drawn from a seed like a generated day;
// when, from the clock.

import { tasteOf } from './basket.ts';
import { wallClock } from './local-time.ts';
import { mergeByTime } from './merge-by-time.ts';
import type { Random } from './random.ts';
import { randomFor } from './random.ts';
import { rushOf } from './rush.ts';
import type { Product, Shop, TillSale } from './sale.ts';
import { shopSales } from './shop-sales.ts';
import type { TakeBackRates } from './take-back.ts';
import { usualTakeBacks } from './take-back.ts';

export interface EndlessSales {
  readonly seed: string;
  readonly shops: readonly Shop[];
  readonly products: readonly Product[];
  /** Milliseconds since 1970, from the caller's clock. */
  readonly now: () => number;
  /** Times the usual rate, so that a small demo looks busy without sales from the future. */
  readonly busyness?: number;
  readonly takeBacks?: TakeBackRates;
}

// A laptop that slept, or a server that was away, must not be answered with hours of sales at once.
const catchUpMaxMs = 60_000;

/**
 * Yields sales for ever, each at its instant: the consumer (play-shoppers.ts at speed 1) waits until it has come. A
 * consumer that fell behind by more than a minute gets the present instead of the past.
 */
export function endlessSales(endless: EndlessSales): Generator<TillSale, void, undefined> {
  const startedAt = endless.now();
  return mergeByTime(endless.shops.map((shop) => oneShop(endless, shop, startedAt)));
}

function oneShop(endless: EndlessSales, shop: Shop, startedAt: number): Generator<TillSale, void, undefined> {
  const random = randomFor(endless.seed, shop.id, startedAt);
  const busyShop = { ...shop, salesPerDay: shop.salesPerDay * (endless.busyness ?? 1) };
  // The instant of the start keeps the receipts of two runs apart.
  const receipts = `live-${startedAt.toString(36)}`;
  return shopSales({
    shop,
    taste: tasteOf(endless.seed, shop, endless.products),
    takeBacks: endless.takeBacks ?? usualTakeBacks,
    random,
    arrivals: arrivalsFrom({ random, shop: busyShop, now: endless.now, startedAt }),
    closesAt: Number.POSITIVE_INFINITY,
    externalIdOf: (n) => `${receipts}-${String(n).padStart(6, '0')}`,
  });
}

function* arrivalsFrom(from: {
  random: Random;
  shop: Shop;
  now: () => number;
  startedAt: number;
}): Generator<number, void, undefined> {
  const { random, shop } = from;
  if (shop.salesPerDay <= 0) return;
  const rush = rushOf(shop);
  for (let at = from.startedAt; ; ) {
    at = Math.max(at, from.now() - catchUpMaxMs) + Math.ceil(random.exponential(rush.rateMax) * 60_000);
    if (random.chance(rush.rateAt(wallClock(at, shop.timeZone).minute) / rush.rateMax)) yield at;
  }
}
