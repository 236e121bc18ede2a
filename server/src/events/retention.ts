// How much of the log is kept. Whole weeks are dropped, as the owner, once nobody needs them: every follower has them,
// and no transaction is open that a reader's snapshot could still be waiting for. What was dropped is marked first, so
// that a reader who stands before it is told "resync" and never given a shortened log. The books are not kept here.
import pg from 'pg';
import { listPartitions, type Partition } from '../platform/partitions.ts';
import { finishRetiring, retirePartition } from '../platform/partitions-retire.ts';

export interface Retention {
  /** Weeks that are kept whole, beside the present one. */
  readonly weeks: number;
  readonly now: Date;
}

export interface RetentionReport {
  /** Names of the partitions that are gone. */
  readonly dropped: readonly string[];
  /** Partitions that are due and may not go yet. */
  readonly held: readonly HeldPartition[];
}

export interface HeldPartition {
  readonly name: string;
  /** The followers that have not read all of it; empty where an open transaction holds it. */
  readonly followers: readonly string[];
}

const table = 'sync_events';
const weekMs = 604_800_000;

/**
 * Drops the partitions that ended `weeks` ago or earlier. Returns null where another node is at it. Each step can be cut
 * short at any moment; the next run finishes it. A step that meets the connection's lock time-out throws.
 */
export async function dropExpiredEvents(owner: pg.Client, retention: Retention): Promise<RetentionReport | null> {
  const lock = `hashtextextended('tillstream retention', 0)`;
  const { rows } = await owner.query<{ taken: boolean }>(`select pg_try_advisory_lock(${lock}) as taken`);
  if (!rows[0]?.taken) return null;
  try {
    return await dropExpired(owner, retention);
  } finally {
    await owner.query(`select pg_advisory_unlock(${lock})`);
  }
}

async function dropExpired(owner: pg.Client, { weeks, now }: Retention): Promise<RetentionReport> {
  const dropped = await finishRetiring(owner, table);
  const held: HeldPartition[] = [];
  const due = now.getTime() - weeks * weekMs;
  for (const partition of await listPartitions(owner, table)) {
    if (partition.to.getTime() > due) break;
    const followers = await followersBehind(owner, partition);
    if (followers.length > 0 || !(await markRetired(owner, partition))) {
      held.push({ name: partition.name, followers });
      continue;
    }
    await retirePartition(owner, table, partition.name);
    dropped.push(partition.name);
  }
  return { dropped, held };
}

/** The followers that have something of the partition still before them. */
async function followersBehind(owner: pg.Client, { name }: Partition): Promise<string[]> {
  const part = pg.escapeIdentifier(name);
  // Two conditions, each along the index (epoch, xid): what comes in a later epoch, and what their snapshot does not show.
  const { rows } = await owner.query<{ follower: string }>(
    `select follower from follower_positions,
       lateral (select (position ->> 'epoch')::int as epoch, (position ->> 'from')::pg_snapshot as seen) stand
     where exists (select from ${part} e where e.epoch > stand.epoch)
       or exists (select from ${part} e where e.epoch = stand.epoch and e.xid >= pg_snapshot_xmin(stand.seen)
         and not pg_visible_in_snapshot(e.xid, stand.seen))
     order by follower`,
  );
  return rows.map(({ follower }) => follower);
}

/**
 * Writes down that the partition goes, in one statement with the check that no transaction as old as its newest event is
 * open: every position that is made from now on lies behind the mark. Returns false where one is.
 */
async function markRetired(owner: pg.Client, { name }: Partition): Promise<boolean> {
  const part = pg.escapeIdentifier(name);
  const { rowCount } = await owner.query(
    `with newest as (
       select coalesce((select xid from ${part} e where e.epoch = feed.epoch order by e.epoch desc, xid desc limit 1), '0') as xid
       from feed
     ), marked as (
       update feed set dropped_xid = greatest(dropped_xid, newest.xid) from newest
       where newest.xid < pg_snapshot_xmin(pg_current_snapshot()) returning 1
     )
     insert into retired_partitions (name) select $1 from marked
     on conflict (name) do update set retired_at = now()`,
    [name],
  );
  return rowCount === 1;
}
