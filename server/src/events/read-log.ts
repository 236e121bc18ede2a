// Reads the log by the difference between two snapshots: what is visible now and was not visible then. Each committed
// event is delivered exactly once, nobody's open transaction is waited for, and nothing is written.
import { type RawBuilder, sql } from 'kysely';
import type { Tx } from '../platform/database.ts';
import { resyncError } from './errors.ts';
import { advance, type Position, positionAt } from './position.ts';
import { parseSnapshot } from './snapshot.ts';
import type { StoredEvent } from './stored-event.ts';

export interface Page {
  /** In the order of their numbers: a transaction that changed what another had changed comes after it. */
  readonly events: readonly StoredEvent[];
  readonly position: Position;
  /** False where more is known to be waiting: read on at once. */
  readonly caughtUp: boolean;
}

export interface PageOptions {
  /** Most events of the page. */
  readonly limit: number;
  /** Only events owned by this location, franchisee or franchise (for a franchise: all below it). */
  readonly scope?: string;
}

// Our clocks may be set back; our transactions live minutes at most. An hour covers both.
const margin = sql`interval '1 hour'`;

// Beyond so many transactions behind, a page walks the numbers from its floor; nearer, it picks by transaction id, which
// stays cheap when a stranger's open transaction keeps the floor down.
const backlogTransactions = 20_000n;

const columns = sql`seq, xid::text as xid, epoch, id, scope_id, franchise_id, franchisee_id, location_id, event_type,
  entity_type, entity_id, table_name, operation, record, old_record, change_data, source_system, target_systems,
  metadata, "timestamp", recorded_at`;

/** The position of a reader that starts now. */
export async function currentPosition(tx: Tx): Promise<Position> {
  const present = await readNow(tx);
  return positionAt(present.current_epoch, present.snapshot, present.at);
}

/**
 * Everything that became visible since the position, in one statement. For the relay, which is never far behind.
 * Throws `events.resync` when the database is in another epoch than the position.
 */
export async function readNews(tx: Tx, position: Position): Promise<Page> {
  const { rows } = await sql<Now & Partial<StoredEvent>>`
    with fresh as materialized (
      select ${columns} from sync_events
      where epoch = ${position.epoch} and recorded_at >= ${position.floor.at}::timestamptz - ${margin} and ${unseen(position)}
    )
    select ${now}, fresh.* from (select) as always left join fresh on true order by fresh.seq
  `.execute(tx);
  const first = rows[0];
  if (!first) throw new Error('PostgreSQL did not say where it is');
  refuseOtherEpoch(position, first);
  const events = rows.filter((row): row is Now & StoredEvent => row.seq !== null);
  return {
    events,
    position: advance(position, { snapshot: first.snapshot, at: first.at }, events.at(-1)?.seq ?? 0),
    caughtUp: true,
  };
}

/** One page from the position on, however far behind it is; sees only what the row policies show to `tx`. */
export async function readPage(tx: Tx, position: Position, { limit, scope }: PageOptions): Promise<Page> {
  const present = await readNow(tx);
  refuseOtherEpoch(position, present);
  const to = position.to ?? { snapshot: present.snapshot, at: present.at };
  const wanted = sql`epoch = ${position.epoch} and recorded_at >= ${position.floor.at}::timestamptz - ${margin}
    and ${unseen(position)} and pg_visible_in_snapshot(xid, ${to.snapshot}::pg_snapshot) and seq > ${position.afterSeq}
    and ${scope === undefined ? sql`true` : sql`${scope}::uuid in (scope_id, franchisee_id, franchise_id)`}`;
  const behind = parseSnapshot(to.snapshot).xmax - parseSnapshot(position.from).xmax;
  const { rows: events } = await (behind > backlogTransactions
    ? sql<StoredEvent>`select ${columns} from sync_events where ${wanted} order by seq limit ${limit}`
    : sql<StoredEvent>`with fresh as materialized (select ${columns} from sync_events where ${wanted})
        select * from fresh order by seq limit ${limit}`
  ).execute(tx);
  const last = events.at(-1)?.seq ?? position.afterSeq;
  if (events.length < limit) return { events, position: advance(position, to, last), caughtUp: true };
  return { events, position: { ...position, to, afterSeq: last }, caughtUp: false };
}

/** The condition "not visible in `from`": not begun then, or still in progress. */
function unseen(position: Position): RawBuilder<unknown> {
  const from = parseSnapshot(position.from);
  return sql`(xid >= ${String(from.xmax)}::xid8 or xid = any(${from.inProgress}::xid8[]))`;
}

interface Now {
  readonly snapshot: string;
  readonly at: string;
  readonly current_epoch: number;
}

// Every function here sees the snapshot of its own statement, so rows and snapshot of one statement belong together.
const now = sql`pg_current_snapshot()::text as snapshot, (select epoch from feed) as current_epoch,
  to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at`;

async function readNow(tx: Tx): Promise<Now> {
  const { rows } = await sql<Now>`select ${now}`.execute(tx);
  if (!rows[0]) throw new Error('PostgreSQL did not say where it is');
  return rows[0];
}

/** A position of another epoch, or one ahead of the server, belongs to a database that is gone. */
function refuseOtherEpoch(position: Position, present: Now): void {
  const ahead = parseSnapshot(position.from).xmax > parseSnapshot(present.snapshot).xmax;
  if (position.epoch === present.current_epoch && !ahead) return;
  throw resyncError('The database was restored or replaced since this position was given out.');
}
