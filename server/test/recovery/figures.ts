// What is compared before and after: the rows of every table, stock against its ledger, and which parts of the log a poll
// has touched.
import { sql } from 'kysely';
import pg from 'pg';
import { currentPosition } from '../../src/events/index.ts';
import { readNews } from '../../src/events/read-log.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import type { Database, Tx } from '../../src/platform/database.ts';
import { asOwner } from '../../src/platform/owner-connection.ts';

/** Rows of every table, partitions counted by themselves. */
export async function countRows(ownerUrl: string): Promise<Record<string, number>> {
  return asOwner(ownerUrl, async (owner) => {
    const { rows } = await owner.query<{ name: string }>(
      `select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace order by 1`,
    );
    const counts: Record<string, number> = {};
    for (const { name } of rows) {
      const counted = await owner.query<{ n: number }>(`select count(*)::int as n from ${pg.escapeIdentifier(name)}`);
      counts[name] = counted.rows[0]?.n ?? -1;
    }
    return counts;
  });
}

export interface Ledger {
  readonly stock: number;
  readonly movements: number;
  readonly sales: number;
  readonly notifications: number;
}

/** The shop's stock, the sum of its movements, and how many sales and notifications there are. */
export async function readLedger(ownerUrl: string, locationId: string): Promise<Ledger> {
  return asOwner(ownerUrl, async (owner) => {
    const { rows } = await owner.query<Ledger>(
      `select (select sum(current_stock)::float8 from inventory_items where location_id = $1) as stock,
         (select sum(quantity)::float8 from stock_movements where location_id = $1) as movements,
         (select count(*)::int from pos_transactions where location_id = $1) as sales,
         (select count(*)::int from notification_queue where location_id = $1) as notifications`,
      [locationId],
    );
    if (!rows[0]) throw new Error('no figures');
    return rows[0];
  });
}

export interface Touched<T> {
  readonly result: T;
  /** Partitions of the log that were opened: an index of theirs, or read through. */
  readonly partitions: number;
  readonly rows: number;
}

/** What `read` reads of the log, by PostgreSQL's own count. */
export async function touchedBy<T>(tx: Tx, read: () => Promise<T>): Promise<Touched<T>> {
  // The counts of this connection that PostgreSQL has not passed on yet: what came before does not belong to it.
  const before = await countTouched(tx);
  const result = await read();
  const after = await countTouched(tx);
  const opened = [...after].filter(([name, { scans }]) => scans > (before.get(name)?.scans ?? 0));
  const rows = [...after].reduce((sum, [name, each]) => sum + each.rows - (before.get(name)?.rows ?? 0), 0);
  return { result, partitions: opened.length, rows };
}

/** What the relay's second poll after its start reads. */
export async function touchedByPoll(db: Database): Promise<Touched<unknown>> {
  const actor = backgroundActor('test');
  const start = await db.transaction(actor, currentPosition);
  const { position } = await db.transaction(actor, (tx) => readNews(tx, start));
  return db.transaction(actor, (tx) => touchedBy(tx, () => readNews(tx, position)));
}

async function countTouched(tx: Tx): Promise<Map<string, { scans: number; rows: number }>> {
  const { rows } = await sql<{ name: string; scans: number; rows: number }>`
    select relname as name, (seq_scan + coalesce(idx_scan, 0))::int as scans,
      (seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows
    from pg_stat_xact_user_tables where relname like 'sync_events_%'`.execute(tx);
  return new Map(rows.map((row) => [row.name, row]));
}
