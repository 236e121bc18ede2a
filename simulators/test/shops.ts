// Shops and products for this package's tests: fixed ones for examples, arbitrary ones for properties.

import fc from 'fast-check';
import { demoFranchise } from '../src/demo-franchise.ts';
import type { Product, Shop, TillSale } from '../src/sale.ts';

export const products: readonly Product[] = demoFranchise.products;

/** A shop of the demo's kind that keeps opening hours. */
export function aShop(overrides: Partial<Shop> = {}): Shop {
  return {
    id: 'shop-1',
    posSystemId: 'till-1',
    timeZone: 'America/New_York',
    currency: 'USD',
    opensAt: '06:00',
    closesAt: '20:00',
    salesPerDay: 200,
    ...overrides,
  };
}

const twoDigits = (value: number) => String(value).padStart(2, '0');
const timeOfDay = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([hour, minute]): `${number}:${number}` => `${twoDigits(hour)}:${twoDigits(minute)}` as `${number}:${number}`);

/** Zones on both sides of UTC, with and without summer time, one of them half an hour off. */
export const timeZones = ['America/New_York', 'Europe/Amsterdam', 'Asia/Kolkata', 'Australia/Sydney', 'UTC'] as const;

export const anyShop: fc.Arbitrary<Shop> = fc
  .record({
    n: fc.integer({ min: 1, max: 1000 }),
    timeZone: fc.constantFrom(...timeZones),
    opensAt: timeOfDay,
    closesAt: timeOfDay,
    alwaysOpen: fc.boolean(),
    salesPerDay: fc.integer({ min: 0, max: 150 }),
  })
  .map(({ n, ...shop }) => ({ id: `shop-${n}`, posSystemId: `till-${n}`, currency: 'USD', ...shop }));

/** Days of 2026, the ones on which clocks change included. */
export const anyDate = fc.oneof(
  fc.integer({ min: 0, max: 364 }).map((day) => new Date(Date.UTC(2026, 0, 1 + day)).toISOString().slice(0, 10)),
  fc.constantFrom('2026-03-08', '2026-03-29', '2026-04-05', '2026-10-04', '2026-10-25', '2026-11-01'),
);

/** The highest version of each sale: what a server must show at the end. */
export function finalVersions(sales: Iterable<TillSale>): Map<string, TillSale> {
  const final = new Map<string, TillSale>();
  for (const tillSale of sales) {
    const key = `${tillSale.posSystemId} ${tillSale.sale.externalId}`;
    const known = final.get(key);
    if (!known || known.sale.version < tillSale.sale.version) final.set(key, tillSale);
  }
  return final;
}
