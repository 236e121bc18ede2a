import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatHundredths, formatMoney, toHundredths } from './money.ts';
import { describeLeft, unitFor } from './quantity.ts';
import { formatAge, formatAgo, formatClock } from './time.ts';

test('every amount of the books survives the way to hundredths and back', () => {
  fc.assert(
    fc.property(fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }), (hundredths) => {
      expect(toHundredths(hundredths / 100)).toBe(hundredths);
    }),
  );
});

test('currencies are shown side by side, the larger first, and an empty sum is a zero', () => {
  const sums = new Map([
    ['EUR', 8_000],
    ['USD', 123_450],
  ]);
  expect(formatHundredths(sums, 'USD')).toBe(`${formatMoney(1234.5, 'USD')} · ${formatMoney(80, 'EUR')}`);
  expect(formatHundredths(new Map(), 'USD')).toBe(formatMoney(0, 'USD'));
});

test('a currency without decimals has none, and one that nobody knows is shown by its code', () => {
  expect(formatMoney(1200, 'JPY')).not.toMatch(/[.,]00$/);
  expect(formatMoney(3, 'nonsense')).toContain('nonsense');
});

test('ages in the fewest words', () => {
  expect([-5, 0, 999, 41_000, 60_000, 7_200_000, 200_000_000].map(formatAge)).toEqual([
    ...['0 s', '0 s', '0 s', '41 s', '1 min', '2 h', '2 d'],
  ]);
  expect([-60_000, 4_999, 12_000].map(formatAgo)).toEqual(['now', 'now', '12 s ago']);
});

test('clock times are those on the wall of the shop', () => {
  const time = Date.UTC(2026, 10, 20, 19, 5);
  expect(formatClock(time, 'America/New_York')).toBe('14:05');
  expect(formatClock(time, 'Asia/Tokyo')).toBe('04:05');
  expect(formatClock(time, 'Nowhere/Else')).toContain('UTC');
});

test('a unit is singular for one, and what is no English count word stays as the shop wrote it', () => {
  expect([1, -1, 0, -7, 2.5].map((quantity) => unitFor(quantity, 'piece'))).toEqual([
    ...['piece', 'piece', 'pieces', 'pieces', 'pieces'],
  ]);
  expect([1, 2].map((quantity) => unitFor(quantity, 'box'))).toEqual(['box', 'boxes']);
  expect([0.5, 12].map((quantity) => unitFor(quantity, 'kg'))).toEqual(['kg', 'kg']);
});

test('what is left is never told as a negative number', () => {
  expect([7, 0, -3].map(describeLeft)).toEqual(['7 left', 'none left', '3 oversold']);
});
