// Where the log stands at a moment: its snapshot, the numbers and ids that were handed out, its epoch. What a reader's
// position is made of, so each part says how it belongs to the others.
import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';
import { timeline } from './epoch.ts';
import { epochPendingError } from './errors.ts';
import type { EpochBounds, PageEnd } from './position.ts';

/** As one statement saw it. */
export interface Present {
  readonly snapshot: string;
  readonly at: string;
  /** Nothing that is visible in the snapshot has a higher number. */
  readonly last_seq: number;
  /** The id that the next transaction gets (see PageEnd); null where this transaction cannot tell. */
  readonly next_xid: string | null;
  readonly current_epoch: number;
  /** False on a server that was promoted or put back since the epoch began: which events are whose is not settled yet. */
  readonly is_settled: boolean;
  readonly begun_at: string;
  readonly begun_after_seq: number;
  readonly dropped_xid: string;
}

/** The last number handed out, committed or not. */
export const lastNumber = sql`coalesce(pg_sequence_last_value('sync_events_seq_seq'), 0)`;

const instant = sql`'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

// The age of an id is counted from the next one, which no function tells by itself; but from our own where we have one.
const nextXid = sql`case when pg_current_xact_id_if_assigned() is null then
  (pg_snapshot_xmax(pg_current_snapshot())::text::numeric + age(pg_snapshot_xmax(pg_current_snapshot())::xid))::text end`;

/** Every function here sees the snapshot of its own statement: what is read beside them belongs to the same moment. */
export const presentColumns = sql`pg_current_snapshot()::text as snapshot,
  to_char(clock_timestamp() at time zone 'UTC', ${instant}) as at,
  ${lastNumber} as last_seq, ${nextXid} as next_xid, feed_now.*`;

export const feedRow = sql`(select epoch as current_epoch, timeline = ${timeline} as is_settled,
  to_char(changed_at at time zone 'UTC', ${instant}) as begun_at, begun_after_seq, dropped_xid::text as dropped_xid
  from feed) as feed_now`;

/** Throws `events.epoch_pending` on a server that was promoted or put back, as presentOf does. */
export async function readPresent(tx: Tx): Promise<Present> {
  const { rows } = await sql<Present>`select ${presentColumns} from ${feedRow}`.execute(tx);
  return presentOf(tx, rows[0]);
}

// PostgreSQL answers the age of an id by what it found when it was first asked in a transaction, so the next id is known
// by the first statement that asks, and is one of the past for those behind it.
const knowing = new WeakSet<Tx>();

/** The present as a statement has read it, by itself or in this transaction. */
export function presentOf(tx: Tx | undefined, row: Present | undefined): Present {
  if (!row) throw new Error('The row of "feed" is missing: prepareDatabase was not run on this database');
  const isFirst = tx === undefined || !knowing.has(tx);
  if (tx !== undefined) knowing.add(tx);
  if (row.is_settled) return isFirst ? row : { ...row, next_xid: null };
  throw epochPendingError('The database was promoted or put back, and its new epoch has not begun yet.');
}

/** Where pages end that are read up to there. */
export function endAt({ snapshot, at, last_seq, next_xid }: Present): PageEnd {
  return { snapshot, at, seq: last_seq, ...(next_xid !== null && { next: next_xid }) };
}

export function boundsOf({ begun_at, begun_after_seq, dropped_xid }: Present): EpochBounds {
  return { begunAt: begun_at, begunAfterSeq: begun_after_seq, droppedXid: dropped_xid };
}
