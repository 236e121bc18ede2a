import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanJsonElements } from './json-elements.ts';

const limits = { elementsMax: 1_000 };

function cut(text: string | Uint8Array, elementsMax = 1_000): string[] | string {
  const body = Buffer.from(text);
  const scanned = scanJsonElements(body, 'transactions', { elementsMax });
  if (!scanned.ok) return scanned.problem.kind;
  return scanned.elements.map(({ start, end }) => body.toString('latin1', start, end));
}

test('on every valid document the elements are those of JSON.parse', () => {
  const document = fc.record({ before: fc.jsonValue(), transactions: fc.array(fc.jsonValue()), after: fc.jsonValue() });
  fc.assert(
    fc.property(document, fc.constantFrom(0, 2, '\t\r\n'), (value, space) => {
      const body = Buffer.from(JSON.stringify(value, null, space));
      const scanned = scanJsonElements(body, 'transactions', limits);
      if (!scanned.ok) throw new Error(scanned.problem.message);
      const parsed = scanned.elements.map(({ start, end }) => JSON.parse(body.toString('utf8', start, end)));
      expect(parsed).toEqual(JSON.parse(JSON.stringify(value.transactions)));
      expect(scanned.otherKeys).toEqual(['before', 'after']);
    }),
  );
});

test('whatever the bytes, the scanner answers, and its ranges lie in order within the body', () => {
  const pieces = fc.constantFrom(
    '{"transactions":[',
    ']}',
    '{',
    '}',
    '[',
    ']',
    '"',
    '\\',
    ',',
    ':',
    '1',
    ' ',
    '\u0001',
    '"a"',
  );
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const body = Buffer.from(parts.join(''));
      const scanned = scanJsonElements(body, 'transactions', limits);
      if (!scanned.ok) return;
      let previous = 0;
      for (const { start, end } of scanned.elements) {
        expect(start).toBeGreaterThan(previous);
        expect(end).toBeGreaterThan(start);
        previous = end;
      }
      expect(previous).toBeLessThan(body.length);
    }),
    { numRuns: 5_000 },
  );
});

const broken = [
  '{"a":1e400}',
  '{"a":NaN}',
  '{"a":"\\ud800"}',
  '{"a":"\u0001\n"}',
  '{"a":"\\x"}',
  'undefined',
  '1 2',
  '{"a"}',
  "{'a':1}",
  '{"a":1,}',
  '"\\u12"',
  '{"a":1}{"b":2}',
  '[1,,2]',
];

test.each(broken)('the malformed element %j is cut out as it is, and its neighbours live', (element) => {
  expect(cut(`{"transactions":[{"a":1}, ${element}\n,{"b":"],}"}]}`)).toEqual(['{"a":1}', element, '{"b":"],}"}']);
});

test('bytes that are not UTF-8 stay in their element', () => {
  const body = Buffer.concat([Buffer.from('{"transactions":["'), Buffer.of(0xff, 0xfe), Buffer.from('",2]}')]);
  expect(cut(body)).toEqual(['"\xff\xfe"', '2']);
});

test.each([
  ['[1]', 'syntax'],
  ['', 'syntax'],
  ['nonsense', 'syntax'],
  ['{"transactions":[1,2}', 'syntax'],
  ['{"transactions":[1', 'syntax'],
  ['{"transactions":[{"a":1]}', 'syntax'],
  ['{"transactions":["a]}', 'syntax'],
  ['{"transactions":["a\\', 'syntax'],
  ['{"transactions":[1,,2]}', 'syntax'],
  ['{"transactions":[1,]}', 'syntax'],
  ['{"transactions":[,1]}', 'syntax'],
  ['{"transactions":[1]} x', 'syntax'],
  ['{"transactions":[1]}{}', 'syntax'],
  ['{transactions:[1]}', 'syntax'],
  ['{"transactions" [1]}', 'syntax'],
  ['{"transactions":[1],}', 'syntax'],
  ['{"a":,"transactions":[1]}', 'syntax'],
  ['{}', 'missing'],
  ['{"sales":[1]}', 'missing'],
  ['{"transactions":{"a":1}}', 'not_an_array'],
  ['{"transactions":1}', 'not_an_array'],
  ['{"transactions":[1],"transactions":[2]}', 'duplicate_key'],
  ['{"transactions":[1],"\\u0074ransactions":[2]}', 'duplicate_key'],
  [`{"transactions":${'['.repeat(200_000)}${']'.repeat(200_000)}}`, 'too_deep'],
])('the body %j is refused: %s', (body, kind) => {
  expect(cut(body)).toBe(kind);
});

test('empty arrays, a byte order mark, escaped keys and all whitespace are understood', () => {
  expect(cut('{"transactions":[]}')).toEqual([]);
  expect(cut('\ufeff \r\n{\t"\\u0074ransactions" : [ \n ] }\n')).toEqual([]);
  expect(cut('{"transactions":[ 1 ,\t"a\\"]" ]}')).toEqual(['1', '"a\\"]"']);
});

test('one element more than allowed refuses the body', () => {
  const body = (count: number) => `{"transactions":[${Array.from({ length: count }, () => '{}').join(',')}]}`;
  expect(cut(body(1_000))).toHaveLength(1_000);
  expect(cut(body(1_001))).toBe('too_many_elements');
});

test('the time is linear: four times the bytes take about four times as long', () => {
  const bodies: ((size: number) => string)[] = [
    (size) => `{"transactions":["${'\\\\'.repeat(size / 2)}"]}`,
    (size) => `{"transactions":["${'\\"'.repeat(size / 2)}"]}`,
    (size) => `{"transactions":[${'{"a":"b"},'.repeat(size / 10)}1]}`,
    (size) => `{"transactions":[1${' '.repeat(size)}]}`,
    (size) => `{"transactions":[${'[1],'.repeat(size / 4)}1]}`,
  ];
  for (const body of bodies) {
    const [small, large] = [2 ** 20, 2 ** 22].map((size) => {
      const bytes = Buffer.from(body(size));
      const times = Array.from({ length: 5 }, () => {
        const before = process.threadCpuUsage();
        expect(scanJsonElements(bytes, 'transactions', { elementsMax: 2 ** 22 }).ok).toBe(true);
        const { user, system } = process.threadCpuUsage(before);
        return (user + system) / 1_000;
      });
      return Math.min(...times);
    }) as [number, number];
    // This thread's own time: what else the machine does is no part of it. Quadratic would be 16 times; the floor keeps a fast small run from making noise look like growth.
    expect(large / Math.max(small, 2)).toBeLessThan(10);
  }
});
