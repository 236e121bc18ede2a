import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Decimal, decimal, plain } from '../../platform/decimal.ts';
import { levelsContradict } from './errors.ts';
import { alertTransition, defaultRearmLevel, isLow, settleLevels } from './stock-level.ts';

/** Plays a series of stocks through the rule, as the commits of an item would. */
function play(series: readonly string[], levels: { reorder: string; rearm: string }) {
  const told: string[] = [];
  let alertOpen = false;
  let before = decimal('0');
  for (const text of series) {
    const after = decimal(text);
    const transition = alertTransition(
      { reorderLevel: decimal(levels.reorder), rearmLevel: decimal(levels.rearm) },
      { before, after, alertOpen },
    );
    if (transition !== 'none') told.push(`${transition} at ${text}`);
    if (transition !== 'none') alertOpen = transition === 'open';
    before = after;
  }
  return { told, alertOpen };
}

const tenAndTwelve = { reorder: '10', rearm: '12' };

describe('an alert', () => {
  test.for([
    { series: ['11', '9', '11', '9', '12'], told: ['open at 9', 'resolve at 12'] },
    { series: ['11', '10'], told: ['open at 10'] },
    { series: ['11', '10.0001', '10'], told: ['open at 10'] },
    { series: ['20', '10', '11.9999', '3', '12'], told: ['open at 10', 'resolve at 12'] },
    {
      series: ['11', '9', '12', '9', '30', '-4'],
      told: ['open at 9', 'resolve at 12', 'open at 9', 'resolve at 30', 'open at -4'],
    },
    { series: ['0', '5', '9', '10'], told: [] },
    { series: ['5', '11', '10'], told: ['open at 10'] },
  ])('over the stocks $series tells $told', ({ series, told }) => {
    expect(play(series, tenAndTwelve).told).toEqual(told);
  });

  test('is never raised without a reorder level', () => {
    const change = { before: decimal('1'), after: decimal('-1'), alertOpen: false };
    expect(alertTransition({ reorderLevel: null, rearmLevel: null }, change)).toBe('none');
  });

  test('opens and resolves in turn, and never stays open at the re-arm level, whatever happens to the stock', () => {
    const stocks = fc.array(
      fc.integer({ min: -300, max: 300 }).map((tenths) => String(tenths / 10)),
      { maxLength: 60 },
    );
    fc.assert(
      fc.property(stocks, (series) => {
        const { told, alertOpen } = play(series, tenAndTwelve);
        told.forEach((one, index) => {
          expect(one.startsWith(index % 2 === 0 ? 'open' : 'resolve')).toBe(true);
        });
        const last = Number(series.at(-1) ?? 0);
        if (last >= 12) expect(alertOpen).toBe(false);
        // Low and silent is possible only for an item that has not been above its level since the beginning.
        if (last <= 10 && !alertOpen) expect(series.every((stock) => Number(stock) <= 10)).toBe(true);
      }),
    );
  });
});

test.for([
  { level: '10', max: null, rearm: '11' },
  { level: '20', max: null, rearm: '22' },
  { level: '25', max: null, rearm: '28' },
  { level: '5', max: null, rearm: '6' },
  { level: '0', max: null, rearm: '1' },
  { level: '0.5', max: null, rearm: '1.5' },
  { level: '100', max: '105', rearm: '105' },
])('the default re-arm level of $level (maximum $max) is $rearm', ({ level, max, rearm }) => {
  expect(plain(defaultRearmLevel(decimal(level), max === null ? null : decimal(max)))).toBe(rearm);
});

const levels = (reorder: string | null, rearm: string | null, max: string | null) => {
  const of = (text: string | null): Decimal | null => (text === null ? null : decimal(text));
  return { reorderLevel: of(reorder), rearmLevel: of(rearm), maxStockLevel: of(max) };
};

test('levels that cannot work are refused, with the field to correct', () => {
  const refused: [ReturnType<typeof levels>, string][] = [
    [levels(null, '5', null), 'rearmLevel'],
    [levels('10', '10', null), 'rearmLevel'],
    [levels('10', '9', null), 'rearmLevel'],
    [levels('10', null, '10'), 'maxStockLevel'],
    [levels('10', '21', '20'), 'rearmLevel'],
  ];
  for (const [asked, path] of refused) {
    let thrown: unknown;
    try {
      settleLevels(asked);
    } catch (error) {
      thrown = error;
    }
    expect(levelsContradict.is(thrown) && thrown.errors[0]?.path).toBe(path);
  }
});

test('levels that are settled can be reached: reorder < re-arm <= maximum', () => {
  const figure = fc.integer({ min: 0, max: 1_000_000 }).map((tenths) => decimal(String(tenths / 10)));
  fc.assert(
    fc.property(figure, fc.option(figure), (reorderLevel, maxStockLevel) => {
      fc.pre(maxStockLevel === null || maxStockLevel.gt(reorderLevel));
      const { rearmLevel } = settleLevels({ reorderLevel, maxStockLevel });
      expect(rearmLevel?.gt(reorderLevel)).toBe(true);
      if (maxStockLevel !== null) expect(rearmLevel?.lte(maxStockLevel)).toBe(true);
    }),
  );
});

test('low is at or below the level, and nothing is low without one', () => {
  expect([isLow(decimal('10'), decimal('10')), isLow(decimal('10.0001'), decimal('10'))]).toEqual([true, false]);
  expect(isLow(decimal('-5'), null)).toBe(false);
});
