import fc from 'fast-check';
import { expect, test } from 'vitest';
import { barMaximum, compareUrgency, type StockLevel, urgencyOf } from './stock-level.ts';

const level: fc.Arbitrary<StockLevel> = fc.record({
  inventoryItemId: fc.uuid(),
  locationId: fc.constantFrom('a', 'b'),
  productId: fc.uuid(),
  productName: fc.constantFrom('Latte', 'Croissant', 'Scone'),
  sku: fc.constant('1'),
  unit: fc.constant('pc'),
  currentStock: fc.integer({ min: -20, max: 60 }),
  reorderLevel: fc.option(fc.integer({ min: 0, max: 20 })),
  rearmLevel: fc.constant(null),
  maxStockLevel: fc.option(fc.integer({ min: 21, max: 80 })),
});

test('the most urgent come first: negative, out, low, fine', () => {
  fc.assert(
    fc.property(fc.array(level), (levels) => {
      const order = ['negative', 'out', 'low', 'fine'];
      const ranks = [...levels].sort(compareUrgency).map((each) => order.indexOf(urgencyOf(each)));
      expect(ranks).toEqual([...ranks].sort());
    }),
  );
});

test('the order is a consistent one: reversing a comparison reverses its sign', () => {
  fc.assert(
    fc.property(level, level, (one, other) => {
      expect(Math.sign(compareUrgency(one, other)) + Math.sign(compareUrgency(other, one))).toBe(0);
    }),
  );
});

test('the bar always has room for the stock and for the reorder mark', () => {
  fc.assert(
    fc.property(level, (each) => {
      expect(barMaximum(each)).toBeGreaterThanOrEqual(Math.max(each.currentStock, each.reorderLevel ?? 0, 1));
    }),
  );
});
