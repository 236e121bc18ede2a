import fc from 'fast-check';
import { expect, test } from 'vitest';
import { isLocalTime, localInstant } from './local-instant.ts';

const inNewYork = (text: string) => localInstant(text, 'America/New_York')?.toISOString() ?? null;

test.each([
  ['2023-01-01 07:06:11', '2023-01-01T12:06:11.000Z'],
  ['2023-07-01T07:06:11.25', '2023-07-01T11:06:11.250Z'],
  ['2023-07-01 00:00', '2023-07-01T04:00:00.000Z'],
  // The hour that spring skips, and the first of the two that autumn has.
  ['2023-03-12 02:30:00', '2023-03-12T07:30:00.000Z'],
  ['2023-03-12 03:30:00', '2023-03-12T07:30:00.000Z'],
  ['2023-11-05 01:30:00', '2023-11-05T05:30:00.000Z'],
  ['2023-11-05 02:30:00', '2023-11-05T07:30:00.000Z'],
  // No such day, no such hour, an offset, another order.
  ['2023-02-29 07:00:00', null],
  ['2023-01-01 24:00:00', null],
  ['2023-01-01 07:00:00Z', null],
  ['01/02/2023 07:00', null],
])('in New York the clock shows %s at %s', (text, instant) => {
  expect(inNewYork(text)).toBe(instant);
});

test('only a time without an offset is a local one', () => {
  expect(['2023-01-01 07:06', '2023-01-01T07:06:11Z', '2023-01-01T07:06:11-05:00'].map(isLocalTime)).toEqual([
    true,
    false,
    false,
  ]);
});

test('the clock of the zone shows what was read, for any zone and time that its clock shows', () => {
  const zones = ['UTC', 'Asia/Kolkata', 'Australia/Lord_Howe', 'Pacific/Apia', 'America/Sao_Paulo', 'Europe/Berlin'];
  const instants = fc.date({ min: new Date('2005-01-01'), max: new Date('2030-01-01'), noInvalidDate: true });
  fc.assert(
    fc.property(fc.constantFrom(...zones), instants, (timeZone, instant) => {
      const shown = shownIn(timeZone, instant);
      const read = localInstant(shown, timeZone);
      expect(read).not.toBeNull();
      expect(shownIn(timeZone, read as Date)).toBe(shown);
    }),
    { numRuns: 2_000 },
  );
});

/** sv-SE writes "2023-01-01 07:06:11". */
function shownIn(timeZone: string, instant: Date): string {
  return instant.toLocaleString('sv-SE', { timeZone });
}
