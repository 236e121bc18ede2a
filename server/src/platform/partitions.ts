// Time partitions, made ahead of need by the owner. A missing partition refuses writes, so readiness watches how many
// are left; each step may be repeated.
import pg from 'pg';

export type PartitionUnit = 'week' | 'month';

export interface PartitionedTable {
  readonly table: string;
  readonly unit: PartitionUnit;
  /** How many units beyond the present one must exist. */
  readonly ahead: number;
}

/** Creates the partition of `now` and of the units ahead of it, where missing. Bounds are UTC. */
export async function ensurePartitions(owner: pg.Client, target: PartitionedTable, now: Date): Promise<void> {
  let from = startOfUnit(target.unit, now);
  for (let made = 0; made <= target.ahead; made++) {
    const to = nextUnit(target.unit, from);
    const name = pg.escapeIdentifier(`${target.table}_${from.toISOString().slice(0, 10).replaceAll('-', '')}`);
    await owner.query(
      `create table if not exists ${name} partition of ${pg.escapeIdentifier(target.table)}
       for values from ('${from.toISOString()}') to ('${to.toISOString()}')`,
    );
    from = to;
  }
}

/** How many partitions of the table begin after `now`. */
export async function partitionsAhead(owner: pg.Client, table: string, now: Date): Promise<number> {
  const today = now.toISOString().slice(0, 10).replaceAll('-', '');
  const result = await owner.query<{ ahead: number }>(
    `select count(*)::int as ahead from pg_inherits join pg_class child on child.oid = inhrelid
     where inhparent = $1::regclass and child.relname > $2`,
    [table, `${table}_${today}`],
  );
  return result.rows[0]?.ahead ?? 0;
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
