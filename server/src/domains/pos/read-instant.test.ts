import fc from 'fast-check';
import { expect, test } from 'vitest';
import { readInstant } from './read-instant.ts';

test('RFC 3339 times with an offset are read, to the millisecond', () => {
  const times: Record<string, string> = {
    '2026-03-08T09:30:00-05:00': '2026-03-08T14:30:00.000Z',
    '2026-03-08T09:30:00Z': '2026-03-08T09:30:00.000Z',
    '2026-03-08t09:30:00.5z': '2026-03-08T09:30:00.500Z',
    '2026-03-08T09:30:00.123456789+05:45': '2026-03-08T03:45:00.123Z',
    '2024-02-29T00:00:00-00:00': '2024-02-29T00:00:00.000Z',
    '2026-01-01T00:00:00+14:00': '2025-12-31T10:00:00.000Z',
  };
  for (const [text, expected] of Object.entries(times)) expect(readInstant(text)?.toISOString()).toBe(expected);
});

test('what is no time of the calendar, or leaves the offset open, is not', () => {
  const texts = [
    '2026-02-29T00:00:00Z',
    '2026-02-30T00:00:00Z',
    '2026-04-31T00:00:00Z',
    '2026-13-01T00:00:00Z',
    '2026-00-10T00:00:00Z',
    '2026-01-00T00:00:00Z',
    '2026-01-01T24:00:00Z',
    '2026-01-01T12:60:00Z',
    '2016-12-31T23:59:60Z',
    '2026-01-01T12:00:00+24:00',
    '2026-01-01T12:00:00+05:60',
    '2026-01-01T12:00:00',
    '2026-01-01 12:00:00Z',
    '2026-01-01',
    '12:00:00Z',
    '1700000000',
    '',
    'now',
    '2026-01-01T12:00:00.Z',
    '+002026-01-01T12:00:00Z',
    '2026-1-1T1:00:00Z',
    '2026-01-01T12:00:00Z ',
    '0000-00-00T00:00:00Z',
  ];
  for (const text of texts) expect([text, readInstant(text)]).toEqual([text, null]);
});

test('every instant that JavaScript prints is read back as itself', () => {
  fc.assert(
    fc.property(fc.date({ min: new Date('0100-01-01'), max: new Date('9999-12-31'), noInvalidDate: true }), (date) => {
      expect(readInstant(date.toISOString())?.getTime()).toBe(date.getTime());
    }),
  );
});
