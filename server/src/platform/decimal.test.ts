import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  add,
  amountOutOfRange,
  compare,
  type DecimalKind,
  decimal,
  fit,
  money,
  multiply,
  negate,
  parseDecimal,
  plain,
  quantity,
  roundTo,
  roundUp,
  subtract,
  sum,
  toJsonNumber,
  unitCost,
} from './decimal.ts';

test.each([
  [money, 12.5, '12.5'],
  [money, '12.50', '12.5'],
  [money, '-0', '0'],
  [money, 9999999999999.99, '9999999999999.99'],
  [quantity, '99999999999.9999', '99999999999.9999'],
  [quantity, 0.0001, '0.0001'],
  [unitCost, 0.000001, '0.000001'],
  [unitCost, 999999999.999999, '999999999.999999'],
])('%o takes %s exactly', (kind, input, expected) => {
  const parsed = parseDecimal(kind, input);
  expect(parsed.ok && plain(parsed.value)).toBe(expected);
});

test.each([
  [money, '12.505', 'too_many_digits'],
  [money, 0.1 + 0.2, 'too_many_digits'],
  [money, '10000000000000', 'out_of_range'],
  [money, 1e21, 'out_of_range'],
  [quantity, 1e-7, 'too_many_digits'],
  [quantity, '123456789012.3456', 'too_many_digits'],
  [money, Number.NaN, 'not_a_number'],
  [money, Number.POSITIVE_INFINITY, 'not_a_number'],
  [money, '1e5', 'not_a_number'],
  [money, '', 'not_a_number'],
  [money, ' 1', 'not_a_number'],
  [money, '+1', 'not_a_number'],
  [money, '01', 'not_a_number'],
  [money, '1.', 'not_a_number'],
  [money, '0x10', 'not_a_number'],
  [money, '９', 'not_a_number'],
  [money, '9'.repeat(10_000), 'not_a_number'],
  [money, null, 'not_a_number'],
  [money, {}, 'not_a_number'],
  [money, true, 'not_a_number'],
] as const)('%o refuses %s: %s', (kind, input, reason) => {
  const parsed = parseDecimal(kind as DecimalKind, input);
  expect(parsed).toMatchObject({ ok: false, reason });
  expect(!parsed.ok && parsed.message.length).toBeLessThan(200);
});

const cents = fc.bigInt({ min: -999_999_999_999_999n, max: 999_999_999_999_999n });
const asMoney = (value: bigint): string => {
  const digits = String(value < 0n ? -value : value).padStart(3, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
};

test('any amount of money survives text, number and JSON unchanged', () => {
  fc.assert(
    fc.property(cents, (value) => {
      const text = asMoney(value);
      const parsed = parseDecimal(money, text);
      if (!parsed.ok) throw new Error(parsed.message);
      const viaJson = parseDecimal(money, JSON.parse(JSON.stringify(toJsonNumber(parsed.value))));
      expect(viaJson.ok && compare(viaJson.value, parsed.value)).toBe(0);
      expect(compare(decimal(text), parsed.value)).toBe(0);
    }),
  );
});

test('arithmetic agrees with whole numbers of cents', () => {
  fc.assert(
    fc.property(cents, cents, (a, b) => {
      const [x, y] = [decimal(asMoney(a)), decimal(asMoney(b))];
      expect(compare(add(x, y), decimal(asMoney(a + b)))).toBe(0);
      expect(compare(subtract(x, y), decimal(asMoney(a - b)))).toBe(0);
      expect(compare(multiply(multiply(x, y), decimal('10000')), decimal(String(a * b)))).toBe(0);
      expect(compare(x, y)).toBe(a < b ? -1 : a > b ? 1 : 0);
      expect(compare(sum([x, y, negate(y)]), x)).toBe(0);
    }),
  );
});

test('a million times ten cents is exactly a hundred thousand', () => {
  expect(plain(sum(Array.from({ length: 1_000_000 }, () => decimal('0.1'))))).toBe('100000');
});

test('rounding happens half away from zero, and up to whole units, only when asked for', () => {
  expect(['1.005', '-1.005', '1.0049', '2'].map((text) => plain(roundTo(money, decimal(text))))).toEqual([
    '1.01',
    '-1.01',
    '1',
    '2',
  ]);
  expect(['1.1', '1', '-1.1', '0'].map((text) => plain(roundUp(decimal(text))))).toEqual(['2', '1', '-1', '0']);
});

test('a result that does not fit is an error and never a rounded number', () => {
  expect(() => fit(money, decimal('0.001'))).toThrow(expect.toSatisfy(amountOutOfRange.is));
  expect(() => fit(money, decimal('10000000000000'))).toThrow(expect.toSatisfy(amountOutOfRange.is));
  expect(() => toJsonNumber('1234567890.123456')).toThrow(expect.toSatisfy(amountOutOfRange.is));
  expect(toJsonNumber('12.5000')).toBe(12.5);
  expect(plain(fit(money, decimal('9999999999999.99')))).toBe('9999999999999.99');
});

test('mixing a decimal with a float is refused instead of rounded', () => {
  expect(() => Number(decimal('1')) + 1).toThrow();
  expect(() => decimal('NaN')).toThrow();
});
