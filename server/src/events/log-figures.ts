// What an operator watches of the log: its size, what holds it back, and how far its followers are behind. Read as the
// owner, who sees all rows; the figures say nothing of any tenant.
import type pg from 'pg';

export interface LogFigures {
  readonly partitions: number;
  /** Tables and indexes, in bytes. */
  readonly bytes: number;
  /** Age of the oldest transaction whose beginning this login may see, in seconds; 0: none is open. */
  readonly oldestTransactionSeconds: number;
  /** The oldest transaction id that is still running, or the next one where none is. */
  readonly oldestXid: string;
  /** False where no transaction that writes is open. */
  readonly isXidRunning: boolean;
  readonly followers: readonly FollowerLag[];
}

export interface FollowerLag {
  readonly follower: string;
  /** Events still before it, counted up to `lagEventsMax`. */
  readonly events: number;
  /** Age of the oldest of them, in seconds. */
  readonly seconds: number;
}

/** Counting further costs more than it tells. */
export const lagEventsMax = 10_000;

export async function readLogFigures(owner: pg.Client): Promise<LogFigures> {
  const { rows } = await owner.query<Omit<LogFigures, 'followers'>>(
    `select count(*)::int as partitions, coalesce(sum(pg_total_relation_size(inhrelid)), 0)::float8 as bytes,
       (select coalesce(extract(epoch from clock_timestamp() - min(began)), 0)::float8 from (
         select xact_start as began from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
         union all select prepared from pg_prepared_xacts where database = current_database()) open) as "oldestTransactionSeconds",
       pg_snapshot_xmin(pg_current_snapshot())::text as "oldestXid",
       pg_snapshot_xmin(pg_current_snapshot()) < pg_snapshot_xmax(pg_current_snapshot()) as "isXidRunning"
     from pg_inherits where inhparent = 'sync_events'::regclass`,
  );
  const figures = rows[0];
  if (!figures) throw new Error('PostgreSQL did not say how large the log is');
  return { ...figures, followers: await readLags(owner) };
}

async function readLags(owner: pg.Client): Promise<FollowerLag[]> {
  // Along the index (epoch, xid) from the oldest transaction that the follower's snapshot does not show whole. Of the
  // pages that it is in the middle of, what it has handled does not count.
  const { rows } = await owner.query<FollowerLag>(
    `select follower, behind.events, behind.seconds from follower_positions,
       lateral (select (position ->> 'epoch')::int as epoch, (position ->> 'from')::pg_snapshot as seen,
         (position -> 'to' ->> 'snapshot')::pg_snapshot as page, (position ->> 'afterSeq')::int8 as after_seq,
         (position -> 'floor' ->> 'at')::timestamptz - interval '1 hour' as since) stand,
       lateral (select count(*)::int as events,
           coalesce(extract(epoch from clock_timestamp() - min(recorded_at)), 0)::float8 as seconds from (
         select recorded_at from sync_events e
         where (e.epoch, e.xid) >= (stand.epoch, pg_snapshot_xmin(stand.seen)) and e.recorded_at >= stand.since
           and not (e.epoch = stand.epoch and pg_visible_in_snapshot(e.xid, stand.seen))
           and (stand.page is null or e.seq > stand.after_seq or not pg_visible_in_snapshot(e.xid, stand.page))
         order by e.epoch, e.xid limit ${lagEventsMax}) waiting) behind
     order by follower`,
  );
  return rows;
}
