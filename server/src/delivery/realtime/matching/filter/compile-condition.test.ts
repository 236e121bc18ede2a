// Filters mean what they mean in PostgreSQL: each comparison is put to a real server as well, and the answers compared.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../../../../test/harness/test-database.ts';
import { compileCondition } from './compile-condition.ts';
import { type Condition, FilterError, type FilterOperator, parseFilter } from './parse-filter.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

interface Case {
  readonly type: string;
  readonly operator: FilterOperator;
  readonly negated: boolean;
  /** The row's value as PostgreSQL's text, null for NULL. */
  readonly own: string | null;
  readonly constants: readonly string[];
}

const symbols: Partial<Record<FilterOperator, string>> = {
  eq: '=',
  neq: '<>',
  lt: '<',
  lte: '<=',
  gt: '>',
  gte: '>=',
  like: 'like',
  ilike: 'ilike',
  match: '~',
  imatch: '~*',
  isdistinct: 'is distinct from',
};

/** What PostgreSQL says of all cases: whether the condition is true, and the value as the log's JSON has it. */
async function askPostgres(cases: readonly Case[]): Promise<{ truth: boolean; value: unknown }[]> {
  const asked = cases.map(({ type, operator, negated, own, constants }) => {
    const collate = ['text', 'varchar'].includes(type) ? ' collate "C"' : '';
    const literal = (text: string | null) =>
      text === null ? `null::${type}` : `'${text.replaceAll("'", "''")}'::${type}`;
    const right = constants.map((text) => literal(text) + collate);
    const condition =
      operator === 'in'
        ? `${literal(own)}${collate} in (${right.join()})`
        : operator === 'is'
          ? `${literal(own)} is ${constants[0]}`
          : `${literal(own)}${collate} ${symbols[operator]} ${right[0]}`;
    return `select (${negated ? `not (${condition})` : condition}) is true as truth, to_jsonb(${literal(own)}) as value`;
  });
  return database.rows<{ truth: boolean; value: unknown }>(asked.join(' union all '));
}

function ask({ type, operator, negated, own, constants }: Case, value: unknown): boolean {
  const condition: Condition = { column: 'c', operator, negated, values: constants };
  return compileCondition(condition, type).holds(own === null ? null : value);
}

const ordering: FilterOperator[] = ['eq', 'neq', 'lt', 'lte', 'gt', 'gte', 'in', 'isdistinct'];
const equality: FilterOperator[] = ['eq', 'neq', 'in', 'isdistinct'];
const word = fc.string({ unit: fc.constantFrom(...'aAbzéÉ߀😀_%. 1'), maxLength: 5 });
const digits = fc.tuple(fc.integer({ min: -999, max: 999 }), fc.constantFrom('', '.0', '.5', '.50', '.125', '.0001'));
const instant = fc.date({ min: new Date('2026-01-01'), max: new Date('2026-01-03'), noInvalidDate: true });

const values: Record<string, { operators: FilterOperator[]; value: fc.Arbitrary<string> }> = {
  text: { operators: ordering, value: word },
  uuid: {
    operators: ordering,
    value: fc.constantFrom(...'0123ab').map((c) => `0197a000-0000-7000-8000-00000000000${c}`),
  },
  int2: { operators: ordering, value: fc.integer({ min: -32_768, max: 32_767 }).map(String) },
  int8: { operators: ordering, value: fc.constantFrom('-9007199254740991', '-1', '0', '+7', '7', '9007199254740991') },
  numeric: { operators: ordering, value: digits.map(([whole, rest]) => `${whole}${rest}`) },
  bool: { operators: ordering, value: fc.constantFrom('t', 'f', 'true', 'FALSE', 'yes', 'off', '1', '0') },
  date: { operators: ordering, value: instant.map((at) => at.toISOString().slice(0, 10)) },
  timestamptz: {
    operators: ordering,
    value: fc.tuple(instant, fc.constantFrom('Z', '+00', '+02:00', '-0530', '123Z')).map(([at, zone]) => {
      return `${at.toISOString().slice(0, -1)}${zone}`;
    }),
  },
  jsonb: {
    operators: equality,
    value: fc.constantFrom('{"a": 1, "b": [2]}', '{"b":[2.0],"a":1}', '[]', '"x"', '1e2', '100'),
  },
  _text: { operators: equality, value: fc.constantFrom('{}', '{a}', '{a,b}', '{"a","b"}', '{NULL,a}', '{"x, y"}') },
};

describe('comparisons', () => {
  test.each(Object.entries(values))('of %s', async (type, { operators, value }) => {
    const one = fc.record({
      type: fc.constant(type),
      operator: fc.constantFrom(...operators),
      negated: fc.boolean(),
      own: fc.option(value, { freq: 8 }),
      constants: fc.array(value, { minLength: 1, maxLength: 3 }),
    });
    await agree(fc.sample(one, { numRuns: 400, seed: 7 }));
  });

  test('of patterns', async () => {
    const text = fc.string({ unit: fc.constantFrom(...'abAB%_x\n'), maxLength: 6 });
    const like = fc.string({ unit: fc.constantFrom('a', 'b', '%', '_', '\\%', '\\_', 'A'), maxLength: 6 });
    const pattern = fc.constantFrom(
      'a+',
      '^a.*b$',
      '[[:upper:]]',
      '(a|b){2,3}',
      '\\yab',
      'x$',
      '^$',
      '[^a]',
      'A',
      '(?i)A',
    );
    const one = fc.oneof(
      ...(['like', 'ilike'] as const).map((operator) =>
        fc.record({ operator: fc.constant(operator), constants: fc.tuple(like) }),
      ),
      ...(['match', 'imatch'] as const).map((operator) =>
        fc.record({ operator: fc.constant(operator), constants: fc.tuple(pattern) }),
      ),
    );
    const whole = fc.tuple(one, fc.boolean(), fc.option(text, { freq: 8 }));
    const cases = fc.sample(whole, { numRuns: 800, seed: 7 });
    await agree(cases.map(([part, negated, own]) => ({ type: 'text', negated, own, ...part })));
  });

  test('of is, with its words', async () => {
    const cases = ['null', 'true', 'false', 'unknown'].flatMap((kind) =>
      ['t', 'f', null].flatMap((own) =>
        [false, true].map((negated): Case => ({ type: 'bool', operator: 'is', negated, own, constants: [kind] })),
      ),
    );
    await agree(cases);
  });

  async function agree(cases: readonly Case[]): Promise<void> {
    const answers = await askPostgres(cases);
    cases.forEach((each, at) => {
      const { truth, value } = answers[at] ?? { truth: false, value: null };
      expect([JSON.stringify(each), ask(each, value)]).toEqual([JSON.stringify(each), truth]);
    });
    // Half-way sensible samples: neither answer may be missing.
    expect(new Set(answers.map(({ truth }) => truth)).size).toBe(2);
  }
});

test('what a row does not show is neither equal, nor different, nor null', () => {
  for (const filter of ['c=eq.1', 'c=neq.1', 'c=not.eq.1', 'c=is.null', 'c=not.is.null', 'c=isdistinct.1']) {
    const [condition] = parseFilter(filter);
    if (condition === undefined) throw new Error('no condition');
    expect(compileCondition(condition, 'int4').holds(undefined)).toBe(false);
  }
});

test('a constant has all its digits: one that no double holds is still told apart', () => {
  const above = parseFilter('c=lt.0.30000000000000000001')[0] as Condition;
  expect(compileCondition(above, 'numeric').holds(0.3)).toBe(true);
  expect(compileCondition({ ...above, operator: 'eq' }, 'numeric').holds(0.3)).toBe(false);
});

describe('constants that are none of the type are refused', () => {
  test.each([
    ['int2', 'eq', '32768', 'invalid input syntax for type int2: "32768"'],
    ['int4', 'eq', '1.5', 'invalid input syntax for type int4: "1.5"'],
    ['numeric', 'gt', 'NaN', 'invalid input syntax for type numeric: "NaN"'],
    ['bool', 'eq', 'perhaps', 'invalid input syntax for type bool: "perhaps"'],
    ['date', 'eq', '2026-02-30', 'invalid input syntax for type date: "2026-02-30"'],
    ['timestamptz', 'eq', 'yesterday', 'invalid input syntax for type timestamptz: "yesterday"'],
    ['timestamptz', 'eq', '2026-01-01T25:00:00Z', 'invalid input syntax for type timestamptz: '],
    ['jsonb', 'eq', '{', 'invalid input syntax for type jsonb: "{"'],
    ['_text', 'eq', 'a,b', 'malformed array literal: "a,b"'],
    ['_int4', 'eq', '{1,b}', 'invalid input syntax for type int4: "b"'],
    ['text', 'like', 'a\\', 'LIKE pattern must not end with escape character'],
    ['text', 'match', '(a)\\1', 'invalid regular expression: '],
    ['text', 'match', '\\mword', 'invalid regular expression: \\m is not served, use \\y'],
    ['text', 'match', 'a'.repeat(257), 'a regular expression has at most 256 characters'],
    ['text', 'match', '(.{0,900}){0,1}.{0,900}', 'the regular expression is too large'],
    ['text', 'match', '((a{100}){100}){100}', 'invalid regular expression: '],
    ['int4', 'match', '1', 'the operator match does not exist for type int4'],
    ['_text', 'lt', '{a}', 'the operator lt does not exist for type _text'],
  ] as const)('%s %s %.20s', (...[type, operator, value, message]) => {
    const compile = () => compileCondition({ column: 'c', operator, negated: false, values: [value] }, type);
    expect(compile).toThrow(FilterError);
    expect(compile).toThrow(message);
  });
});

test('patterns that explode elsewhere take steps that follow the length of the text', () => {
  const text = 'a'.repeat(8_000);
  const began = performance.now();
  for (const [operator, pattern] of [
    ['match', '^(a+)+$'],
    ['match', '(x+x+)+y'],
    ['imatch', '(a|a|ab)*c'],
    ['like', '%a%a%a%a%a%a%a%b'],
  ] as const) {
    compileCondition({ column: 'c', operator, negated: false, values: [pattern] }, 'text').holds(text);
  }
  // A backtracking engine would not be done before the sun is; the bound is generous for a busy machine.
  expect(performance.now() - began).toBeLessThan(5_000);
});
