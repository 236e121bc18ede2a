import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { businessDate } from './business-date.ts';

const on = (text: string, zone: string, closingHour: number) => businessDate(new Date(text), zone, closingHour);

test('a sale after midnight counts for the day before until the closing hour', () => {
  expect(on('2026-01-02T00:30:00-05:00', 'America/New_York', 4)).toBe('2026-01-01');
  expect(on('2026-01-02T03:59:59.999-05:00', 'America/New_York', 4)).toBe('2026-01-01');
  expect(on('2026-01-02T04:00:00-05:00', 'America/New_York', 4)).toBe('2026-01-02');
});

test('a shop that closes at midnight has the calendar as its business days', () => {
  expect(on('2026-01-02T00:00:00-05:00', 'America/New_York', 0)).toBe('2026-01-02');
  expect(on('2026-01-01T23:59:59-05:00', 'America/New_York', 0)).toBe('2026-01-01');
});

test('the first of a month and of a year step back into the month and year before', () => {
  expect(on('2024-03-01T01:00:00Z', 'UTC', 4)).toBe('2024-02-29');
  expect(on('2026-01-01T01:00:00Z', 'UTC', 4)).toBe('2025-12-31');
});

test("the day is the shop's, wherever the server stands", () => {
  const instant = '2026-06-30T12:00:00Z';
  expect(on(instant, 'Pacific/Kiritimati', 4)).toBe('2026-06-30');
  expect(on(instant, 'Pacific/Auckland', 4)).toBe('2026-06-30');
  expect(on(instant, 'Asia/Kolkata', 18)).toBe('2026-06-29');
});

describe('when the clocks change', () => {
  test('the night that lacks an hour (8 March 2026, 2:00 becomes 3:00 in New York)', () => {
    expect(on('2026-03-08T01:59:59-05:00', 'America/New_York', 3)).toBe('2026-03-07');
    expect(on('2026-03-08T03:00:00-04:00', 'America/New_York', 3)).toBe('2026-03-08');
    // Four real hours after midnight it is five o'clock: subtracting hours instead of reading the clock goes wrong.
    expect(on('2026-03-08T04:30:00-04:00', 'America/New_York', 4)).toBe('2026-03-08');
  });

  test('the night that has an hour twice (1 November 2026, 2:00 becomes 1:00)', () => {
    expect(on('2026-11-01T01:30:00-04:00', 'America/New_York', 2)).toBe('2026-10-31');
    expect(on('2026-11-01T01:30:00-05:00', 'America/New_York', 2)).toBe('2026-10-31');
    expect(on('2026-11-01T03:30:00-05:00', 'America/New_York', 4)).toBe('2026-10-31');
    expect(on('2026-11-01T04:00:00-05:00', 'America/New_York', 4)).toBe('2026-11-01');
  });

  test('a zone that skipped a whole day (Samoa had no 30 December 2011)', () => {
    expect(on('2011-12-30T09:59:00Z', 'Pacific/Apia', 0)).toBe('2011-12-29');
    expect(on('2011-12-30T10:00:00Z', 'Pacific/Apia', 0)).toBe('2011-12-31');
  });
});

test('business days follow each other: a later sale never counts for an earlier day', () => {
  const zones = ['America/New_York', 'Europe/Berlin', 'Australia/Lord_Howe', 'Asia/Kathmandu', 'America/Caracas'];
  const sales = fc.record({
    zone: fc.constantFrom(...zones),
    closingHour: fc.integer({ min: 0, max: 23 }),
    atMs: fc.integer({ min: Date.UTC(2000, 0, 1), max: Date.UTC(2040, 0, 1) }),
    laterMs: fc.integer({ min: 0, max: 3 * 86_400_000 }),
  });
  fc.assert(
    fc.property(sales, ({ zone, closingHour, atMs, laterMs }) => {
      const first = businessDate(new Date(atMs), zone, closingHour);
      const second = businessDate(new Date(atMs + laterMs), zone, closingHour);
      expect(second >= first).toBe(true);
    }),
  );
});

test('an unknown zone is an error, never a day of another zone', () => {
  expect(() => businessDate(new Date(0), 'Mars/Olympus', 4)).toThrow(RangeError);
});
