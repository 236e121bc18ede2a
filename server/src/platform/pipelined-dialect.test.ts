import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from './actor.ts';
import type { Tx } from './database.ts';

const actor = backgroundActor('test');
let database: TestDatabase;

beforeAll(async () => {
  database = await openTestDatabase({ connectionsMax: 1 });
});
afterAll(() => database.close());

const numbers = Array.from({ length: 50 }, (_, index) => index);

test('statements that are sent together run in the order in which they were sent', async () => {
  const answered = await database.db.transaction(actor, async (tx) => {
    await sql`create temporary table sent (n serial, said int) on commit drop`.execute(tx);
    await Promise.all(numbers.map((said) => sql`insert into sent (said) values (${said})`.execute(tx)));
    return (await sql<{ said: number }>`select said from sent order by n`.execute(tx)).rows;
  });
  expect(answered.map((row) => row.said)).toEqual(numbers);
});

test('what is read behind a lock is read under it, although it was sent before the lock was had', async () => {
  const [{ id } = { id: '' }] = await database.rows<{ id: string }>('select gen_random_uuid() as id');
  const holder = new pg.Client(database.ownerUrl);
  await holder.connect();
  await holder.query('begin');
  await holder.query('select pg_advisory_xact_lock(4711)');
  await holder.query(`insert into franchises (id, name, currency) values ($1, 'late', 'USD')`, [id]);
  const reading = database.db.transaction(actor, (tx) =>
    Promise.all([
      sql`select pg_advisory_xact_lock(4711)`.execute(tx),
      sql`select from franchises where id = ${id}::uuid`.execute(tx),
    ]),
  );
  const waiting = `select from pg_locks where locktype = 'advisory' and objid = 4711 and not granted`;
  await vi.waitFor(async () => expect(await database.rows(waiting)).toHaveLength(1), { timeout: 30_000 });
  await holder.query('commit');
  await holder.end();
  const [, found] = await reading;
  expect(found.rows).toHaveLength(1);
});

test('the first failure is the one that is reported, and takes everything with it', async () => {
  const id = (await database.rows<{ id: string }>(`select gen_random_uuid() as id`))[0]?.id ?? '';
  const found = (tx: Tx) => sql`select from franchises where id = ${id}::uuid`.execute(tx);
  await expect(
    database.db.transaction(actor, async (tx) => {
      await Promise.all([
        sql`insert into franchises (id, name, currency) values (${id}::uuid, 'gone', 'USD')`.execute(tx),
        sql`select 1 / ${0}::int`.execute(tx),
        found(tx),
      ]);
    }),
  ).rejects.toMatchObject({ code: '22012' });
  expect((await database.db.transaction(actor, found)).rows).toEqual([]);
});

test('a transaction whose actor cannot be taken on runs nothing', async () => {
  const nobody = { ...actor, role: 'postgres' as 'tillstream_background' };
  await expect(database.db.transaction(nobody, (tx) => sql`select from franchises`.execute(tx))).rejects.toMatchObject({
    code: '42501',
  });
});

test('what is asked again is planned once a connection, and still answers by its values', async () => {
  const plans = (tx: Tx) =>
    sql<{
      count: number;
    }>`select count(*)::int as count from pg_prepared_statements where statement like '%twice %'`.execute(tx);
  const asked = [];
  for (const n of [1, 2, 3, 4]) {
    const { rows } = await database.db.transaction(actor, (tx) =>
      sql<{ n: number }>`select ${n}::int * 2 as n -- twice `.execute(tx),
    );
    asked.push(rows[0]?.n);
  }
  expect(asked).toEqual([2, 4, 6, 8]);
  expect((await database.db.transaction(actor, plans)).rows[0]?.count).toBe(1);
});

test('a prepared statement that fails once works the next time', async () => {
  const half = (n: number) =>
    database.db.transaction(
      actor,
      async (tx) => (await sql<{ n: number }>`select 10 / ${n}::int as n`.execute(tx)).rows[0]?.n,
    );
  await half(1);
  await expect(half(0)).rejects.toMatchObject({ code: '22012' });
  await expect(Promise.all([half(0), half(0)])).rejects.toMatchObject({ code: '22012' });
  expect(await half(5)).toBe(2);
});
