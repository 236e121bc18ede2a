// Check 9: every operator and its negation, from the client's text to the rows that it lets through.
import { describe, expect, test } from 'vitest';
import { versions } from '../listening-client.ts';
import { useLiveGateway } from '../live-checks.ts';
import { sampleChange, samples } from '../samples.ts';

const { checks, join } = useLiveGateway({ tables: [samples] });

const rows = [
  { id: 'a', n: 1, total: 0.1, s: 'Apple pie', flag: true, day: '2026-06-01', data: { k: 1 }, tags: ['x'] },
  { id: 'b', n: 2, total: 12.5, s: 'banana, split', flag: false, day: '2026-06-02', data: { k: 2 }, tags: [] },
  { id: 'c', n: 10, total: -3, s: 'say "hi"', flag: true, day: '2026-06-10', data: [], tags: ['x', 'y'] },
  { id: 'z', n: null, total: null, s: null, flag: null, day: null, data: null, tags: null },
].map((row, at) => ({ ...row, at: `2026-06-0${at + 1}T12:00:00.5+00:00` }));

const hundred = Array.from({ length: 98 }, (_, n) => n + 1_000);

/** The filter, and the rows that it lets through. */
const table: readonly [filter: string, ids: string][] = [
  ['n=eq.2', 'b'],
  ['n=not.eq.2', 'ac'],
  ['n=neq.2', 'ac'],
  ['n=not.neq.2', 'b'],
  // As numbers: as texts, 10 would come before 2.
  ['n=gt.2', 'c'],
  ['n=not.gt.2', 'ab'],
  ['n=gte.2', 'bc'],
  ['n=not.gte.2', 'a'],
  ['n=lt.2', 'a'],
  ['n=not.lt.2', 'bc'],
  ['n=lte.2', 'ab'],
  ['n=not.lte.2', 'c'],
  [`n=in.(2,10,${hundred.join()})`, 'bc'],
  ['n=not.in.(2,10)', 'a'],
  ['total=eq.12.50', 'b'],
  ['total=eq.0.1', 'a'],
  ['total=lt.0.10000000000000000001', 'ac'],
  ['s=eq."banana, split"', 'b'],
  ['s=eq."say \\"hi\\""', 'c'],
  ['s=in.("banana, split",Apple pie)', 'ab'],
  ['s=like.%pie', 'a'],
  ['s=like.apple%', ''],
  ['s=ilike.apple%', 'a'],
  ['s=not.like.%pie', 'bc'],
  ['s=not.ilike.APPLE%', 'bc'],
  ['s=like.b_nana%', 'b'],
  ['s=match.^[ab]', 'b'],
  ['s=imatch.^[ab]', 'ab'],
  ['s=not.match.^[ab]', 'ac'],
  ['s=not.imatch.^[ab]', 'c'],
  ['s=is.null', 'z'],
  ['s=not.is.null', 'abc'],
  ['flag=is.true', 'ac'],
  ['flag=is.false', 'b'],
  ['flag=is.unknown', 'z'],
  ['flag=not.is.true', 'bz'],
  ['flag=eq.t', 'ac'],
  ['n=isdistinct.2', 'acz'],
  ['n=not.isdistinct.2', 'b'],
  ['n=isdistinct.null', 'abc'],
  ['day=gte.2026-06-02', 'bc'],
  ['at=lt.2026-06-02 14:00:00.5+02', 'a'],
  ['at=lte.2026-06-02T12:00:00.500000Z', 'ab'],
  ['data=eq."{\\"k\\": 2.0}"', 'b'],
  ['tags=eq."{x,y}"', 'c'],
  ['tags=eq.{}', 'b'],
  ['n=gt.1,flag=is.true', 'c'],
  ['n=gt.1,n=lt.10', 'b'],
  ['n=gt.10,flag=is.true', ''],
  ['', 'abcz'],
];

describe.each(versions)('serializer %s', (vsn) => {
  test('9: each operator lets through what it should, with NULL, quotes and lists', async () => {
    const wishes = table.map(([filter]) => ({ table: 'samples', ...(filter !== '' && { filter }) }));
    const listener = await join({ vsn, topic: 'operators', wishes });
    checks.live.publish(...rows.map((row) => sampleChange(checks.ground.own, { row })));
    await listener.signal.until('the last row', () => listener.heard.at(-1)?.length === rows.length);
    await listener.signal.until('the notice', () => listener.system.length > 0);
    expect(listener.system.map(({ message }) => message)).toEqual(['Subscribed to PostgreSQL']);
    const heard = listener.heard.map((changes) => changes.map((change) => change.new['id']).join(''));
    expect(table.map(([filter], at) => [filter, heard[at]])).toEqual(table.map((row) => [...row]));
  });

  test('9: what cannot be served is said, and heard by nobody', async () => {
    const refused: [string, RegExp][] = [
      [`n=in.(${[...hundred, 1, 2, 3].join()})`, /too many values for `in` filter\. Maximum 100$/],
      ['n=in.1,2', /`in` filter value must be wrapped by parentheses$/],
      ['n=eq.one', /invalid input syntax for type int4: "one"$/],
      ['n=is.true', /`is` true needs a boolean column$/],
      ['s=match.(', /invalid regular expression: /],
      ['n=match.1', /the operator match does not exist for type int4$/],
      ['n=eq.1,', /filter must not contain empty segments \(check for extra commas\)$/],
      ['nothing=eq.1', /invalid column for filter nothing$/],
    ];
    const wishes = [...refused.map(([filter]) => ({ table: 'samples', filter })), { table: 'samples' }];
    const listener = await join({ vsn, topic: 'refused', wishes });
    await listener.signal.until('all explanations', () => listener.system.length === refused.length);
    for (const [at, [, message]] of refused.entries()) expect(listener.system[at]?.message).toMatch(message);
    checks.live.publish(...rows.map((row) => sampleChange(checks.ground.own, { row })));
    await listener.signal.until('the rows', () => listener.heard.at(-1)?.length === rows.length);
    expect(listener.heard.slice(0, -1).flat()).toEqual([]);
  });

  test('9: regular expressions are ten a channel', async () => {
    const wishes = Array.from({ length: 11 }, (_, n) => ({ table: 'samples', filter: `s=match.${n}` }));
    const listener = await join({ vsn, topic: 'patterns', wishes });
    await listener.signal.until('the explanation', () => listener.system.length === 1);
    expect(listener.system[0]?.message).toMatch(/a channel has at most 10 filters by regular expression$/);
  });
});
