import { expect, test } from 'vitest';
import { demoFranchise } from './demo-franchise.ts';
import { wallClock } from './local-time.ts';

test('the demo is a small brand with a catalogue that a screen can show', () => {
  expect(demoFranchise.franchisees).toHaveLength(2);
  expect(demoFranchise.shops).toHaveLength(6);
  expect(demoFranchise.products).toHaveLength(24);
  expect(new Set(demoFranchise.products.map(({ sku }) => sku)).size).toBe(24);
});

test('every shop belongs to one of the franchisees and lives in a known time zone', () => {
  const franchisees = demoFranchise.franchisees.map(({ name }) => name);
  for (const shop of demoFranchise.shops) {
    expect(franchisees).toContain(shop.franchisee);
    expect(() => wallClock(0, shop.timeZone)).not.toThrow();
  }
  expect(new Set(demoFranchise.shops.map(({ timeZone }) => timeZone)).size).toBe(6);
});

test('the levels leave room between them, and nothing is sold below its cost', () => {
  for (const product of demoFranchise.products) {
    expect(product.reorderLevel).toBeGreaterThan(0);
    expect(product.reorderLevel).toBeLessThan(product.maxStockLevel / 2);
    expect(product.costCents).toBeLessThan(product.priceCents);
    // A quarter of a kilo must cost whole cents.
    if (product.unit === 'kg') expect(product.priceCents % 4).toBe(0);
  }
});
