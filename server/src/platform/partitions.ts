// Time partitions, made ahead of need by the owner. A missing partition refuses writes, so readiness watches how far they
// reach; each step may be repeated. What is old is retired by partitions-retire.ts.
import { sql } from 'kysely';
import pg from 'pg';
import type { Tx } from './database.ts';

export type PartitionUnit = 'week' | 'month';

export interface PartitionedTable {
  readonly table: string;
  readonly unit: PartitionUnit;
  /** How many units beyond the present one must exist. */
  readonly ahead: number;
}

export interface Partition {
  readonly name: string;
  /** Rows from `from` on, and before `to`. */
  readonly from: Date;
  readonly to: Date;
  /** A DETACH of it was begun and not finished: new statements do not see it any more. */
  readonly isDetaching: boolean;
}

/** Creates the partition of `now` and of the units ahead of it, where missing. Bounds are UTC. */
export async function ensurePartitions(owner: pg.Client, target: PartitionedTable, now: Date): Promise<void> {
  let from = startOfUnit(target.unit, now);
  for (let made = 0; made <= target.ahead; made++) {
    from = await makePartition(owner, target, from);
  }
}

/** Creates the partition that begins at `from`, unless it exists; returns where it ends. */
export async function makePartition(
  owner: pg.Client,
  { table, unit }: Pick<PartitionedTable, 'table' | 'unit'>,
  from: Date,
): Promise<Date> {
  const to = nextUnit(unit, from);
  const name = pg.escapeIdentifier(`${table}_${from.toISOString().slice(0, 10).replaceAll('-', '')}`);
  await owner.query(
    `create table if not exists ${name} partition of ${pg.escapeIdentifier(table)}
     for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
  );
  return to;
}

const bound = (side: 'FROM' | 'TO') =>
  `(regexp_match(pg_get_expr(child.relpartbound, child.oid), '${side} \\(''([^'']*)''\\)'))[1]::timestamptz`;

/** The partitions of a table, oldest first. */
export async function listPartitions(owner: pg.Client, table: string): Promise<Partition[]> {
  const { rows } = await owner.query<Partition>(
    `select child.relname as name, ${bound('FROM')} as "from", ${bound('TO')} as "to", inhdetachpending as "isDetaching"
     from pg_inherits join pg_class child on child.oid = inhrelid
     where inhparent = $1::regclass order by 2`,
    [table],
  );
  return rows;
}

/** Until when rows of each table find their partition. A table without any is left out. */
export async function partitionsEnd(tx: Tx, tables: readonly string[]): Promise<Map<string, Date>> {
  const { rows } = await sql<{ table: string; end: Date }>`
    select parent.relname as table, max(${sql.raw(bound('TO'))}) as end
    from pg_inherits join pg_class child on child.oid = inhrelid join pg_class parent on parent.oid = inhparent
    where inhparent = any(${tables}::regclass[]) and not inhdetachpending group by 1`.execute(tx);
  return new Map(rows.map(({ table, end }) => [table, end]));
}

function startOfUnit(unit: PartitionUnit, now: Date): Date {
  if (unit === 'month') return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), 1));
  const sinceMonday = (now.getUTCDay() + 6) % 7;
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth(), now.getUTCDate() - sinceMonday));
}

function nextUnit(unit: PartitionUnit, from: Date): Date {
  if (unit === 'month') return new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth() + 1, 1));
  return new Date(Date.UTC(from.getUTCFullYear(), from.getUTCMonth(), from.getUTCDate() + 7));
}
