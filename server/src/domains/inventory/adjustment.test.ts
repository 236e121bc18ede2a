import fc from 'fast-check';
import { expect, test } from 'vitest';
import { add, compare, decimal, plain } from '../../platform/decimal.ts';
import {
  type AdjustmentType,
  adjustmentTypes,
  countAheadMsMax,
  countCorrection,
  settleAdjustment,
} from './adjustment.ts';
import { countTimeInvalid, quantityContradictsType } from './errors.ts';

const now = new Date('2026-03-01T12:00:00.000Z');
const ahead = (ms: number) => new Date(now.getTime() + ms);

const refusal = (type: AdjustmentType, quantity: string, countedAt?: Date): unknown => {
  try {
    settleAdjustment({ type, quantity: decimal(quantity), ...(countedAt === undefined ? {} : { countedAt }) }, now);
    return 'taken';
  } catch (error) {
    return quantityContradictsType.is(error) ? 'sign' : countTimeInvalid.is(error) ? 'time' : error;
  }
};

test('each type takes the signs that fit it and refuses the others', () => {
  const table: Record<AdjustmentType, [below: string, zero: string, above: string]> = {
    in: ['sign', 'sign', 'taken'],
    out: ['taken', 'sign', 'sign'],
    waste: ['taken', 'sign', 'sign'],
    adjustment: ['taken', 'sign', 'taken'],
    count: ['sign', 'taken', 'taken'],
  };
  for (const type of adjustmentTypes) {
    const at = type === 'count' ? now : undefined;
    expect([type, ...['-0.0001', '0', '0.0001'].map((quantity) => refusal(type, quantity, at))]).toEqual([
      type,
      ...table[type],
    ]);
  }
});

test('a count needs its time, and nothing else may have one', () => {
  expect(refusal('count', '5')).toBe('time');
  expect(refusal('in', '5', now)).toBe('time');
  expect(refusal('count', '5', ahead(countAheadMsMax + 1))).toBe('time');
});

test('a count by a clock that is a little ahead counts as taken now', () => {
  expect(settleAdjustment({ type: 'count', quantity: decimal('5'), countedAt: ahead(countAheadMsMax) }, now)).toEqual(
    now,
  );
  const earlier = ahead(-60_000);
  expect(settleAdjustment({ type: 'count', quantity: decimal('5'), countedAt: earlier }, now)).toEqual(earlier);
});

test('after a count the stock is the counted figure and what was booked since', () => {
  const figure = fc.integer({ min: -1_000_000, max: 1_000_000 }).map((n) => decimal(String(n / 100)));
  fc.assert(
    fc.property(figure, figure, figure, (counted, stock, since) => {
      expect(compare(add(stock, countCorrection(counted, stock, since)), add(counted, since))).toBe(0);
    }),
  );
  expect(plain(countCorrection(decimal('10'), decimal('7.5'), decimal('-2.5')))).toBe('0');
});
