import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { ensureRoles } from './database-roles.ts';
import { asOwner } from './owner-connection.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

test('nodes and commands that start at the same moment do not fall over one another', async () => {
  const { ownerUrl } = database;
  const starts = Array.from({ length: 8 }, () =>
    asOwner(ownerUrl, async (owner) => {
      for (let time = 0; time < 10; time++) await ensureRoles(owner, ownerUrl);
    }),
  );
  const failures = (await Promise.allSettled(starts)).filter(({ status }) => status === 'rejected');
  expect(failures).toEqual([]);
});
