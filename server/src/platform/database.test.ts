import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from './actor.ts';
import { commitBehind, wakeAfterCommit } from './database.ts';

let database: TestDatabase;
let wakes = 0;

beforeAll(async () => {
  database = await openTestDatabase({ connectionsMax: 2, onWake: () => wakes++ });
});
afterAll(() => database.close());

const system = backgroundActor('test');

test('a transaction acts in its role, and the next one on the same connection starts without it', async () => {
  const roles: string[] = [];
  for (const actor of [system, { ...system, role: 'tillstream_user' as const }]) {
    await database.db.transaction(actor, async (tx) => {
      const { rows } = await sql<{ role: string }>`select current_user as role`.execute(tx);
      roles.push(rows[0]?.role ?? '');
    });
  }
  expect(roles).toEqual(['tillstream_background', 'tillstream_user']);
});

test('a setting of one transaction is gone in the next', async () => {
  const setting = async (settings: Record<string, string>) =>
    database.db.transaction({ ...system, settings }, async (tx) => {
      const { rows } = await sql<{ value: string }>`select current_setting('app.user') as value`.execute(tx);
      return rows[0]?.value;
    });
  expect(await setting({ 'app.user': 'somebody' })).toBe('somebody');
  expect(await setting({})).toBe('');
});

test('a serialization failure repeats the whole transaction', async () => {
  let attempts = 0;
  const result = await database.db.transaction(system, async (tx) => {
    attempts++;
    if (attempts < 3) await sql`do $$ begin raise exception 'made to fail' using errcode = '40001'; end $$`.execute(tx);
    return 'done';
  });
  expect({ result, attempts }).toEqual({ result: 'done', attempts: 3 });
});

test('any other failure is thrown at once and rolls back', async () => {
  let attempts = 0;
  const failing = database.db.transaction(system, async (tx) => {
    attempts++;
    await sql`do $$ begin raise exception 'made to fail' using errcode = '22003'; end $$`.execute(tx);
  });
  await expect(failing).rejects.toThrow('made to fail');
  expect(attempts).toBe(1);
});

test('followers are woken after the commit and never for a rollback', async () => {
  const before = wakes;
  await database.db.transaction(system, async (tx) => {
    wakeAfterCommit(tx);
    expect(wakes).toBe(before);
  });
  expect(wakes).toBe(before + 1);
  const failing = database.db.transaction(system, async (tx) => {
    wakeAfterCommit(tx);
    throw new Error('changed my mind');
  });
  await expect(failing).rejects.toThrow('changed my mind');
  expect(wakes).toBe(before + 1);
});

test('COMMIT goes behind what nobody waits for, and what fails there takes everything back', async () => {
  await database.rows('create table behind (n int); grant select, insert on behind to tillstream_background');
  const insert = (n: number, failing = 0) =>
    database.db.transaction(system, async (tx) => {
      await sql`insert into behind values (${n})`.execute(tx);
      commitBehind(tx, [
        sql`insert into behind values (${n})`.execute(tx),
        sql`insert into behind select ${n} where 1 / ${1 - failing}::int = 1`.execute(tx),
        sql`insert into behind values (${n})`.execute(tx),
      ]);
      return n;
    });
  expect(await insert(1)).toBe(1);
  await expect(insert(2, 1)).rejects.toThrow('division by zero');
  expect(await database.rows('select n, count(*)::int from behind group by n')).toEqual([{ n: 1, count: 4 }]);
});
