// A plausible day of any number of shops, from a seed: pure, so the same arguments give the same sales to the byte.

import { createHash } from 'node:crypto';
import { tasteOf } from './basket.ts';
import { instantOf } from './local-time.ts';
import { mergeByTime } from './merge-by-time.ts';
import type { Random } from './random.ts';
import { randomFor } from './random.ts';
import { openingHours, rushOf } from './rush.ts';
import type { Product, Shop, TillSale } from './sale.ts';
import { shopSales } from './shop-sales.ts';
import type { TakeBackRates } from './take-back.ts';
import { usualTakeBacks } from './take-back.ts';

export interface Day {
  readonly seed: string;
  /** The business date, YYYY-MM-DD: each shop lives it in its own time zone. */
  readonly date: string;
  readonly shops: readonly Shop[];
  readonly products: readonly Product[];
  readonly takeBacks?: TakeBackRates;
}

// Sunday first. They average 1, so that `salesPerDay` is what a shop sells on an average day.
const weekdayShare = [0.88, 0.98, 1, 1.02, 1.04, 1.1, 0.98];

/**
 * Yields the sales and their later versions (voids, refunds) of all shops in the order in which the tills send them.
 *
 * A shop's day depends on the seed, its id and the date alone: adding a shop changes nothing in the others. Throws a
 * RangeError for an impossible date, time or price.
 */
export function generateDay(day: Day): Generator<TillSale, void, undefined> {
  return mergeByTime(day.shops.map((shop) => oneShop(day, shop)));
}

function oneShop(day: Day, shop: Shop): Generator<TillSale, void, undefined> {
  const random = randomFor(day.seed, shop.id, day.date);
  const { opens, closes } = openingHours(shop);
  const opensAt = instantOf(day.date, opens, shop.timeZone);
  const closesAt = instantOf(day.date, closes, shop.timeZone);
  const salesPerDay =
    shop.salesPerDay * (weekdayShare[new Date(day.date).getUTCDay()] ?? 1) * (0.9 + 0.2 * random.unit());
  const receipts = `${day.date.replaceAll('-', '')}-${fingerprint(day.seed)}`;
  return shopSales({
    shop,
    taste: tasteOf(day.seed, shop, day.products),
    takeBacks: day.takeBacks ?? usualTakeBacks,
    random,
    arrivals: arrivalsBetween(random, { ...shop, salesPerDay }, { opensAt, closesAt }),
    closesAt,
    externalIdOf: (n) => `${receipts}-${String(n).padStart(4, '0')}`,
  });
}

/**
 * Arrivals of a Poisson process whose rate follows the shop's rush, by thinning: candidates come at the highest rate of
 * the day and each is kept with the share of that rate which its minute has.
 */
function* arrivalsBetween(
  random: Random,
  shop: Shop,
  hours: { opensAt: number; closesAt: number },
): Generator<number, void, undefined> {
  if (shop.salesPerDay <= 0) return;
  const rush = rushOf(shop);
  const { opens } = openingHours(shop);
  for (let minutes = random.exponential(rush.rateMax); ; minutes += random.exponential(rush.rateMax)) {
    const at = hours.opensAt + Math.floor(minutes * 60_000);
    if (at >= hours.closesAt) return;
    // On the two days a year when the clock changes at night this is an hour off until closing: no rush notices.
    if (random.chance(rush.rateAt(opens + minutes) / rush.rateMax)) yield at;
  }
}

/** Keeps the receipts of two seeds apart: the same number with other content would be a conflict at the server. */
function fingerprint(seed: string): string {
  return createHash('sha256').update(seed).digest('hex').slice(0, 6);
}
