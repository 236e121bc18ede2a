// What PostgreSQL makes of the arrays is what was meant, whatever is in them.
import fc from 'fast-check';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { instantArray, intArray, jsonArray, uuidArray } from './binary-arrays.ts';

let database: TestDatabase;
let client: pg.Client;
beforeAll(async () => {
  database = await openTestDatabase();
  client = new pg.Client(database.ownerUrl);
  await client.connect();
});
afterAll(async () => {
  await client.end();
  await database.close();
});

async function read(type: string, array: Buffer): Promise<(string | null)[]> {
  const { rows } = await client.query<{ value: string | null }>(
    `select value::text from unnest($1::${type}[]) with ordinality as e (value, position) order by position`,
    [array],
  );
  return rows.map(({ value }) => value);
}

test('ids arrive as they are, small letters or capitals', async () => {
  const id = fc.oneof(
    fc.uuid(),
    fc.uuid().map((each) => each.toUpperCase()),
    fc.constant(null),
  );
  await fc.assert(
    fc.asyncProperty(fc.array(id), async (ids) => {
      expect(await read('uuid', uuidArray(ids))).toEqual(ids.map((each) => each?.toLowerCase() ?? null));
    }),
  );
});

test('documents arrive to the letter, null as NULL', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.option(fc.jsonValue())), async (documents) => {
      const texts = documents.map((each) => (each === null ? null : JSON.stringify(each)));
      expect(await read('json', jsonArray(documents))).toEqual(texts);
    }),
  );
});

test('whole numbers arrive as they are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.integer()), async (numbers) => {
      expect(await read('int', intArray(numbers))).toEqual(numbers.map(String));
    }),
  );
});

test('instants arrive to the millisecond, before 2000 too', async () => {
  const instant = fc.option(fc.date({ min: new Date('1900-01-01'), max: new Date('2200-01-01'), noInvalidDate: true }));
  await fc.assert(
    fc.asyncProperty(fc.array(instant), async (instants) => {
      const { rows } = await client.query<{ value: Date | null }>(
        'select value from unnest($1::timestamptz[]) with ordinality as e (value, position) order by position',
        [instantArray(instants)],
      );
      expect(rows.map(({ value }) => value)).toEqual(instants);
    }),
  );
});

test.each([
  '',
  '0190163d-8694-739b-aea5-966c26f8ad9',
  '0190163d-8694-739b-aea5-966c26f8ad9g',
  '{190163d-8694-739b-aea5-966c26f8ad9}',
])('what is no id is refused: "%s"', (text) => {
  expect(() => uuidArray([text])).toThrow('is not a UUID');
});
