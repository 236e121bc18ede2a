import { postgresChangesFilter } from '@supabase/supabase-js';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Condition, FilterError, filterOperators, parseFilter } from './parse-filter.ts';

const condition = (column: string, operator: Condition['operator'], ...values: string[]): Condition => ({
  column,
  negated: false,
  operator,
  values,
});

test('a blank filter has no condition', () => {
  expect(parseFilter(null)).toEqual([]);
  expect(parseFilter('  ')).toEqual([]);
});

test('conditions are split at commas outside quotes and parentheses', () => {
  expect(parseFilter('name=eq."a,b",s=in.(x,"y,z"),d=not.is.null')).toEqual([
    condition('name', 'eq', 'a,b'),
    condition('s', 'in', 'x', 'y,z'),
    { ...condition('d', 'is', 'null'), negated: true },
  ]);
});

test('values may contain the signs of the grammar', () => {
  expect(parseFilter('note=eq.a=b.c')).toEqual([condition('note', 'eq', 'a=b.c')]);
  expect(parseFilter('size=eq.12" pan')).toEqual([condition('size', 'eq', '12" pan')]);
  expect(parseFilter('note=eq."say \\"hi\\", ok"')).toEqual([condition('note', 'eq', 'say "hi", ok')]);
});

test('every operator is understood, plain and negated', () => {
  for (const operator of filterOperators) {
    const value = operator === 'in' ? '(1)' : operator === 'is' ? 'null' : '1';
    expect(parseFilter(`c=${operator}.${value}`)[0]).toMatchObject({ operator, negated: false });
    expect(parseFilter(`c=not.${operator}.${value}`)[0]).toMatchObject({ operator, negated: true });
  }
});

test.each([
  ['a=eq.1,', 'filter must not contain empty segments (check for extra commas)'],
  ['id=foo.hey', 'Error parsing `filter` params: ["foo", "hey"]'],
  ['id', 'Error parsing `filter` params: ["id"]'],
  ['id=eq', 'Error parsing `filter` params: ["eq"]'],
  ['id=in.1,2', '`in` filter value must be wrapped by parentheses'],
  ['id=is.maybe', '`is` filter value must be one of null, true, false, unknown'],
  [`id=in.(${Array.from({ length: 101 }, (_, at) => at).join()})`, 'too many values for `in` filter. Maximum 100'],
  [`id=eq.${'x'.repeat(20_000)}`, 'filter is longer than 16384 characters'],
])('%.40s is refused in the words that clients know', (text, message) => {
  expect(() => parseFilter(text)).toThrow(new FilterError(message));
});

test('one hundred values are as many as `in` takes', () => {
  const text = `id=in.(${Array.from({ length: 100 }, (_, at) => at).join()})`;
  expect(parseFilter(text)[0]?.values).toHaveLength(100);
  expect(parseFilter('id=in.()')[0]?.values).toEqual([]);
});

test('what the client itself writes is read back, whatever the values are', () => {
  const value = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 20 });
  fc.assert(
    // The client's builder leaves out what a list names twice.
    fc.property(value, fc.uniqueArray(value, { minLength: 1, maxLength: 5 }), (scalar, list) => {
      const text = postgresChangesFilter().eq('a', scalar).in('b', list).toString();
      expect(parseFilter(text)).toEqual([condition('a', 'eq', scalar), condition('b', 'in', ...list)]);
    }),
    { numRuns: 1_000 },
  );
});

test('any text at all is either read or refused with a reason', () => {
  const pieces = fc.constantFrom('a', '=', '.', ',', '(', ')', '"', '\\', 'eq', 'in', 'not', ' ');
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      try {
        parseFilter(parts.join(''));
      } catch (error) {
        expect(error).toBeInstanceOf(FilterError);
      }
    }),
    { numRuns: 2_000 },
  );
});
