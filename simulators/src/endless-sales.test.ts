import { expect, test } from 'vitest';
import { aShop, products } from '../test/shops.ts';
import { endlessSales } from './endless-sales.ts';
import { wallClock } from './local-time.ts';
import type { TillSale } from './sale.ts';

const midnightInNewYork = Date.parse('2026-06-19T04:00:00Z');
const hour = 3_600_000;

/** Consumes the source as playShoppers does at speed 1: each sale at its instant. */
function watch(
  shop: ReturnType<typeof aShop>,
  options: { from: number; hours: number; busyness?: number },
): TillSale[] {
  let now = options.from;
  const seen: TillSale[] = [];
  const { busyness = 1 } = options;
  for (const sale of endlessSales({ seed: 's', shops: [shop], products, now: () => now, busyness })) {
    if (sale.at >= options.from + options.hours * hour) return seen;
    now = Math.max(now, sale.at);
    seen.push(sale);
  }
  throw new Error('the source ended');
}

test('a shop that never closes sells in every hour of the night', () => {
  const sales = watch(aShop({ alwaysOpen: true, salesPerDay: 700 }), { from: midnightInNewYork, hours: 24 });
  const hours = new Set(sales.map(({ at }) => Math.floor((at - midnightInNewYork) / hour)));
  expect(hours.size).toBe(24);
  expect(sales.length).toBeGreaterThan(600);
  expect(sales.length).toBeLessThan(800);
});

test('a shop with opening hours is quiet outside of them and picks up again the next morning', () => {
  const sales = watch(aShop(), { from: midnightInNewYork, hours: 48 });
  const minutes = sales.filter(({ before }) => !before).map(({ at }) => wallClock(at, 'America/New_York').minute);
  expect(minutes.every((minute) => minute >= 6 * 60 && minute < 20 * 60)).toBe(true);
  expect(sales.length).toBeGreaterThan(300);
});

test('busyness multiplies the rate', () => {
  const shop = aShop({ alwaysOpen: true });
  const [usual, busy] = [1, 10].map((busyness) => watch(shop, { from: midnightInNewYork, hours: 24, busyness }).length);
  expect(busy).toBeGreaterThan(8 * (usual ?? 0));
});

test('a sale happens at its own instant, which is when it is sent', () => {
  for (const { at, sale, before } of watch(aShop({ alwaysOpen: true }), { from: midnightInNewYork, hours: 24 })) {
    if (!before) expect(Date.parse(sale.occurredAt)).toBe(at);
  }
});

test('after a long sleep the shop goes on with the present, not with what it slept through', () => {
  let now = midnightInNewYork;
  const shop = aShop({ alwaysOpen: true, salesPerDay: 1440 });
  const source = endlessSales({
    seed: 's',
    shops: [shop],
    products,
    now: () => now,
    takeBacks: { voidRate: 0, refundRate: 0 },
  });
  source.next();
  now += 8 * hour;
  source.next(); // pulled before the sleep
  const next = source.next().value;
  expect(next?.at).toBeGreaterThanOrEqual(now - 60_000);
});

test('two runs never share a receipt', () => {
  const receipts = [0, 1].map((later) =>
    watch(aShop({ alwaysOpen: true }), { from: midnightInNewYork + later, hours: 12 }).map(
      ({ sale }) => sale.externalId,
    ),
  );
  expect(receipts[0]?.filter((receipt) => receipts[1]?.includes(receipt))).toEqual([]);
});
