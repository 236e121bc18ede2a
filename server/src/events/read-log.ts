// Reads the log by the difference between two snapshots: what is visible now and was not visible then. Each committed
// event is delivered exactly once, nobody's open transaction is waited for, and nothing is written.
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../platform/database.ts';
import { timeline } from './epoch.ts';
import { epochPendingError, resyncError } from './errors.ts';
import { endOf, isReached, type Page, type PageOptions, pageOf } from './page.ts';
import { advance, type EpochBounds, oldestPosition, type Position, positionAt } from './position.ts';
import { endSnapshot, parseSnapshot } from './snapshot.ts';
import type { StoredEvent } from './stored-event.ts';

// Our clocks may be set back; our transactions live minutes at most. An hour covers both.
const margin = sql`interval '1 hour'`;

// Up to so many unseen events are picked by transaction id and sorted; beyond, a page walks the numbers. Picking stays
// cheap when a stranger's open transaction keeps the floor down, walking when a million events wait.
const pickedMax = 5_000;

const columns = sql`seq, xid::text as xid, epoch, id, scope_id, franchise_id, franchisee_id, location_id, event_type,
  entity_type, entity_id, table_name, operation, record, old_record, change_data, source_system, target_systems,
  metadata, "timestamp", recorded_at`;

/** The position of a reader that starts now. */
export async function currentPosition(tx: Tx): Promise<Position> {
  const present = await readNow(tx);
  return positionAt(present.current_epoch, present.snapshot, present.at);
}

/** The position of a reader that wants everything the log still has. */
export async function oldestKeptPosition(tx: Tx): Promise<Position> {
  const present = await readNow(tx);
  return oldestPosition(present.current_epoch, boundsOf(present));
}

/**
 * Everything that became visible since the position, in one statement. For the relay, which is never far behind.
 * Throws `events.resync` when the database is in another epoch than the position, or has dropped what comes after it.
 */
export async function readNews(tx: Tx, position: Position): Promise<Page> {
  const { rows } = await sql<Now & Partial<StoredEvent>>`
    with fresh as materialized (${selectUnseen(position, sql`recorded_at >= ${position.floor.at}::timestamptz - ${margin}`)})
    select ${now}, fresh.* from ${feedNow} left join fresh on true order by fresh.seq
  `.execute(tx);
  const present = presentOf(rows[0]);
  refuseForeign(position, present);
  refuseDropped(position, present.dropped_xid);
  const events = rows.filter(isEvent).map(alone);
  return {
    events,
    position: advance(position, { snapshot: present.snapshot, at: present.at }, events.at(-1)?.seq ?? 0),
    caughtUp: true,
  };
}

/**
 * One page from the position on, however far behind it is; sees only what the row policies show to `tx`. Throws as
 * readNews does.
 */
export async function readPage(tx: Tx, position: Position, options: PageOptions): Promise<Page> {
  const present = await readNow(tx);
  refuseForeign(position, present);
  if (options.until) refuseForeign(options.until, present);
  if (isReached(position, options.until)) return { events: [], position, caughtUp: true };
  const { page, droppedXid } = await readUpToNow(tx, position, { ...options, present });
  refuseDropped(position, droppedXid);
  return page;
}

/**
 * One page for a follower: retention waits for it, and a new epoch does not cut it off. Its position lies in the database
 * itself, so restore and promotion put back both together; it reads what the old epoch still has for it, all of which is
 * committed, and goes on with the first event of the next.
 */
export async function readFollowed(tx: Tx, position: Position, { limit }: { readonly limit: number }): Promise<Page> {
  const present = await readNow(tx);
  if (position.epoch === present.current_epoch) return (await readUpToNow(tx, position, { limit, present })).page;
  const to = position.to ?? { snapshot: endSnapshot, at: present.at };
  const { rows } = await selectPage(walk(position, { limit, to: to.snapshot })).execute(tx);
  const events = rows.filter(isEvent);
  const last = events.at(-1)?.seq ?? position.afterSeq;
  if (events.length === limit) return { events, position: { ...position, to, afterSeq: last }, caughtUp: false };
  const next = to.snapshot === endSnapshot ? beginningOf(position.epoch + 1, present) : advance(position, to, last);
  return { events, position: next, caughtUp: false };
}

/** A follower takes the whole of the next epoch: retention has waited for it. */
function beginningOf(epoch: number, present: Now): Position {
  return epoch === present.current_epoch
    ? oldestPosition(epoch, { ...boundsOf(present), droppedXid: '0' })
    : oldestPosition(epoch);
}

type UpToNow = PageOptions & { readonly present: Now };

async function readUpToNow(
  tx: Tx,
  position: Position,
  { present, ...options }: UpToNow,
): Promise<{ page: Page; droppedXid: string }> {
  const to = position.to ?? endOf(options.until) ?? { snapshot: present.snapshot, at: present.at };
  const wish = { ...options, to: to.snapshot };
  // In the middle of its pages a reader has a backlog, and knows where it stands in the numbers.
  let rows = position.to === null ? await selectPage(pick(position, wish)).execute(tx) : null;
  if (rows === null || rows.rows[0]?.is_more) rows = await selectPage(walk(position, wish)).execute(tx);
  const page = pageOf(rows.rows.filter(isEvent), position, { ...options, to });
  return { page, droppedXid: rows.rows[0]?.dropped_xid ?? '0' };
}

type PageWish = PageOptions & { readonly to: string };

/**
 * Along the numbers: the first rows are found at once, however many follow. Epoch and transaction are asked for in words
 * that no index answers: after a restore the statistics say that the new epoch is all but empty, and collecting it whole
 * by that index for each page would be quadratic.
 */
function walk(position: Position, wish: PageWish): RawBuilder<unknown> {
  return sql`fresh as (select null where false), page as materialized (select ${columns} from sync_events
    where ${wanted(position, wish)} and epoch + 0 = ${position.epoch}
      and not pg_visible_in_snapshot(xid, ${position.from}::pg_snapshot)
    order by seq limit ${wish.limit})`;
}

/** By transaction id, then sorted, which takes all of them: no page where there are more than `pickedMax`. */
function pick(position: Position, wish: PageWish): RawBuilder<unknown> {
  return sql`fresh as materialized (${selectUnseen(position, wanted(position, wish))} limit ${pickedMax + 1}),
    page as materialized (select * from fresh where (select count(*) from fresh) <= ${pickedMax}
      order by seq limit ${wish.limit})`;
}

/**
 * The page, and in the same statement how much was dropped: retention writes that mark before a partition goes, so a
 * statement that misses the partition sees the mark.
 */
function selectPage(page: RawBuilder<unknown>) {
  return sql<{ dropped_xid: string; is_more: boolean } & Partial<StoredEvent>>`
    with ${page} select feed.dropped_xid::text as dropped_xid, (select count(*) from fresh) > ${pickedMax} as is_more, page.*
    from feed left join page on true order by page.seq`;
}

/** Without the present, which came in the same row: events are kept in memory and sent to other nodes. */
function alone(row: Now & StoredEvent): StoredEvent {
  const { snapshot, at, current_epoch, is_settled, begun_at, begun_after_seq, dropped_xid, ...event } = row;
  return event;
}

function isEvent<Row extends Partial<StoredEvent>>(row: Row): row is Row & StoredEvent {
  return row.seq !== null;
}

function wanted(position: Position, { scope, to }: PageWish): RawBuilder<unknown> {
  return sql`recorded_at >= ${position.floor.at}::timestamptz - ${margin}
    and pg_visible_in_snapshot(xid, ${to}::pg_snapshot) and seq > ${position.afterSeq}
    and ${scope === undefined ? sql`true` : sql`${scope}::uuid in (scope_id, franchisee_id, franchise_id)`}`;
}

/**
 * What is not visible in `from`: not begun then, or still in progress. Two branches instead of one condition with "or",
 * so that each is a range of the index (epoch, xid) whatever the planner believes of the epoch's size.
 */
function selectUnseen(position: Position, condition: RawBuilder<unknown>): RawBuilder<unknown> {
  const from = parseSnapshot(position.from);
  const rows = sql`select ${columns} from sync_events where epoch = ${position.epoch} and ${condition}`;
  return sql`${rows} and xid >= ${String(from.xmax)}::xid8
    union all ${rows} and xid = any(${from.inProgress}::xid8[])`;
}

interface Now {
  readonly snapshot: string;
  readonly at: string;
  readonly current_epoch: number;
  /** False on a server that was promoted or put back since the epoch began: which events are whose is not settled yet. */
  readonly is_settled: boolean;
  readonly begun_at: string;
  readonly begun_after_seq: number;
  readonly dropped_xid: string;
}

const instant = sql`'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'`;

// Every function here sees the snapshot of its own statement, so rows and snapshot of one statement belong together.
const now = sql`pg_current_snapshot()::text as snapshot,
  to_char(clock_timestamp() at time zone 'UTC', ${instant}) as at, feed_now.*`;

const feedNow = sql`(select epoch as current_epoch, timeline = ${timeline} as is_settled,
  to_char(changed_at at time zone 'UTC', ${instant}) as begun_at, begun_after_seq, dropped_xid::text as dropped_xid
  from feed) as feed_now`;

async function readNow(tx: Tx): Promise<Now> {
  const { rows } = await sql<Now>`select ${now} from ${feedNow}`.execute(tx);
  return presentOf(rows[0]);
}

function presentOf(row: Now | undefined): Now {
  if (!row) throw new Error('The row of "feed" is missing: prepareDatabase was not run on this database');
  if (row.is_settled) return row;
  throw epochPendingError('The database was promoted or put back, and its new epoch has not begun yet.');
}

function boundsOf({ begun_at, begun_after_seq, dropped_xid }: Now): EpochBounds {
  return { begunAt: begun_at, begunAfterSeq: begun_after_seq, droppedXid: dropped_xid };
}

/** A position of another epoch, or one ahead of the server, belongs to a database that is gone. */
function refuseForeign(position: Position, present: Now): void {
  const ahead = parseSnapshot(position.from).xmax > parseSnapshot(present.snapshot).xmax;
  if (position.epoch === present.current_epoch && !ahead) return;
  throw resyncError('The database was restored or replaced since this position was given out.');
}

/** Whoever had not seen all of what retention dropped would be given a log with a hole in it. */
function refuseDropped(position: Position, droppedXid: string): void {
  if (parseSnapshot(position.from).xmin > BigInt(droppedXid)) return;
  throw resyncError('Events that come after this position are older than the log is kept, and were dropped.');
}
