import { expect, test } from 'vitest';
import { aShop } from '../test/shops.ts';
import type { Sale, TillSale } from './sale.ts';
import { saleLine } from './sale.ts';
import { createShelfKeeper } from './shelf-keeper.ts';

const bun = { sku: 'BUN', name: 'Bun', unit: 'piece', priceCents: 100, popularity: 1 } as const;
const shelf = {
  locationId: 'shop-1',
  productId: 'p-1',
  sku: 'BUN',
  currentStock: 30,
  reorderLevel: 20,
  maxStockLevel: 50,
};

function selling(buns: number, before?: Sale): TillSale {
  const { id, posSystemId } = aShop();
  const lines = [saleLine(bun, buns * 1000)];
  const sale = {
    externalId: 'x',
    version: 1,
    status: 'completed',
    occurredAt: '',
    total: buns,
    currency: 'USD',
    paymentMethod: 'card',
    lines,
  } as const;
  return { at: 0, shopId: id, posSystemId, sale, ...(before ? { before } : {}) };
}

function setup(restock?: () => Promise<void>) {
  const clock = { now: 0 };
  const deliveries: [string, string, number][] = [];
  const errors: unknown[] = [];
  const keeper = createShelfKeeper({
    shelves: [shelf],
    now: () => clock.now,
    patienceMs: 1000,
    onError: (error) => errors.push(error),
    restock: async (...delivery) => {
      await restock?.();
      deliveries.push(delivery);
    },
  });
  const sell = (sale: TillSale, status: 'created' | 'rejected' = 'created') =>
    keeper.onSold([sale], [{ externalId: 'x', status }]);
  return { clock, deliveries, errors, sell };
}

test('an item deep under its reorder level for long enough is filled up to its maximum', async () => {
  const { clock, deliveries, sell } = setup();
  await sell(selling(19)); // 11 left: under the reorder level, not deep
  clock.now = 5000;
  await sell(selling(2)); // 9 left: deep from now on
  clock.now = 5999;
  await sell(selling(1));
  expect(deliveries).toEqual([]);
  clock.now = 6000;
  await sell(selling(1)); // 7 left
  expect(deliveries).toEqual([['shop-1', 'p-1', 43]]);
  clock.now = 60_000;
  await sell(selling(1));
  expect(deliveries).toHaveLength(1);
});

test('a refund returns to the shelf and a rejected sale never left it', async () => {
  const { clock, deliveries, sell } = setup();
  await sell(selling(25)); // 5 left: deep
  await sell(selling(0, selling(20).sale)); // 25 left
  await sell(selling(24), 'rejected');
  clock.now = 9000;
  await sell(selling(0));
  expect(deliveries).toEqual([]);
});

test('a delivery that fails is tried again at a later sale', async () => {
  let broken = true;
  const { clock, deliveries, errors, sell } = setup(async () => {
    if (broken) throw new Error('no answer');
  });
  await sell(selling(28));
  clock.now = 1000;
  await sell(selling(0));
  expect(errors).toHaveLength(1);
  broken = false;
  await sell(selling(0));
  expect(deliveries).toEqual([['shop-1', 'p-1', 48]]);
});
