import fc from 'fast-check';
import { expect, test } from 'vitest';
import { toHundredths } from '../format/money.ts';
import type { Sale } from './sale.ts';
import { hourStart, minuteMs, SalesHour } from './sales-hour.ts';

const now = Date.UTC(2026, 10, 20, 14, 30, 20);

const version: fc.Arbitrary<Sale> = fc.record({
  id: fc.integer({ min: 1, max: 12 }).map(String),
  version: fc.integer({ min: 1, max: 4 }),
  status: fc.constantFrom('completed', 'refunded', 'voided'),
  isRefund: fc.boolean(),
  locationId: fc.constant('shop'),
  currency: fc.constantFrom('USD', 'EUR'),
  totalAmount: fc.integer({ min: 0, max: 1_000_000 }).map((cents) => cents / 100),
  occurredAtMs: fc.integer({ min: -90, max: 0 }).map((minutes) => now + minutes * minuteMs),
  recordedAtMs: fc.integer({ min: -90, max: 0 }).map((minutes) => now + minutes * minuteMs),
  items: fc.constant([]),
});

/** A version of a sale has one content: of two that claim the same version, the first stands for both. */
const history = fc.array(version, { maxLength: 40 }).map((versions) => {
  const known = new Map(versions.map((sale) => [`${sale.id}/${sale.version}`, sale]));
  return versions.map((sale) => known.get(`${sale.id}/${sale.version}`) ?? sale);
});

function hourOf(sales: Sale[]): SalesHour {
  const hour = new SalesHour();
  for (const sale of sales) hour.apply(sale);
  return hour;
}

function highestVersions(sales: Sale[]): Sale[] {
  const highest = new Map<string, Sale>();
  for (const sale of sales) if (sale.version > (highest.get(sale.id)?.version ?? 0)) highest.set(sale.id, sale);
  return [...highest.values()];
}

test('the totals are those of the highest versions within the hour, whatever came how often in which order', () => {
  fc.assert(
    fc.property(history, (sales) => {
      const counted = highestVersions(sales).filter((sale) => sale.occurredAtMs >= hourStart(now));
      const revenue = new Map<string, number>();
      for (const sale of counted) {
        revenue.set(sale.currency, (revenue.get(sale.currency) ?? 0) + toHundredths(sale.totalAmount));
      }
      for (const [currency, sum] of revenue) if (sum === 0) revenue.delete(currency);
      const hour = hourOf(sales);
      expect(hour.totals(now)).toEqual({
        count: counted.filter((sale) => sale.status !== 'voided' && !sale.isRefund).length,
        revenue,
      });
      hour.forgetOld(now);
      expect(hour.size).toBe(counted.length);
    }),
  );
});

test('there are always sixty minutes, the last of them the present one', () => {
  const minutes = hourOf([]).minutes(now);
  expect(minutes).toHaveLength(60);
  expect(minutes.at(-1)?.startMs).toBe(Date.UTC(2026, 10, 20, 14, 30));
  expect(minutes[0]?.startMs).toBe(Date.UTC(2026, 10, 20, 13, 31));
});

test('sums of cents stay exact where sums of amounts would not', () => {
  const sale = (id: string): Sale => ({
    ...{ id, version: 1, status: 'completed', isRefund: false, locationId: 'shop', currency: 'USD', totalAmount: 0.1 },
    ...{ occurredAtMs: now, recordedAtMs: now, items: [] },
  });
  const hour = hourOf(Array.from({ length: 10_000 }, (_, index) => sale(String(index))));
  expect(hour.totals(now).revenue.get('USD')).toBe(100_000);
});

test('the ticker shows the newest recorded first, a correction in place of what it corrects', () => {
  fc.assert(
    fc.property(history, (sales) => {
      const newest = hourOf(sales).newest(5);
      expect(newest.map((sale) => sale.recordedAtMs)).toEqual(
        highestVersions(sales)
          .map((sale) => sale.recordedAtMs)
          .sort((one, other) => other - one)
          .slice(0, 5),
      );
    }),
  );
});
