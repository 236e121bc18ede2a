// How PostgreSQL looks a foreign key up while its table is young. The plan is made once a connection and kept; with next
// to no rows all indexes that begin alike cost the same, and of those the planner takes the newest. Where that is not the
// key itself, each line of a sale then reads all sales of its shop, until an autovacuum has counted them a minute later.
import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { asOwner } from '../src/platform/owner-connection.ts';
import { openTestDatabase, type TestDatabase } from './harness/test-database.ts';

interface ForeignKey {
  readonly name: string;
  readonly target: string;
  readonly columns: string[];
  readonly types: string[];
}

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

test('in a fresh database each foreign key is looked up by the whole of the key it names', async () => {
  const keys = await database.rows<ForeignKey>(`
    select conname as name, confrelid::regclass::text as target,
      array_agg(quote_ident(attname) order by place)::text[] as columns,
      array_agg(format_type(atttypid, null) order by place) as types
    from pg_constraint cross join lateral unnest(confkey) with ordinality as named (number, place)
    join pg_attribute on attrelid = confrelid and attnum = number
    where contype = 'f' and conparentid = 0 group by pg_constraint.oid`);
  expect(keys.length).toBeGreaterThan(20);
  const found = await asOwner(database.ownerUrl, async (owner) => {
    const slow: string[] = [];
    for (const { name, target, columns, types } of keys) {
      // PostgreSQL's own check (ri_triggers.c), but for the lock.
      if (await readsInVain(owner, target, { columns, types })) slow.push(name);
    }
    return slow;
  });
  expect(found).toEqual([]);
});

test('in a fresh database a sale that came before is found by the whole of its key', async () => {
  const key = {
    columns: ['pos_system_id', 'kind', 'external_transaction_id'],
    types: ['uuid', 'text', 'text'],
  };
  expect(await asOwner(database.ownerUrl, (owner) => readsInVain(owner, 'pos_transactions', key))).toBe(false);
});

/** Whether the plan that is kept for rows with these values reads others too, and throws them away. */
async function readsInVain(
  owner: pg.Client,
  table: string,
  { columns, types }: Pick<ForeignKey, 'columns' | 'types'>,
): Promise<boolean> {
  const where = columns.map((column, place) => `${column} = $${place + 1}`).join(' and ');
  await owner.query('set plan_cache_mode = force_generic_plan');
  await owner.query(`prepare looked_up (${types.join(', ')}) as select 1 from only ${table} where ${where}`);
  const { rows } = await owner.query(`explain (format json) execute looked_up (${types.map(() => 'null').join(', ')})`);
  await owner.query('deallocate looked_up');
  const plan = JSON.stringify(rows);
  return plan.includes('"Filter"') || plan.includes('Seq Scan');
}
