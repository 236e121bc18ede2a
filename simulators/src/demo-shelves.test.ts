import { expect, test } from 'vitest';
import { demoFranchise } from './demo-franchise.ts';
import { openingStocks } from './demo-shelves.ts';
import { endlessSales } from './endless-sales.ts';
import type { Shop, TillSale } from './sale.ts';

const hourMs = 3_600_000;
const { products, currency } = demoFranchise;
const shops: Shop[] = demoFranchise.shops.map(({ timeZone, shoppers }, n) => {
  return { id: `shop-${n}`, posSystemId: `till-${n}`, timeZone, currency, ...shoppers };
});

function* anHourOf(seed: string, from: number): Generator<TillSale, void, undefined> {
  for (const sale of endlessSales({ seed, shops, products, now: () => from, busyness: 4 })) {
    if (sale.at >= from + hourMs) return;
    yield sale;
  }
}

// Each of the six shops has its rush in another of these.
test.each([
  0, 4, 8, 12, 16, 20,
])('after the busiest hours too, no shelf is empty and few are low (%i h UTC)', (hour) => {
  const seed = `brand ${hour}`;
  const past = [...anHourOf(seed, Date.UTC(2026, 5, 19, hour))];
  expect(past.length).toBeGreaterThan(300);
  const stocks = openingStocks({ seed, shops, products, past });
  const low: string[] = [];
  for (const { id } of shops) {
    const stock = new Map(stocks.get(id));
    expect([...stock.keys()].sort()).toEqual(products.map(({ sku }) => sku).sort());
    for (const { sale, before } of past.filter(({ shopId }) => shopId === id)) {
      for (const { sku, quantity } of sale.lines) stock.set(sku, (stock.get(sku) ?? 0) - quantity);
      for (const { sku, quantity } of before?.lines ?? []) stock.set(sku, (stock.get(sku) ?? 0) + quantity);
      expect(Math.min(...stock.values())).toBeGreaterThan(0);
    }
    for (const { sku, reorderLevel, maxStockLevel } of products) {
      expect(stocks.get(id)?.get(sku)).toBeGreaterThan(reorderLevel);
      expect(stock.get(sku)).toBeLessThanOrEqual(maxStockLevel + 1);
      if ((stock.get(sku) ?? 0) <= reorderLevel) low.push(`${id} ${sku}`);
    }
  }
  // A shop that sold little in that hour has nothing low yet.
  expect(low.length).toBeGreaterThan(0);
  expect(low.length).toBeLessThanOrEqual(shops.length / 2);
});

test('the same brand opens with the same shelves', () => {
  const stocks = () => openingStocks({ seed: 's', shops, products, past: [] });
  expect(stocks()).toEqual(stocks());
});
