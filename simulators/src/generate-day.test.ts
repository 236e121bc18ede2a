import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyDate, anyShop, aShop, finalVersions, products } from '../test/shops.ts';
import { generateDay } from './generate-day.ts';
import { instantOf, wallClock } from './local-time.ts';
import { openingHours } from './rush.ts';
import type { Sale } from './sale.ts';
import { cents, thousandths } from './sale.ts';

const anyDay = fc.record({
  seed: fc.string(),
  date: anyDate,
  shops: fc.uniqueArray(anyShop, { minLength: 1, maxLength: 4, selector: (shop) => shop.id }),
  takeBacks: fc.record({
    voidRate: fc.double({ min: 0, max: 0.4, noNaN: true }),
    refundRate: fc.double({ min: 0, max: 0.5, noNaN: true }),
  }),
});

test('the same seed gives the same day, to the byte', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      const [first, second] = [0, 1].map(() => JSON.stringify([...generateDay({ ...day, products })]));
      expect(first).toBe(second);
    }),
  );
});

test('a day of a seed stays what it was when it was released', () => {
  const scone = { sku: 'SCO-1', name: 'Scone', unit: 'piece', priceCents: 325, popularity: 1 } as const;
  const beans = { sku: 'BNS-1', name: 'Beans', unit: 'kg', priceCents: 2800, popularity: 0.2 } as const;
  const day = [...generateDay({ seed: 'golden', date: '2026-06-19', shops: [aShop()], products: [scone, beans] })];
  expect(day[0]?.sale).toEqual({
    externalId: '20260619-dd56de-0001',
    version: 1,
    status: 'completed',
    occurredAt: '2026-06-19T10:06:13.074Z',
    total: 17.25,
    currency: 'USD',
    paymentMethod: 'cash',
    lines: [
      { sku: 'SCO-1', name: 'Scone', quantity: 1, unitPrice: 3.25, total: 3.25 },
      { sku: 'BNS-1', name: 'Beans', quantity: 0.5, unitPrice: 28, total: 14 },
    ],
  });
  expect(createHash('sha256').update(JSON.stringify(day)).digest('hex')).toBe(
    '20b67e968a2fcaf30644f030155d749617522a1474263ba561811d077ceec355',
  );
});

test('another seed gives another day with other receipts', () => {
  const day = { date: '2026-06-19', shops: [aShop()], products };
  const [one, other] = ['a', 'b'].map(
    (seed) => new Set([...generateDay({ seed, ...day })].map(({ sale }) => sale.externalId)),
  );
  expect([...(one ?? [])].filter((receipt) => other?.has(receipt))).toEqual([]);
});

test('a shop sells the same whether or not others are generated with it', () => {
  const day = { seed: 's', date: '2026-06-19', products };
  const alone = [...generateDay({ ...day, shops: [aShop()] })];
  const among = [...generateDay({ ...day, shops: [aShop({ id: 'shop-0', posSystemId: 'till-0' }), aShop()] })];
  expect(among.filter(({ shopId }) => shopId === 'shop-1')).toEqual(alone);
});

test('sales come in time order, within opening hours and under receipts of their own', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      const sales = [...generateDay({ ...day, products })];
      expect(sales.map(({ at }) => at)).toEqual(sales.map(({ at }) => at).toSorted((a, b) => a - b));
      const firsts = sales.filter(({ before }) => before === undefined);
      expect(new Set(firsts.map(({ posSystemId, sale }) => `${posSystemId} ${sale.externalId}`)).size).toBe(
        firsts.length,
      );
      for (const { at, shopId, sale } of sales) {
        const shop = day.shops.find(({ id }) => id === shopId) ?? aShop();
        const { opens, closes } = openingHours(shop);
        expect(Date.parse(sale.occurredAt)).toBeGreaterThanOrEqual(instantOf(day.date, opens, shop.timeZone));
        expect(Date.parse(sale.occurredAt)).toBeLessThan(instantOf(day.date, closes, shop.timeZone));
        expect(at).toBeGreaterThanOrEqual(Date.parse(sale.occurredAt));
        expect(at).toBeLessThanOrEqual(instantOf(day.date, closes, shop.timeZone));
      }
    }),
  );
});

test('each total is the sum of its lines to the cent, and each line its price times its quantity', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      for (const { sale } of generateDay({ ...day, products })) {
        expect(cents(sale.total)).toBe(sale.lines.reduce((sum, line) => sum + cents(line.total), 0));
        expect(String(sale.total)).toMatch(/^\d+(\.\d{1,2})?$/);
        for (const line of sale.lines) {
          expect(BigInt(cents(line.total)) * 1000n).toBe(
            BigInt(cents(line.unitPrice)) * BigInt(thousandths(line.quantity)),
          );
        }
      }
    }),
  );
});

test('a later version takes something back and never more than was sold', () => {
  fc.assert(
    fc.property(anyDay, (day) => {
      for (const { sale, before } of generateDay({ ...day, products })) {
        if (before === undefined) expect(sale).toMatchObject({ version: 1, status: 'completed' });
        else expectLess(before, sale);
      }
    }),
  );
});

function expectLess(before: Sale, after: Sale): void {
  expect(after).toMatchObject({
    externalId: before.externalId,
    version: before.version + 1,
    occurredAt: before.occurredAt,
  });
  expect(after.lines.map(({ sku }) => sku)).toEqual(before.lines.map(({ sku }) => sku));
  for (const [at, line] of after.lines.entries()) {
    expect(line.quantity).toBeGreaterThanOrEqual(0);
    expect(line.quantity).toBeLessThanOrEqual(before.lines[at]?.quantity ?? -1);
  }
  expect(after.total).toBeLessThan(before.total);
  if (after.status === 'voided') expect(after.total).toBe(0);
}

test('a shop sells as much as expected, most of it in the morning, and takes back its usual share', () => {
  const dates = Array.from({ length: 28 }, (_, day) => `2026-06-${String(day + 1).padStart(2, '0')}`);
  const sales = dates.flatMap((date) => [
    ...generateDay({ seed: 'month', date, shops: [aShop({ salesPerDay: 400 })], products }),
  ]);
  const firsts = sales.filter(({ before }) => before === undefined);
  // 28 days of 400: the Poisson deviation of the sum is 106; the days' own moods add about 1 %.
  expect(firsts.length / 28).toBeGreaterThan(380);
  expect(firsts.length / 28).toBeLessThan(420);
  const hours = firsts.map(({ at }) => Math.floor(wallClock(at, 'America/New_York').minute / 60));
  const salesAt = (hour: number) => hours.filter((other) => other === hour).length;
  expect(salesAt(8)).toBeGreaterThan(2 * salesAt(15));
  expect(salesAt(12)).toBeGreaterThan(salesAt(15));
  const takenBack = (sales.length - firsts.length) / firsts.length;
  expect(takenBack).toBeGreaterThan(0.012);
  expect(takenBack).toBeLessThan(0.025);
  expect(finalVersions(sales).size).toBe(firsts.length);
});

test('a shop has favourites, and two shops have different ones', () => {
  const shops = [aShop({ salesPerDay: 2000 }), aShop({ id: 'shop-2', posSystemId: 'till-2', salesPerDay: 2000 })];
  const sold = new Map(shops.map(({ id }) => [id, new Map<string, number>()]));
  for (const { shopId, sale } of generateDay({ seed: 'taste', date: '2026-06-19', shops, products })) {
    const counts = sold.get(shopId);
    for (const { sku } of sale.lines) counts?.set(sku, (counts.get(sku) ?? 0) + 1);
  }
  const rankings = [...sold.values()].map((counts) => [...counts].sort((a, b) => b[1] - a[1]));
  for (const ranking of rankings)
    expect(ranking[0]?.[1]).toBeGreaterThan(5 * (ranking.at(-3)?.[1] ?? Number.POSITIVE_INFINITY));
  expect(rankings[0]?.slice(0, 5).map(([sku]) => sku)).not.toEqual(rankings[1]?.slice(0, 5).map(([sku]) => sku));
});

test('an impossible date or opening time is refused', () => {
  expect(() => [...generateDay({ seed: 's', date: '19 June', shops: [aShop()], products })]).toThrow(/YYYY-MM-DD/);
  expect(() => [
    ...generateDay({ seed: 's', date: '2026-06-19', shops: [aShop({ opensAt: '25:00' })], products }),
  ]).toThrow(/HH:MM/);
});
