import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { compare, type Decimal, decimal, plain } from '../../../platform/decimal.ts';
import { AppError } from '../../../platform/errors.ts';
import { isLow, type StockLevels } from '../stock-level.ts';
import { alertAfterEdit, editLevels } from './edited-levels.ts';

const d = (figure: number | null): Decimal | null => (figure === null ? null : decimal(String(figure)));

const levels = (reorder: number | null, rearm: number | null, max: number | null = null): StockLevels => ({
  reorderLevel: d(reorder),
  rearmLevel: d(rearm),
  maxStockLevel: d(max),
});

const shown = ({ reorderLevel, rearmLevel, maxStockLevel }: StockLevels) =>
  [reorderLevel, rearmLevel, maxStockLevel].map((level) => level && plain(level));

describe('an edit of levels', () => {
  test.for<[string, StockLevels, Partial<StockLevels>, (string | null)[]]>([
    ['leaves what it does not name', levels(10, 12, 40), { maxStockLevel: d(30) }, ['10', '12', '30']],
    ['sets the re-arm level anew with the reorder level', levels(10, 12), { reorderLevel: d(20) }, ['20', '22', null]],
    ['takes both when both are named', levels(10, 12), { reorderLevel: d(20), rearmLevel: d(30) }, ['20', '30', null]],
    ['keeps the reorder level under a new re-arm level', levels(10, 12), { rearmLevel: d(15) }, ['10', '15', null]],
    [
      'takes the re-arm level away with the reorder level',
      levels(10, 12, 40),
      { reorderLevel: null },
      [null, null, '40'],
    ],
    ['gives levels to an item without', levels(null, null), { reorderLevel: d(5) }, ['5', '6', null]],
    ['computes the re-arm level again for null', levels(10, 30), { rearmLevel: null }, ['10', '11', null]],
  ])('%s', ([, present, changes, expected]) => {
    expect(shown(editLevels(present, changes))).toEqual(expected);
  });

  test.for<[string, StockLevels, Partial<StockLevels>]>([
    ['a re-arm level at the reorder level', levels(10, 12), { rearmLevel: d(10) }],
    ['a maximum below the re-arm level that stays', levels(10, 30), { maxStockLevel: d(20) }],
    ['a re-arm level without a reorder level', levels(null, null), { rearmLevel: d(10) }],
  ])('refuses %s', ([, present, changes]) => {
    expect(() => editLevels(present, changes)).toThrow(AppError);
  });

  test('leaves levels that do not contradict each other, or is refused', () => {
    const figure = fc.option(fc.integer({ min: 0, max: 50 }));
    const changes = fc.record(
      { reorderLevel: figure, rearmLevel: figure, maxStockLevel: figure },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 1, max: 10 }), changes, (reorder, gap, asked) => {
        const edit = Object.fromEntries(Object.entries(asked).map(([name, value]) => [name, d(value)]));
        let after: StockLevels;
        try {
          after = editLevels(levels(reorder, reorder + gap), edit);
        } catch (error) {
          expect(error).toMatchObject({ code: 'inventory.levels_contradict' });
          return;
        }
        expect(after.rearmLevel === null).toBe(after.reorderLevel === null);
        if (after.reorderLevel === null || after.rearmLevel === null) return;
        expect(compare(after.rearmLevel, after.reorderLevel)).toBe(1);
        if (after.maxStockLevel !== null)
          expect(compare(after.maxStockLevel, after.rearmLevel)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the alert of an item whose levels are edited', () => {
  test.for<[string, StockLevels, StockLevels, number, boolean, string]>([
    ['opens under a raised level', levels(10, 12), levels(20, 22), 15, false, 'open'],
    ['opens under a first level', levels(null, null), levels(20, 22), 15, false, 'open'],
    ['opens at the level exactly', levels(10, 12), levels(15, 17), 15, false, 'open'],
    ['does not open a second time', levels(20, 22), levels(30, 33), 15, true, 'none'],
    ['does not open where it was low before', levels(20, 22), levels(30, 33), 15, false, 'none'],
    ['does not open above the level', levels(10, 12), levels(14, 16), 15, false, 'none'],
    ['ends at a lowered re-arm level', levels(20, 22), levels(10, 15), 15, true, 'resolve'],
    ['stays between the levels', levels(20, 22), levels(10, 16), 15, true, 'none'],
    ['ends with the levels', levels(20, 22), levels(null, null), 15, true, 'resolve'],
  ])('%s', ([, before, after, stock, alertOpen, expected]) => {
    expect(alertAfterEdit({ before, after, stock: decimal(String(stock)), alertOpen })).toBe(expected);
  });

  test('is never opened where the stock is not low, nor left open where there is nothing to be under', () => {
    const figure = fc.option(fc.integer({ min: 0, max: 30 }));
    fc.assert(
      fc.property(fc.tuple(figure, figure, fc.integer({ min: -5, max: 40 }), fc.boolean()), (drawn) => {
        const [old, next, stock, alertOpen] = drawn;
        const before = levels(old, old === null ? null : old + 2);
        const after = levels(next, next === null ? null : next + 2);
        const units = decimal(String(stock));
        const transition = alertAfterEdit({ before, after, stock: units, alertOpen });
        if (transition === 'open') expect([alertOpen, isLow(units, after.reorderLevel)]).toEqual([false, true]);
        if (next === null) expect(transition).toBe(alertOpen ? 'resolve' : 'none');
      }),
    );
  });
});
