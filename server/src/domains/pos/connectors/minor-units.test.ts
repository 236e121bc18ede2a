// Minor units as vendors count them, which is by ISO 4217 and not as amounts of a currency are usually shown.
import { expect, test } from 'vitest';
import { decimal, plain } from '../../../platform/decimal.ts';
import { fromFloat, fromMinor } from './minor-units.ts';

test.each([
  ['USD', '12.34'],
  ['HUF', '12.34'],
  ['COP', '12.34'],
  ['IDR', '12.34'],
  ['PKR', '12.34'],
  ['JPY', '1234'],
  ['ISK', '1234'],
  ['KWD', '1.234'],
  ['IQD', '1.234'],
  ['no currency', '12.34'],
])('1234 of %s are %s', (currency, amount) => {
  expect(plain(fromMinor(decimal('1234'), currency))).toBe(amount);
});

test('what went through floats is rounded to the hundredths that a currency has, also where nobody shows them', () => {
  expect(plain(fromFloat(decimal('0.30000000000000004'), 'HUF'))).toBe('0.3');
  expect(plain(fromFloat(decimal('1250.55'), 'HUF'))).toBe('1250.55');
});
