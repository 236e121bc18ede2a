// The statements about POS systems. Ids alone are in no index: each look-up goes through the shops that the actor sees,
// so that the tables could be spread over many databases by their shop.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';

export interface SystemRow {
  readonly id: string;
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly name: string;
  readonly systemType: string;
  readonly apiEndpoint: string | null;
  /** Whether there are some; what they are leaves the database only to be used. */
  readonly hasCredentials: boolean;
  readonly syncEnabled: boolean;
  readonly syncFrequencyMinutes: number;
  readonly autoSync: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  readonly version: number;
}

const systemColumns = sql`system.id, system.location_id as "locationId", system.franchise_id as "franchiseId",
  system.franchisee_id as "franchiseeId", system.name, system.system_type as "systemType",
  system.api_endpoint as "apiEndpoint", system.api_credentials is not null as "hasCredentials",
  system.sync_enabled as "syncEnabled", system.sync_frequency_minutes as "syncFrequencyMinutes",
  system.auto_sync as "autoSync", system.created_at as "createdAt", system.updated_at as "updatedAt", system.version`;

export type NewSystemRow = Omit<SystemRow, 'hasCredentials' | 'updatedAt' | 'version'> & {
  /** Sealed; null where there are none. */
  readonly credentials: Buffer | null;
};

export async function insertSystem(tx: Tx, row: NewSystemRow): Promise<SystemRow> {
  const result = await sql<SystemRow>`
    insert into pos_systems as system (location_id, id, franchise_id, franchisee_id, name, system_type, api_endpoint,
      api_credentials, sync_enabled, sync_frequency_minutes, auto_sync, created_at, updated_at)
    values (${row.locationId}::uuid, ${row.id}::uuid, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid, ${row.name},
      ${row.systemType}, ${row.apiEndpoint}, ${row.credentials}::bytea, ${row.syncEnabled}::boolean,
      ${row.syncFrequencyMinutes}::integer, ${row.autoSync}::boolean, ${row.createdAt}::timestamptz,
      ${row.createdAt}::timestamptz)
    returning ${systemColumns}
  `.execute(tx);
  return result.rows[0] as SystemRow;
}

export interface SystemUpdate
  extends Pick<
    SystemRow,
    'id' | 'locationId' | 'name' | 'apiEndpoint' | 'syncEnabled' | 'syncFrequencyMinutes' | 'autoSync'
  > {
  /** The one that is updated. */
  readonly version: number;
  /** Sealed; null takes them away, undefined leaves those that there are. */
  readonly credentials: Buffer | null | undefined;
}

/** Undefined when the system is no longer at that version. */
export async function updateSystem(tx: Tx, row: SystemUpdate): Promise<SystemRow | undefined> {
  const credentials = row.credentials === undefined ? sql`api_credentials` : sql`${row.credentials}::bytea`;
  const result = await sql<SystemRow>`
    update pos_systems as system set name = ${row.name}, api_endpoint = ${row.apiEndpoint},
      api_credentials = ${credentials}, sync_enabled = ${row.syncEnabled}::boolean,
      sync_frequency_minutes = ${row.syncFrequencyMinutes}::integer, auto_sync = ${row.autoSync}::boolean,
      version = version + 1, updated_at = now()
    where system.location_id = ${row.locationId}::uuid and system.id = ${row.id}::uuid
      and system.version = ${row.version}::integer
    returning ${systemColumns}
  `.execute(tx);
  return result.rows[0];
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
