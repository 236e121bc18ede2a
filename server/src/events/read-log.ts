// Reads the log by the difference between two snapshots: what is visible now and was not visible then. Each committed
// event is delivered exactly once, nobody's open transaction is waited for, and nothing is written.
import { type RawBuilder, sql } from 'kysely';
import type { Actor } from '../platform/actor.ts';
import { type CopiedRows, copyRows } from '../platform/copied-rows.ts';
import type { Database, Tx } from '../platform/database.ts';
import { unquoted } from '../platform/postgres-arrays.ts';
import type { EventType } from './catalogue.ts';
import { resyncError } from './errors.ts';
import { eventColumns as columns } from './event-of-row.ts';
import { columnsBeside, readEvents, selectBeside, takeBeside } from './event-rows.ts';
import { endOf, isReached, type Page, type PageOptions, pageOf } from './page.ts';
import { advance, oldestPosition, type Position, positionAt } from './position.ts';
import {
  boundsOf,
  endAt,
  feedRow,
  lastNumber,
  type Present,
  presentColumns,
  presentOf,
  readPresent,
} from './present.ts';
import { endSnapshot, parseSnapshot } from './snapshot.ts';
import type { StoredEvent } from './stored-event.ts';

// Our clocks may be set back; our transactions live minutes at most. An hour covers both.
const marginMs = 3_600_000;

// Up to so many unseen events are picked by transaction id and sorted; beyond, a page walks the numbers. Picking stays
// cheap when a stranger's open transaction keeps the floor down, walking when a million events wait.
const pickedMax = 5_000;
// A walk looks at spans of so many rows, and at so many for one page, however few of them are wanted.
const spanMax = 20_000;
const walkedMax = 50_000;

/**
 * The position of a reader that starts now. `handedOut`: a number that was handed out before the transaction saw anything
 * (see lastHandedOut), where the reader may fall far behind before it ever moves.
 */
export async function currentPosition(tx: Tx, handedOut = 0): Promise<Position> {
  const present = await readPresent(tx);
  return positionAt(present.current_epoch, { ...endAt(present), seq: handedOut });
}

/** The last number handed out, committed or not. */
export async function lastHandedOut(tx: Tx): Promise<number> {
  const { rows } = await sql<{ seq: number }>`select ${lastNumber} as seq`.execute(tx);
  return rows[0]?.seq ?? 0;
}

/** The position of a reader that wants everything the log still has. */
export async function oldestKeptPosition(tx: Tx): Promise<Position> {
  const present = await readPresent(tx);
  return oldestPosition(present.current_epoch, boundsOf(present));
}

/**
 * Everything that became visible since the position, in one statement. For a reader that is never far behind. Throws `events.resync` when the database is in another epoch than the position, or has dropped what comes after it.
 */
export async function readNews(tx: Tx, position: Position): Promise<Page> {
  return newsOf(await copyRows(tx, selectNews(position)), position, tx);
}

/** The same in a transaction of its own, asked and answered in one message. */
export async function askForNews(db: Database, actor: Actor, position: Position): Promise<Page> {
  return newsOf(await db.copyRows(actor, selectNews(position)), position);
}

function selectNews(position: Position): RawBuilder<unknown> {
  const unseen = selectUnseen(position, sql`recorded_at >= ${since(position)}::timestamptz`, columnsBeside);
  return selectBeside(sql`(select ${presentColumns} from ${feedRow})`, unseen);
}

function newsOf(rows: CopiedRows, position: Position, tx?: Tx): Page {
  const { document, events } = takeBeside<Present>(rows);
  const present = presentOf(tx, document);
  refuseForeign(position, present);
  refuseDropped(position, present.dropped_xid);
  return {
    events,
    position: advance(position, endAt(present), events.at(-1)?.seq ?? 0),
    caughtUp: true,
  };
}

/**
 * One page from the position on, however far behind it is; sees only what the row policies show to `tx`. Throws as
 * readNews does.
 */
export async function readPage(tx: Tx, position: Position, options: PageOptions): Promise<Page> {
  const present = await readPresentAndPlanAnew(tx);
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
export async function readFollowed(
  tx: Tx,
  position: Position,
  { limit, kinds }: Pick<PageOptions, 'limit'> & KindsWanted,
): Promise<FollowedPage> {
  const present = await readPresentAndPlanAnew(tx);
  if (position.epoch === present.current_epoch) {
    const { page, looked } = await readUpToNow(tx, position, { limit, ...(kinds && { kinds }), present });
    return { ...page, looked };
  }
  const to = position.to ?? { snapshot: endSnapshot, at: present.at };
  const wish = { limit, ...(kinds && { kinds }), to: to.snapshot, endSeq: present.begun_after_seq };
  const { events, stoppedAt, lastSeq, looked } = await walk(tx, position, wish);
  if (stoppedAt !== null)
    return { events, position: { ...position, to, afterSeq: stoppedAt }, caughtUp: false, looked };
  const next = to.snapshot === endSnapshot ? beginningOf(position.epoch + 1, present) : advance(position, to, lastSeq);
  return { events, position: next, caughtUp: false, looked };
}

/** A page of a follower, who passes over what it does not want. */
export interface FollowedPage extends Page {
  /** Events between the two positions at most, wanted or not: where there are any, its position has to move one day. */
  readonly looked: number;
}

interface KindsWanted {
  /** Events of other kinds stay where they are, unread; all are wanted where none is named. */
  readonly kinds?: readonly EventType[];
}

/** A follower takes the whole of the next epoch: retention has waited for it. */
function beginningOf(epoch: number, present: Present): Position {
  return epoch === present.current_epoch
    ? oldestPosition(epoch, { ...boundsOf(present), droppedXid: '0' })
    : oldestPosition(epoch);
}

type UpToNow = PageOptions & KindsWanted & { readonly present: Present };

async function readUpToNow(
  tx: Tx,
  position: Position,
  { present, ...options }: UpToNow,
): Promise<{ page: Page; droppedXid: string; looked: number }> {
  const to = position.to ?? endOf(options.until) ?? endAt(present);
  const wish = { ...options, to: to.snapshot, endSeq: to.seq ?? present.last_seq };
  const { events, stoppedAt, lastSeq, droppedXid, looked } = await find(tx, position, wish);
  const page =
    stoppedAt === null
      ? pageOf(events, position, { ...options, to, lastSeq })
      : { events, position: { ...position, to, afterSeq: stoppedAt }, caughtUp: false };
  return { page, droppedXid, looked };
}

/** `endSeq`: no event that is visible in `to` has a higher number. */
type PageWish = PageOptions & KindsWanted & { readonly to: string; readonly endSeq: number };

async function find(tx: Tx, position: Position, wish: PageWish): Promise<Found> {
  // In the middle of its pages a reader has a backlog, and knows where it stands in the numbers.
  if (position.to !== null) return walk(tx, position, wish);
  const picked = await pick(tx, position, wish);
  return picked ?? walk(tx, { ...position, afterSeq: await lowestUnseen(tx, position) }, wish);
}

/**
 * A number below everything that a position whose pages are not begun has not seen: what began after the note has numbers
 * above the note's, and what ran then and is not visible yet is looked up. The floor, which waits for a stranger's
 * transaction, would make the first page walk through all that was read since that began.
 */
async function lowestUnseen(tx: Tx, position: Position): Promise<number> {
  const { inProgress, xmax } = parseSnapshot(position.from);
  const late = sql`select seq from sync_events where ${isOf(position.epoch)}
    and recorded_at >= ${since(position)}::timestamptz`;
  // By their ids: asked for the least number, PostgreSQL would go along the numbers until it meets one of them.
  const { rows } = await sql<{ seq: number | null }>`
    with late as materialized (
      ${late} and xid = any(${unquoted(inProgress)}::xid8[])
      union all ${late} and xid >= ${String(xmax)}::xid8 and xid < ${position.pending.xmax}::xid8
    )
    select min(seq) - 1 as seq from late
  `.execute(tx);
  return Math.max(position.afterSeq, Math.min(position.pending.seq, rows[0]?.seq ?? position.pending.seq));
}

interface Found {
  readonly events: readonly StoredEvent[];
  /** The number up to which it has looked, where it stopped before the end. */
  readonly stoppedAt: number | null;
  /** The highest number that became visible up to there, wanted or not; where there was none, that of the position. */
  readonly lastSeq: number;
  /** Rows that it has looked at; of the last span of a full page, those on the page. */
  readonly looked: number;
  /** As the last statement saw it: retention writes that mark before a partition goes, so who misses rows sees the mark. */
  readonly droppedXid: string;
}

interface Counted {
  /** Rows that were looked at. */
  readonly looked: number;
  /** The highest number among those that belong to the reader's pages, of whatever kind. */
  readonly last_seq: number | null;
}

/** By transaction id, then sorted, which takes all of them: null where there are more than `pickedMax`. */
async function pick(tx: Tx, position: Position, { limit, scope, kinds, to }: PageWish): Promise<Found | null> {
  const condition = sql`recorded_at >= ${since(position)}::timestamptz and seq > ${position.afterSeq}
    and ${isWanted(to, scope)}`;
  const fresh = sql`with fresh as materialized (${selectUnseen(position, condition)} limit ${pickedMax + 1}),
    looked as (select count(*)::int as looked, max(seq) as last_seq from fresh),
    page as materialized (
      select fresh.* from fresh, looked where looked <= ${pickedMax} and ${isOfKind(kinds)} order by seq limit ${limit}
    )`;
  const found = sql`(select looked, last_seq, feed.dropped_xid::text as dropped_xid from looked, feed)`;
  const query = sql`${fresh} ${selectBeside(found, sql`select page.*, null::json from page`)}`;
  const { document, events } = takeBeside<Counted & { readonly dropped_xid: string }>(await copyRows(tx, query));
  const { looked = 0, last_seq = null, dropped_xid: droppedXid = '0' } = document ?? {};
  if (looked > pickedMax) return null;
  const last = events.length === limit ? events.at(-1) : undefined;
  return { events, stoppedAt: last?.seq ?? null, lastSeq: last_seq ?? position.afterSeq, looked, droppedXid };
}

/**
 * Along the numbers, span by span: the first rows are found at once, however many follow. A span is bounded on both sides,
 * so that whatever the planner believes of the backlog, as after a restore or before it has ever looked at a partition, it
 * never collects and sorts more than the span for a page.
 */
async function walk(tx: Tx, position: Position, { limit, scope, kinds, to, endSeq }: PageWish): Promise<Found> {
  const fresh = sql`epoch = ${position.epoch} and not pg_visible_in_snapshot(xid, ${position.from}::pg_snapshot)
    and ${isWanted(to, scope)}`;
  const events: StoredEvent[] = [];
  let { afterSeq } = position;
  let lastSeq = afterSeq;
  let looked = 0;
  let walked = 0;
  for (let span = limit; ; span = Math.min(span * 4, spanMax)) {
    const spanEnd = Math.min(afterSeq + span, endSeq);
    const inSpan = sql`recorded_at >= ${since(position)}::timestamptz and seq > ${afterSeq} and seq <= ${spanEnd}`;
    // What is wanted is no way to find it: without statistics an epoch looks as narrow as a span, and is the whole log.
    const page = sql`select ${columns} from sync_events
      where ${inSpan} and (${fresh} and ${isOfKind(kinds)}) is true
      order by sync_events.seq limit ${limit - events.length}`;
    // Behind the page: who misses rows of it sees the mark.
    const [found, droppedXid] = await Promise.all([readEvents(tx, page), readDroppedXid(tx)]);
    events.push(...found);
    if (events.length === limit)
      return { events, lastSeq, looked: looked + found.length, droppedXid, stoppedAt: events.at(-1)?.seq ?? null };
    // Counted by itself, where the page does not tell: both in one would copy and sort whole events.
    const counted = await sql<Counted>`select count(*)::int as looked, max(seq) filter (where ${fresh}) as last_seq
      from sync_events where ${inSpan}`.execute(tx);
    const { looked: inAll = 0, last_seq } = counted.rows[0] ?? {};
    looked += inAll;
    lastSeq = last_seq ?? lastSeq;
    walked += spanEnd - afterSeq;
    afterSeq = inAll > 0 || spanEnd === endSeq ? spanEnd : await lastUnused(tx, position, spanEnd);
    if (afterSeq < endSeq && walked < walkedMax) continue;
    // Read once more: what went since the page would else look like numbers that nobody used.
    const stoppedAt = afterSeq >= endSeq ? null : afterSeq;
    return { events, lastSeq, looked, droppedXid: await readDroppedXid(tx), stoppedAt };
  }
}

/** The number before the next event's: before those of who wants everything, retention leaves a gap of millions. */
async function lastUnused(tx: Tx, position: Position, afterSeq: number): Promise<number> {
  const next = sql<{ seq: number }>`select seq - 1 as seq from sync_events
    where recorded_at >= ${since(position)}::timestamptz and seq > ${afterSeq} order by sync_events.seq limit 1`;
  const { rows } = await next.execute(tx);
  return rows[0]?.seq ?? Number.MAX_SAFE_INTEGER;
}

function isOfKind(kinds: readonly EventType[] | undefined): RawBuilder<unknown> {
  return kinds === undefined ? sql`true` : sql`event_type = any(${unquoted(kinds)}::text[])`;
}

/** Which of the unseen events belong on the page. */
function isWanted(to: string, scope: string | undefined): RawBuilder<unknown> {
  return sql`pg_visible_in_snapshot(xid, ${to}::pg_snapshot)
    and ${scope === undefined ? sql`true` : sql`${scope}::uuid in (scope_id, franchisee_id, franchise_id)`}`;
}

// A parameter by itself, and not an expression on it, is known when the statement is planned: then the other partitions
// are not even looked at.
function since(position: Position): string {
  return new Date(Date.parse(position.floor.at) - marginMs).toISOString();
}

/**
 * What is not visible in `from`: not begun then, or still in progress. Two branches instead of one condition with "or",
 * so that each is a range of the index (epoch, xid) whatever the planner believes of the epoch's size.
 */
function selectUnseen(position: Position, condition: RawBuilder<unknown>, wanted = columns): RawBuilder<unknown> {
  const from = parseSnapshot(position.from);
  const rows = sql`select ${wanted} from sync_events where ${isOf(position.epoch)} and ${condition}`;
  const begun = sql`${rows} and xid >= ${String(from.xmax)}::xid8`;
  if (from.inProgress.length === 0) return begun;
  return sql`${begun} union all ${rows} and xid = any(${unquoted(from.inProgress)}::xid8[])`;
}

/**
 * As an epoch that the planner does not know. Where its statistics are older than the epoch it takes that for empty, and
 * PostgreSQL 15 and 16 then read the whole epoch, and leave "xid = any" to a filter.
 */
function isOf(epoch: number): RawBuilder<unknown> {
  return sql`epoch = (select ${epoch}::int)`;
}

/**
 * For what is read beside the events, which are copied by a statement that is planned each time. A plan that is kept was made
 * while a partition was empty, when all of its indexes looked alike, and goes along the wrong one until PostgreSQL next looks
 * at the partition: on a young log one event's read took all of it (40 ms among 40,000). Sent ahead of the statements it is for.
 */
function planEachAnew(tx: Tx): Promise<unknown> {
  return sql`select set_config('plan_cache_mode', 'force_custom_plan', true)`.execute(tx);
}

async function readDroppedXid(tx: Tx): Promise<string> {
  const { rows } = await sql<{ dropped_xid: string }>`select dropped_xid::text as dropped_xid from feed`.execute(tx);
  return rows[0]?.dropped_xid ?? '0';
}

async function readPresentAndPlanAnew(tx: Tx): Promise<Present> {
  const [present] = await Promise.all([readPresent(tx), planEachAnew(tx)]);
  return present;
}

/** A position of another epoch, or one ahead of the server, belongs to a database that is gone. */
function refuseForeign(position: Position, present: Present): void {
  const ahead = parseSnapshot(position.from).xmax > parseSnapshot(present.snapshot).xmax;
  if (position.epoch === present.current_epoch && !ahead) return;
  throw resyncError('The database was restored or replaced since this position was given out.');
}

/** Whoever had not seen all of what retention dropped would be given a log with a hole in it. */
function refuseDropped(position: Position, droppedXid: string): void {
  if (parseSnapshot(position.from).xmin > BigInt(droppedXid)) return;
  throw resyncError('Events that come after this position are older than the log is kept, and were dropped.');
}
