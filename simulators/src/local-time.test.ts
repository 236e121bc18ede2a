import fc from 'fast-check';
import { expect, test } from 'vitest';
import { anyDate, timeZones } from '../test/shops.ts';
import { instantOf, wallClock } from './local-time.ts';

test('a clock time becomes the instant at which the clock of the zone shows it', () => {
  const noon = 12 * 60;
  expect(new Date(instantOf('2026-01-15', noon, 'America/New_York')).toISOString()).toBe('2026-01-15T17:00:00.000Z');
  expect(new Date(instantOf('2026-07-15', noon, 'America/New_York')).toISOString()).toBe('2026-07-15T16:00:00.000Z');
  expect(new Date(instantOf('2026-07-15', noon, 'Asia/Kolkata')).toISOString()).toBe('2026-07-15T06:30:00.000Z');
  expect(new Date(instantOf('2026-07-15', 25 * 60, 'UTC')).toISOString()).toBe('2026-07-16T01:00:00.000Z');
});

test('every minute from six in the morning comes back from its instant, on every date in every zone', () => {
  // Before that, summer time skips or repeats an hour twice a year.
  fc.assert(
    fc.property(anyDate, fc.integer({ min: 360, max: 1439 }), fc.constantFrom(...timeZones), (date, minute, zone) => {
      expect(wallClock(instantOf(date, minute, zone), zone)).toEqual({ date, minute });
    }),
  );
});

test('a time that summer time skips is the one an hour later', () => {
  expect(new Date(instantOf('2026-03-08', 2.5 * 60, 'America/New_York')).toISOString()).toBe(
    '2026-03-08T07:30:00.000Z',
  );
});

test.each(['19 June', '2026-02-31', '2026-6-1', ''])('"%s" is not a date', (date) => {
  expect(() => instantOf(date, 0, 'UTC')).toThrow(/not a date/);
});
