// The statements about syncs: what somebody wished to have fetched, and how far it has come.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';

export const syncReasons = ['requested', 'nightly', 'repair'] as const;
export const syncStates = ['waiting', 'running', 'done', 'failed'] as const;

export interface SyncRow {
  readonly id: string;
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly posSystemId: string;
  readonly reason: (typeof syncReasons)[number];
  readonly requestedBy: string;
  readonly state: (typeof syncStates)[number];
  readonly since: Date;
  readonly until: Date;
  /** Everything changed from here to `until` is fetched. */
  readonly reachedAt: Date;
  readonly resumeAt: string | null;
  readonly pages: number;
  readonly documents: number;
  readonly created: number;
  readonly updated: number;
  readonly duplicate: number;
  readonly rejected: number;
  readonly failureDetail: string | null;
  readonly createdAt: Date;
  readonly startedAt: Date | null;
  readonly finishedAt: Date | null;
  /** Of the till when a proof began; null of others. */
  readonly edition: number | null;
}

const syncColumns = sql`id, location_id as "locationId", franchise_id as "franchiseId", franchisee_id as "franchiseeId",
  pos_system_id as "posSystemId", reason, requested_by as "requestedBy", state, since, until, reached_at as "reachedAt",
  resume_at as "resumeAt", pages, documents, created, updated, duplicate, rejected, failure_detail as "failureDetail",
  created_at as "createdAt", started_at as "startedAt", finished_at as "finishedAt", edition`;

export type NewSync = Pick<
  SyncRow,
  'id' | 'locationId' | 'franchiseId' | 'franchiseeId' | 'posSystemId' | 'reason' | 'requestedBy' | 'since' | 'until'
>;

export async function insertSync(tx: Tx, row: NewSync): Promise<SyncRow> {
  const { rows } = await sql<SyncRow>`
    insert into pos_syncs (id, location_id, franchise_id, franchisee_id, pos_system_id, reason, requested_by, since, until,
      reached_at, created_at)
    values (${row.id}::uuid, ${row.locationId}::uuid, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid,
      ${row.posSystemId}::uuid, ${row.reason}, ${row.requestedBy}, ${row.since}::timestamptz, ${row.until}::timestamptz,
      ${row.until}::timestamptz, clock_timestamp())
    returning ${syncColumns}
  `.execute(tx);
  return rows[0] as SyncRow;
}

/** The end is moved to now and frozen: what changes between the wish and its beginning is part of it. */
export async function beginSync(tx: Tx, sync: SyncRow, until: Date): Promise<SyncRow> {
  const { rows } = await sql<SyncRow>`
    update pos_syncs set state = 'running', started_at = clock_timestamp(), until = greatest(until, ${until}::timestamptz),
      reached_at = greatest(until, ${until}::timestamptz)
    where location_id = ${sync.locationId}::uuid and id = ${sync.id}::uuid and state = 'waiting'
    returning ${syncColumns}
  `.execute(tx);
  return rows[0] ?? sync;
}

/** From the end again, for a till of this edition. */
export async function restartSync(tx: Tx, sync: SyncRow, edition: number): Promise<SyncRow> {
  const { rows } = await sql<SyncRow>`
    update pos_syncs set edition = ${edition}::integer, reached_at = until, resume_at = null
    where location_id = ${sync.locationId}::uuid and id = ${sync.id}::uuid returning ${syncColumns}
  `.execute(tx);
  return rows[0] ?? sync;
}

interface SystemKey {
  readonly locationId: string;
  readonly posSystemId: string;
}

/** Not finished yet, the oldest first. */
export async function openSyncs(tx: Tx, { locationId, posSystemId }: SystemKey): Promise<SyncRow[]> {
  const { rows } = await sql<SyncRow>`
    select ${syncColumns} from pos_syncs
    where location_id = ${locationId}::uuid and pos_system_id = ${posSystemId}::uuid and state in ('waiting', 'running')
    order by id
  `.execute(tx);
  return rows;
}

export interface SyncStep {
  readonly reachedAt: Date;
  readonly resumeAt: string | null;
  readonly pages: number;
  readonly documents: number;
  readonly created: number;
  readonly updated: number;
  readonly duplicate: number;
  readonly rejected: number;
}

/**
 * Adds a page's figures. False where the till is another node's by now: its figures count, ours are a repetition. So for
 * one that is over meanwhile, because somebody has cut the till.
 */
export async function stepSync(
  tx: Tx,
  { locationId, posSystemId, id }: SystemKey & { readonly id: string },
  { holder, ...step }: SyncStep & { readonly holder: string },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update pos_syncs as sync
    set state = 'running', started_at = coalesce(sync.started_at, clock_timestamp()),
      reached_at = ${step.reachedAt}::timestamptz,
      resume_at = ${step.resumeAt}::text, pages = sync.pages + ${step.pages}::integer,
      documents = sync.documents + ${step.documents}::integer, created = sync.created + ${step.created}::integer,
      updated = sync.updated + ${step.updated}::integer, duplicate = sync.duplicate + ${step.duplicate}::integer,
      rejected = sync.rejected + ${step.rejected}::integer
    from pos_connections as asked
    where sync.location_id = ${locationId}::uuid and sync.id = ${id}::uuid and asked.location_id = sync.location_id
      and asked.pos_system_id = ${posSystemId}::uuid and asked.lease_holder = ${holder}::uuid
      and sync.state in ('waiting', 'running')
  `.execute(tx);
  return numAffectedRows === 1n;
}

export async function finishSync(tx: Tx, { locationId, id }: SyncRow): Promise<void> {
  await sql`
    update pos_syncs set state = 'done', finished_at = clock_timestamp()
    where location_id = ${locationId}::uuid and id = ${id}::uuid and state in ('waiting', 'running')
  `.execute(tx);
}

/** Those that somebody waits for, where waiting does not help any more; answers their ids. */
export async function failSyncs(tx: Tx, { locationId, posSystemId }: SystemKey, detail: string): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    update pos_syncs set state = 'failed', finished_at = clock_timestamp(), failure_detail = ${detail}
    where location_id = ${locationId}::uuid and pos_system_id = ${posSystemId}::uuid and state in ('waiting', 'running')
    returning id
  `.execute(tx);
  return rows.map(({ id }) => id);
}

export async function findSync(tx: Tx, key: SystemKey & { readonly id: string }): Promise<SyncRow | null> {
  const { rows } = await sql<SyncRow>`
    select ${syncColumns} from pos_syncs
    where location_id = ${key.locationId}::uuid and id = ${key.id}::uuid and pos_system_id = ${key.posSystemId}::uuid
  `.execute(tx);
  return rows[0] ?? null;
}

/** Newest first. */
export async function listSyncs(
  tx: Tx,
  { locationId, posSystemId, after, limit }: SystemKey & { readonly after: string | null; readonly limit: number },
): Promise<SyncRow[]> {
  const { rows } = await sql<SyncRow>`
    select ${syncColumns} from pos_syncs
    where location_id = ${locationId}::uuid and pos_system_id = ${posSystemId}::uuid
      and (${after}::uuid is null or id < ${after}::uuid)
    order by id desc limit ${limit}
  `.execute(tx);
  return rows;
}

/** Whether the till is asked at all: connected and not paused. */
export async function isConnected(tx: Tx, { locationId, posSystemId }: SystemKey): Promise<boolean> {
  const { rows } = await sql<{ enabled: boolean }>`
    select enabled from pos_connections
    where location_id = ${locationId}::uuid and pos_system_id = ${posSystemId}::uuid
  `.execute(tx);
  return rows[0]?.enabled ?? false;
}

/** When a shop's business day begins. `days` counts back from the one that the instant lies in. */
export async function businessDayStart(
  tx: Tx,
  { locationId, at, days }: { readonly locationId: string; readonly at: Date; readonly days: number },
): Promise<Date> {
  const { rows } = await sql<{ start: Date }>`
    select ((((${at}::timestamptz at time zone time_zone) - make_interval(hours => closing_hour))::date - ${days}::integer
      + make_interval(hours => closing_hour)) at time zone time_zone) as start
    from locations where id = ${locationId}::uuid
  `.execute(tx);
  const [row] = rows;
  if (row === undefined) throw new Error(`There is no location ${locationId}`);
  return row.start;
}
