import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type ParsedJson, parseJsonExact } from './parse-json-exact.ts';

const parse = (text: string): ParsedJson => parseJsonExact(Buffer.from(text));
const kindOf = (text: string): string | null => {
  const parsed = parse(text);
  return parsed.ok ? null : parsed.problem.kind;
};

// What JSON.parse makes of it, without the values that we refuse on purpose.
const storable = fc
  .jsonValue({ maxDepth: 6, noUnicodeString: false })
  .filter((value) => kindOf(JSON.stringify(value)) === null);

test('agrees with JSON.parse on every document that both take', () => {
  fc.assert(
    fc.property(storable, fc.constantFrom(0, 1, '\t', '\r\n '), (value, space) => {
      const text = JSON.stringify(value, null, space);
      expect(parse(text)).toEqual({ ok: true, value: JSON.parse(text) });
    }),
  );
});

test('refuses as a syntax error exactly what JSON.parse does not take', () => {
  const pieces = [
    '{',
    '}',
    '[',
    ']',
    ',',
    ':',
    '"',
    '"a"',
    '1',
    '-',
    '0',
    '.',
    'e5',
    'true',
    'nul',
    'null',
    ' ',
    '\\',
    '\\u12',
    '\n',
    '\u0001',
    'ä',
  ];
  fc.assert(
    fc.property(fc.array(fc.constantFrom(...pieces), { maxLength: 12 }), (parts) => {
      const text = parts.join('');
      let valid = true;
      try {
        JSON.parse(text);
      } catch {
        valid = false;
      }
      expect(kindOf(text) === 'syntax', text).toBe(!valid);
    }),
    { numRuns: 5_000 },
  );
});

test('a number is taken if and only if a double gives its digits back', () => {
  const digits = fc.stringMatching(/^[1-9][0-9]{0,19}$/);
  fc.assert(
    fc.property(digits, fc.nat(20), fc.integer({ min: -290, max: 280 }), (figure, point, exponent) => {
      const at = Math.min(point, figure.length - 1);
      const text = `${figure.slice(0, at) || '0'}.${figure.slice(at)}e${exponent}`;
      const significant = figure.replace(/0+$/, '').length;
      expect(kindOf(text)).toBe(significant <= 15 ? null : 'number_out_of_range');
    }),
  );
});

test.each([
  '1e400',
  '-1e400',
  '1e-400',
  '5e-324',
  '1234567890123456',
  '0.1234567890123456',
  '99999999999999999999',
])('the number %s is refused', (text) => {
  expect(kindOf(`{"a":[${text}]}`)).toBe('number_out_of_range');
});

test.each([
  '0',
  '-0',
  '0.000',
  '0e999',
  '100000000000000000000',
  '1.50000000000000000000',
  '123456789012345',
  '1E2',
])('the number %s is taken', (text) => {
  expect(parse(text)).toEqual({ ok: true, value: Number(text) });
});

test.each([
  ['"\\ud800"', 'unstorable_text'],
  ['"\\udc00\\ud800"', 'unstorable_text'],
  ['{"\\u0000":1}', 'unstorable_text'],
  ['"\\u0000"', 'unstorable_text'],
  ['{"a":1,"b":2,"a":3}', 'duplicate_key'],
  ['{"a":1,"\\u0061":3}', 'duplicate_key'],
  ['{"__proto__":1}', 'forbidden_key'],
  ['{"a":{"__proto__":{"x":1}}}', 'forbidden_key'],
  ['{"\\u005f_proto__":1}', 'forbidden_key'],
  ['[[[[', 'syntax'],
  ['{"a":1e400,', 'syntax'],
  ['{"a":"\\ud800"', 'syntax'],
])('%s is refused: %s', (text, kind) => {
  expect(kindOf(text)).toBe(kind);
});

test('a pair of surrogates is text like any other, and keys named like methods are members', () => {
  expect(parse('{"\\ud83c\\udf55":"🍕","constructor":1,"toString":2}')).toEqual({
    ok: true,
    value: { '🍕': '🍕', constructor: 1, toString: 2 },
  });
  expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
});

test('a problem says where it is, in bytes and as a path', () => {
  const parsed = parse('{"ä":[{"lines":[1,{"q":1234567890123456}]}]}');
  expect(parsed).toMatchObject({ ok: false, problem: { path: 'ä[0].lines[1].q', position: 40 } });
  expect(parse('{"ä":!}')).toMatchObject({
    ok: false,
    problem: { position: 6, message: expect.stringContaining('byte 6') },
  });
});

test('what is not UTF-8 is refused, a byte order mark is not part of the text', () => {
  for (const bytes of [
    [0x22, 0xff, 0x22],
    [0x22, 0xed, 0xa0, 0x80, 0x22],
    [0x22, 0xc0, 0x80, 0x22],
    [0xff, 0xfe, 0x31, 0x00],
  ]) {
    expect(parseJsonExact(Uint8Array.from(bytes))).toMatchObject({ ok: false, problem: { kind: 'not_utf8' } });
  }
  expect(parse('\ufeff[1]')).toEqual({ ok: true, value: [1] });
});

test('nesting is limited, and an attack by depth does not reach the stack', () => {
  expect(kindOf('['.repeat(32) + ']'.repeat(32))).toBeNull();
  expect(kindOf('['.repeat(33) + ']'.repeat(33))).toBe('too_deep');
  expect(kindOf('['.repeat(4_000_000))).toBe('too_deep');
  expect(kindOf('{"a":'.repeat(1_000_000))).toBe('too_deep');
  expect(parseJsonExact(Buffer.from('[[1]]'), { depthMax: 1 })).toMatchObject({
    ok: false,
    problem: { kind: 'too_deep' },
  });
});

test('four megabytes in one string or number are read in a moment', () => {
  const long = 'x'.repeat(4_000_000);
  expect(parse(`"${long}"`)).toEqual({ ok: true, value: long });
  expect(parse(`"${'\\n'.repeat(1_000_000)}"`)).toEqual({ ok: true, value: '\n'.repeat(1_000_000) });
  expect(kindOf('9'.repeat(4_000_000))).toBe('number_out_of_range');
  expect(kindOf('\\'.repeat(4_000_000))).toBe('syntax');
});
