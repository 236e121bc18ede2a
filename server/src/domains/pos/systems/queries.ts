// The statements about POS systems. Ids alone are in no index: each look-up goes through the shops that the actor sees,
// so that the tables could be spread over many databases by their shop.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';
import type { ConnectionFields, PosSystemType } from '../connectors/connector.ts';

export interface SystemRow {
  readonly id: string;
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly name: string;
  readonly systemType: PosSystemType;
  readonly apiEndpoint: string | null;
  /** Whether there are some; what they are leaves the database only to be used. */
  readonly hasCredentials: boolean;
  readonly settings: ConnectionFields;
  readonly syncEnabled: boolean;
  readonly syncFrequencyMinutes: number;
  readonly autoSync: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
  /** Null for a till that is not asked. */
  readonly health: ConnectionHealth | null;
}

/** Instants as PostgreSQL writes them in JSON. */
export interface ConnectionHealth {
  readonly cursorAt: string;
  /** The vendor's clock less ours. */
  readonly vendorOffsetMs: number;
  readonly lagSeconds: number;
  readonly isRunning: boolean;
  readonly dueAt: string | null;
  readonly startedAt: string | null;
  readonly succeededAt: string | null;
  readonly failedAt: string | null;
  readonly failureKind: string | null;
  readonly failureDetail: string | null;
  readonly failuresInRow: number;
  readonly newsAt: string | null;
  readonly webhookAt: string | null;
  /** Why the vendor's items could not be read the last time. */
  readonly catalogueFailure: string | null;
  /** A run is at it for longer than any should be. */
  readonly isStuck: boolean;
}

/** A vendor's clock that is further off than this is told to a person, in ms. */
export const clockDriftMsMax = 15 * 60_000;

const health = sql`(
    select jsonb_build_object('cursorAt', asked.cursor_at, 'vendorOffsetMs', asked.vendor_offset_ms,
      -- By our own clock, as far as the vendor's can be believed: one that stands would show no lag for ever.
      'lagSeconds', extract(epoch from clock_timestamp() - asked.cursor_at)
        + case when abs(asked.vendor_offset_ms) <= ${clockDriftMsMax}::bigint then asked.vendor_offset_ms else 0 end / 1000.0,
      'isRunning', asked.lease_holder is not null and asked.lease_until > clock_timestamp(), 'dueAt', asked.due_at,
      'startedAt', asked.started_at, 'succeededAt', asked.succeeded_at, 'failedAt', asked.failed_at,
      'failureKind', asked.failure_kind, 'failureDetail', asked.failure_detail,
      'failuresInRow', asked.failures_in_row, 'newsAt', asked.news_at, 'webhookAt', asked.webhook_at,
      'catalogueFailure', asked.catalogue_failure,
      'isStuck', asked.lease_holder is not null and asked.started_at < clock_timestamp() - interval '5 minutes')
    from pos_connections as asked where asked.location_id = system.location_id and asked.pos_system_id = system.id
  ) as health`;

const systemColumns = sql`system.id, system.location_id as "locationId", system.franchise_id as "franchiseId",
  system.franchisee_id as "franchiseeId", system.name, system.system_type as "systemType",
  system.api_endpoint as "apiEndpoint", system.api_credentials is not null as "hasCredentials",
  system.sync_enabled as "syncEnabled", system.sync_frequency_minutes as "syncFrequencyMinutes",
  system.auto_sync as "autoSync", system.created_at as "createdAt", system.updated_at as "updatedAt",
  system.version, system.settings, ${health}`;

export type NewSystemRow = Omit<SystemRow, 'hasCredentials' | 'updatedAt' | 'version' | 'health'> & {
  /** Sealed; null where there are none. */
  readonly credentials: Buffer | null;
};

export async function insertSystem(tx: Tx, row: NewSystemRow): Promise<void> {
  await sql`
    insert into pos_systems (location_id, id, franchise_id, franchisee_id, name, system_type, api_endpoint,
      api_credentials, settings, sync_enabled, sync_frequency_minutes, auto_sync, created_at, updated_at)
    values (${row.locationId}::uuid, ${row.id}::uuid, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid, ${row.name},
      ${row.systemType}, ${row.apiEndpoint}, ${row.credentials}::bytea,
      ${JSON.stringify(row.settings)}::jsonb, ${row.syncEnabled}::boolean,
      ${row.syncFrequencyMinutes}::integer, ${row.autoSync}::boolean, ${row.createdAt}::timestamptz,
      ${row.createdAt}::timestamptz)
  `.execute(tx);
}

export interface SystemUpdate
  extends Pick<
    SystemRow,
    'id' | 'locationId' | 'name' | 'apiEndpoint' | 'settings' | 'syncEnabled' | 'syncFrequencyMinutes' | 'autoSync'
  > {
  /** The one that is updated. */
  readonly version: number;
  /** Sealed; null takes them away, undefined leaves those that there are. */
  readonly credentials: Buffer | null | undefined;
}

/** False when the system is no longer at that version. */
export async function updateSystem(tx: Tx, row: SystemUpdate): Promise<boolean> {
  const credentials = row.credentials === undefined ? sql`api_credentials` : sql`${row.credentials}::bytea`;
  const { numAffectedRows } = await sql`
    update pos_systems as system set name = ${row.name}, api_endpoint = ${row.apiEndpoint},
      api_credentials = ${credentials}, settings = ${JSON.stringify(row.settings)}::jsonb, sync_enabled = ${row.syncEnabled}::boolean,
      sync_frequency_minutes = ${row.syncFrequencyMinutes}::integer, auto_sync = ${row.autoSync}::boolean,
      version = version + 1, updated_at = now()
    where system.location_id = ${row.locationId}::uuid and system.id = ${row.id}::uuid
      and system.version = ${row.version}::integer
  `.execute(tx);
  return numAffectedRows === 1n;
}

export async function findSystem(tx: Tx, id: string): Promise<SystemRow | null> {
  const result = await sql<SystemRow>`
    select ${systemColumns}
    from locations as shop
    cross join lateral (
      select * from pos_systems where pos_systems.location_id = shop.id and pos_systems.id = ${id}::uuid offset 0
    ) as system
  `.execute(tx);
  return result.rows[0] ?? null;
}

/** What a request with sales needs to know of its system and shop. */
export interface SystemFacts {
  readonly id: string;
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly currency: string;
}

/** The owner is the shop's of today; the system's row only remembers who registered it. */
export async function findSystemFacts(tx: Tx, id: string): Promise<SystemFacts | null> {
  const result = await sql<SystemFacts>`
    select system.id, shop.id as "locationId", shop.franchise_id as "franchiseId",
      shop.franchisee_id as "franchiseeId", shop.currency
    from locations as shop
    cross join lateral (
      select pos_systems.id from pos_systems
      where pos_systems.location_id = shop.id and pos_systems.id = ${id}::uuid offset 0
    ) as system
  `.execute(tx);
  return result.rows[0] ?? null;
}

export interface PageRequest {
  readonly limit: number;
  /** The id of the last item of the page before. */
  readonly after: string | null;
}

/** In the order of their ids, which is that of registration. */
export async function listSystems(tx: Tx, { limit, after }: PageRequest): Promise<SystemRow[]> {
  const result = await sql<SystemRow>`
    select ${systemColumns} from pos_systems as system
    where ${after}::uuid is null or system.id > ${after}::uuid
    order by system.id limit ${limit}
  `.execute(tx);
  return result.rows;
}

export interface ConnectionRow {
  readonly locationId: string;
  readonly posSystemId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly systemType: PosSystemType;
  readonly host: string;
  readonly places: readonly string[];
  readonly enabled: boolean;
  readonly frequencyMinutes: number;
  /** Null: not asked by itself. */
  readonly nextPollAt: Date | null;
}

export interface NewConnectionRow extends ConnectionRow {
  /** By the vendor's clock: from where on it is read. */
  readonly startAt: Date;
  readonly vendorOffsetMs: number;
}

/**
 * When the days that are over by then are looked through again: two hours after the shop's next closing hour, by its own
 * clock, and spread over an hour so that a franchise does not ask its vendor all at once.
 */
export const nextScan = sql`((((clock_timestamp() at time zone shop.time_zone) - make_interval(hours => shop.closing_hour))::date
    + 1 + make_interval(hours => shop.closing_hour + 2)) at time zone shop.time_zone + random() * interval '1 hour')`;

export async function insertConnection(tx: Tx, row: NewConnectionRow): Promise<void> {
  await sql`
    insert into pos_connections (location_id, pos_system_id, franchise_id, franchisee_id, system_type, host, places,
      enabled, frequency_minutes, next_poll_at, cursor_at, floor_at, vendor_offset_ms, next_scan_at)
    select shop.id, ${row.posSystemId}::uuid, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid,
      ${row.systemType}, ${row.host}, ${row.places}::text[], ${row.enabled}::boolean, ${row.frequencyMinutes}::integer,
      ${row.nextPollAt}::timestamptz, ${row.startAt}::timestamptz, ${row.startAt}::timestamptz,
      ${row.vendorOffsetMs}::bigint, ${nextScan}
    from locations as shop where shop.id = ${row.locationId}::uuid
  `.execute(tx);
}

/** What an edit of the system changes of its connection; false where it has none. */
/**
 * `isAnother`: perhaps another merchant's. What is known of the former one's items is read anew, and a place within the
 * former one's window says nothing. A run that is under way with what the till was before ends at its next page.
 */
export async function updateConnection(tx: Tx, row: ConnectionRow & { readonly isAnother: boolean }): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update pos_connections set host = ${row.host}, places = ${row.places}::text[], enabled = ${row.enabled}::boolean,
      frequency_minutes = ${row.frequencyMinutes}::integer, next_poll_at = ${row.nextPollAt}::timestamptz,
      failures_in_row = 0, edition = edition + case when ${row.isAnother}::boolean or not ${row.enabled}::boolean then 1 else 0 end,
      catalogue_at = case when ${row.isAnother}::boolean then null else catalogue_at end,
      catalogue_failure = case when ${row.isAnother}::boolean then null else catalogue_failure end,
      window_to = case when ${row.isAnother}::boolean then null else window_to end,
      resume_at = case when ${row.isAnother}::boolean then null else resume_at end
    where location_id = ${row.locationId}::uuid and pos_system_id = ${row.posSystemId}::uuid
  `.execute(tx);
  return numAffectedRows === 1n;
}

// ---- What the tills are at their vendors, each of a brand's once

export interface PlaceOwner {
  readonly locationId: string;
  readonly posSystemId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly systemType: PosSystemType;
  readonly host: string;
}

export async function removePlaces(tx: Tx, key: Pick<PlaceOwner, 'locationId' | 'posSystemId'>): Promise<void> {
  await sql`
    delete from pos_vendor_places
    where location_id = ${key.locationId}::uuid and pos_system_id = ${key.posSystemId}::uuid
  `.execute(tx);
}

/** Those of them that are the till's now; the others are another till's, also one that the actor does not see. */
export async function insertPlaces(tx: Tx, owner: PlaceOwner, places: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ place: string }>`
    insert into pos_vendor_places (franchise_id, franchisee_id, location_id, pos_system_id, system_type, host, place)
    select ${owner.franchiseId}::uuid, ${owner.franchiseeId}::uuid, ${owner.locationId}::uuid, ${owner.posSystemId}::uuid,
      ${owner.systemType}, ${owner.host}, place
    from unnest(${[...places].sort()}::text[]) as place
    on conflict do nothing returning place
  `.execute(tx);
  return rows.map(({ place }) => place);
}

/** The till that has a place; null where the actor does not see it. */
export async function findPlaceHolder(
  tx: Tx,
  { franchiseId, systemType, host }: Pick<PlaceOwner, 'franchiseId' | 'systemType' | 'host'>,
  place: string,
): Promise<{ readonly id: string; readonly name: string } | null> {
  const { rows } = await sql<{ id: string; name: string }>`
    select system.id, system.name from pos_vendor_places as held
    join pos_systems as system on system.location_id = held.location_id and system.id = held.pos_system_id
    where held.franchise_id = ${franchiseId}::uuid and held.system_type = ${systemType} and held.host = ${host}
      and held.place = ${place}
  `.execute(tx);
  return rows[0] ?? null;
}
