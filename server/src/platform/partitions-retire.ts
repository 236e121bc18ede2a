// Takes old partitions away without stopping anybody: DETACH CONCURRENTLY lets readers and writers go on, and only then
// the table is dropped. Each step may be cut short by a kill or a lock time-out; the next run finishes what was begun.
import pg from 'pg';
import { listPartitions } from './partitions.ts';

/**
 * Finishes what earlier runs began: completes a half-done DETACH and drops what was retired and is detached. Tables that
 * are not in `retired_partitions` are not touched. Returns the names of the tables dropped.
 */
export async function finishRetiring(owner: pg.Client, table: string): Promise<string[]> {
  const partitions = await listPartitions(owner, table);
  for (const { name, isDetaching } of partitions) {
    if (isDetaching) await detach(owner, { table, name, how: 'finalize' });
  }
  const attached = new Set(partitions.filter(({ isDetaching }) => !isDetaching).map(({ name }) => name));
  const { rows } = await owner.query<{ name: string }>(
    'select name from retired_partitions where starts_with(name, $1) order by name',
    [`${table}_`],
  );
  const detached = rows.filter(({ name }) => !attached.has(name)).map(({ name }) => name);
  for (const name of detached) await dropRetired(owner, name);
  return detached;
}

/** Detaches and drops a partition that is listed in `retired_partitions`. Not inside a transaction. */
export async function retirePartition(owner: pg.Client, table: string, name: string): Promise<void> {
  await detach(owner, { table, name, how: 'concurrently' });
  await dropRetired(owner, name);
}

interface Detaching {
  readonly table: string;
  readonly name: string;
  readonly how: 'concurrently' | 'finalize';
}

async function detach(owner: pg.Client, { table, name, how }: Detaching): Promise<void> {
  await owner.query(`alter table ${pg.escapeIdentifier(table)} detach partition ${pg.escapeIdentifier(name)} ${how}`);
}

async function dropRetired(owner: pg.Client, name: string): Promise<void> {
  await owner.query(`drop table if exists ${pg.escapeIdentifier(name)}`);
  await owner.query('delete from retired_partitions where name = $1', [name]);
}
