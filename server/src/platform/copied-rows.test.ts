// What COPY brings is what a SELECT would have shown, whoever asks and however many ask at once.
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from './actor.ts';
import { behindField, copyRows, instantAt, integerAt, isNull, textAt, textsAt, uuidAt } from './copied-rows.ts';
import { sqlState } from './postgres-errors.ts';

const system = backgroundActor('test');
let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const text = fc.string({ unit: 'grapheme' }).filter((each) => !each.includes('\0'));
const row = fc.record({
  id: fc.option(fc.uuid()),
  count: fc.bigInt({ min: -(2n ** 53n) + 1n, max: 2n ** 53n - 1n }).map(Number),
  at: fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }),
  name: fc.option(text),
  words: fc.array(text),
});

test('values of every type that is read arrive as they were', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(row, { maxLength: 20 }), async (rows) => {
      const query = sql`select id, count, at, name, words from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)
        as r (id uuid, count bigint, at timestamptz, name text, words text[])`;
      const { bytes, starts } = await database.db.transaction(system, (tx) => copyRows(tx, query));
      const read = starts.map((start) => {
        const places = [start];
        for (let field = 1; field < 5; field++) places.push(behindField(bytes, places.at(-1) ?? 0));
        const [id = 0, count = 0, at = 0, name = 0, words = 0] = places;
        expect(isNull(bytes, id)).toBe(uuidAt(bytes, id) === null);
        return {
          id: uuidAt(bytes, id),
          count: integerAt(bytes, count),
          at: new Date(instantAt(bytes, at)),
          name: textAt(bytes, name),
          words: textsAt(bytes, words),
        };
      });
      expect(read).toEqual(rows);
    }),
    { numRuns: 50 },
  );
});

const numbers = (from: number, to: number) => sql`select n from generate_series(${from}::int, ${to}::int) as n`;
const read = async (rows: ReturnType<typeof copyRows>) => {
  const { bytes, starts } = await rows;
  return starts.map((start) => bytes.readInt32BE(start + 4));
};

test('of many at once each gets its own, small and large, in a transaction and by itself', async () => {
  const wishes = Array.from({ length: 40 }, (_, n) => ({ from: n, to: n + (n % 4 === 0 ? 100_000 : n) }));
  const found = await Promise.all(
    wishes.map(({ from, to }, n) =>
      n % 2 === 0
        ? read(database.db.copyRows(system, numbers(from, to)))
        : database.db.transaction(system, (tx) => read(copyRows(tx, numbers(from, to)))),
    ),
  );
  for (const [index, { from, to }] of wishes.entries()) {
    expect(found[index]?.length).toBe(to - from + 1);
    expect([found[index]?.[0], found[index]?.at(-1)]).toEqual([from, to]);
  }
});

test('what is asked by itself is seen as the actor, of whom nothing stays behind', async () => {
  const who = sql`select current_user::text || current_setting('app.user')`;
  const user = { ...system, role: 'tillstream_user', settings: { 'app.user': "o'er" } } as const;
  const { bytes, starts } = await database.db.copyRows(user, who);
  expect(textAt(bytes, starts[0] ?? 0)).toBe("tillstream_usero'er");
  const forbidden = database.db.copyRows(user, sql`select pg_read_file('postgresql.conf')`);
  await expect(forbidden).rejects.toSatisfy((error) => sqlState(error) === '42501');
  const after = await database.db.copyRows(system, who);
  expect(textAt(after.bytes, after.starts[0] ?? 0)).toBe('tillstream_background');
});

test('a failure is that of its statement, and the connection can be used again', async () => {
  const broken = sql`select 1 / (n - 5000) from generate_series(1, 10000) as n`;
  await expect(database.db.copyRows(system, broken)).rejects.toSatisfy((error) => sqlState(error) === '22012');
  const inside = database.db.transaction(system, (tx) => copyRows(tx, broken));
  await expect(inside).rejects.toSatisfy((error) => sqlState(error) === '22012');
  expect(await read(database.db.copyRows(system, numbers(1, 3)))).toEqual([1, 2, 3]);
});

test('parameters are values, whatever they hold, and what is none is refused', async () => {
  const odd = `'; drop table feed; -- \\ $1 $$`;
  const { bytes, starts } = await database.db.copyRows(system, sql`select ${odd}::text, ${null}::text, ${-7}::int`);
  expect(textAt(bytes, starts[0] ?? 0)).toBe(odd);
  await expect(database.db.copyRows(system, sql`select ${['a']}::text[]`)).rejects.toThrow('has no literal here');
});
