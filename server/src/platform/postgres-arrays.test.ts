// What many rows share is sent once, and each row finds its own again.
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from './actor.ts';
import { intArray } from './binary-arrays.ts';
import { distinct, idAt } from './postgres-arrays.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const [one, two] = ['019aaaaa-0000-7000-8000-000000000001', '019aaaaa-0000-7000-8000-000000000002'];
const owner = fc.record({ shop: fc.constantFrom(one, two, null), firm: fc.constantFrom(one, two, null) });

test('the owners of any rows, in any order', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(owner, { minLength: 1 }), async (rows) => {
      const { first, places } = distinct(
        rows,
        ({ shop }) => shop,
        ({ firm }) => firm,
      );
      expect(new Set(first.map(({ shop, firm }) => `${shop} ${firm}`)).size).toBe(first.length);
      const found = await database.db.transaction(backgroundActor('test'), (tx) =>
        sql<{ shop: string | null; firm: string | null }>`
          select ${idAt(
            sql`place`,
            first.map(({ shop }) => shop),
          )} as shop,
            ${idAt(
              sql`place`,
              first.map(({ firm }) => firm),
            )} as firm
          from unnest(${intArray(places)}::int[]) with ordinality as r (place, number) order by number
        `.execute(tx),
      );
      expect(found.rows).toEqual(rows);
    }),
    { numRuns: 50 },
  );
});
