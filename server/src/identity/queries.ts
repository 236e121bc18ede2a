// Every SQL statement of identity. Those that look credentials up run as tillstream_background, before there is a caller;
// all others run as whoever asks, and row security decides what they find.
import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';
import type { Membership } from './caller.ts';
import type { KeyScope } from './roles.ts';

export interface FranchiseRow {
  readonly id: string;
  readonly name: string;
  readonly currency: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

export interface FranchiseeRow {
  readonly id: string;
  readonly franchise_id: string;
  readonly name: string;
  readonly created_at: Date;
  readonly updated_at: Date;
  readonly version: number;
}

export interface LocationRow extends FranchiseeRow {
  readonly franchisee_id: string | null;
  readonly time_zone: string;
  readonly currency: string;
  readonly closing_hour: number;
}

export interface ApiKeyRow {
  readonly id: string;
  readonly franchise_id: string;
  readonly franchisee_id: string | null;
  readonly location_ids: string[] | null;
  readonly name: string;
  readonly prefix: string;
  readonly scopes: KeyScope[];
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
  readonly created_by: string;
  readonly created_at: Date;
}

/** A part of a list by name, the id breaking ties: at most `rowsMax` rows behind `after`. */
export interface PlacesPage {
  readonly rowsMax: number;
  readonly after: { readonly name: string; readonly id: string } | null;
}

// --- places ---------------------------------------------------------------------------------------------------------

export async function insertFranchise(tx: Tx, row: { id: string; name: string; currency: string }): Promise<void> {
  await sql`insert into franchises (id, name, currency) values (${row.id}::uuid, ${row.name}, ${row.currency})`.execute(
    tx,
  );
}

export async function insertFranchisee(tx: Tx, row: { id: string; franchiseId: string; name: string }): Promise<void> {
  await sql`
    insert into franchisees (id, franchise_id, name)
    values (${row.id}::uuid, ${row.franchiseId}::uuid, ${row.name})
  `.execute(tx);
}

export interface NewLocationRow {
  readonly id: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly name: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly closingHour: number;
}

export async function insertLocation(tx: Tx, row: NewLocationRow): Promise<LocationRow> {
  const { rows } = await sql<LocationRow>`
    insert into locations (id, franchise_id, franchisee_id, name, time_zone, currency, closing_hour)
    values (${row.id}::uuid, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid, ${row.name}, ${row.timeZone},
      ${row.currency}, ${row.closingHour}::smallint)
    returning *
  `.execute(tx);
  const [inserted] = rows;
  if (!inserted) throw new Error('an inserted location was not returned');
  return inserted;
}

export interface LocationUpdate extends Omit<NewLocationRow, 'franchiseId' | 'franchiseeId'> {
  /** The one that is updated. */
  readonly version: number;
}

/** Undefined when the location is no longer at that version. */
export async function updateLocation(tx: Tx, row: LocationUpdate): Promise<LocationRow | undefined> {
  const { rows } = await sql<LocationRow>`
    update locations set name = ${row.name}, time_zone = ${row.timeZone}, currency = ${row.currency},
      closing_hour = ${row.closingHour}::smallint, version = version + 1, updated_at = now()
    where id = ${row.id}::uuid and version = ${row.version}::integer
    returning *
  `.execute(tx);
  return rows[0];
}

/** Whether the database knows the zone under exactly this name. */
export async function isKnownTimeZone(tx: Tx, timeZone: string): Promise<boolean> {
  const { rows } = await sql`select from pg_timezone_names where name = ${timeZone}`.execute(tx);
  return rows.length > 0;
}

export async function findFranchise(tx: Tx, id: string): Promise<FranchiseRow | undefined> {
  const { rows } = await sql<FranchiseRow>`select * from franchises where id = ${id}::uuid`.execute(tx);
  return rows[0];
}

export async function findFranchisee(tx: Tx, id: string): Promise<FranchiseeRow | undefined> {
  const { rows } = await sql<FranchiseeRow>`select * from franchisees where id = ${id}::uuid`.execute(tx);
  return rows[0];
}

export async function findLocation(tx: Tx, id: string): Promise<LocationRow | undefined> {
  const { rows } = await sql<LocationRow>`select * from locations where id = ${id}::uuid`.execute(tx);
  return rows[0];
}

export interface PlaceRow {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly locationId: string | null;
}

/** The location, franchisee or franchise with this id. */
export async function findPlace(tx: Tx, id: string): Promise<PlaceRow | undefined> {
  const { rows } = await sql<PlaceRow>`
    select franchise_id as "franchiseId", franchisee_id as "franchiseeId", id as "locationId"
    from locations where id = ${id}::uuid
    union all select franchise_id, id, null from franchisees where id = ${id}::uuid
    union all select id, null, null from franchises where id = ${id}::uuid
  `.execute(tx);
  return rows[0];
}

export async function findLocations(tx: Tx, ids: readonly string[]): Promise<LocationRow[]> {
  const { rows } = await sql<LocationRow>`select * from locations where id = any(${ids}::uuid[])`.execute(tx);
  return rows;
}

// The names compare byte by byte ("C"), so that a cursor means the same to every database whatever its collation.
const behind = (after: PlacesPage['after']) => sql`
  (${after?.id ?? null}::uuid is null or (name collate "C", id) > (${after?.name ?? ''}, ${after?.id ?? null}::uuid))`;

export async function listFranchises(tx: Tx, { rowsMax, after }: PlacesPage): Promise<FranchiseRow[]> {
  const { rows } = await sql<FranchiseRow>`
    select * from franchises where ${behind(after)} order by name collate "C", id limit ${rowsMax}
  `.execute(tx);
  return rows;
}

export async function listFranchisees(tx: Tx, { rowsMax, after }: PlacesPage): Promise<FranchiseeRow[]> {
  const { rows } = await sql<FranchiseeRow>`
    select * from franchisees where ${behind(after)} order by name collate "C", id limit ${rowsMax}
  `.execute(tx);
  return rows;
}

export async function listLocations(tx: Tx, { rowsMax, after }: PlacesPage): Promise<LocationRow[]> {
  const { rows } = await sql<LocationRow>`
    select * from locations where ${behind(after)} order by name collate "C", id limit ${rowsMax}
  `.execute(tx);
  return rows;
}

// --- people ---------------------------------------------------------------------------------------------------------

/** False when the e-mail address belongs to somebody already. */
export async function insertUser(tx: Tx, row: { id: string; name: string; email: string | null }): Promise<boolean> {
  const { rows } = await sql`
    insert into users (id, name, email) values (${row.id}::uuid, ${row.name}, ${row.email})
    on conflict (email) do nothing returning id
  `.execute(tx);
  return rows.length > 0;
}

export async function findUserName(tx: Tx, id: string): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`select name from users where id = ${id}::uuid`.execute(tx);
  return rows[0]?.name;
}

/** Null for an unknown user. */
export async function findMemberships(tx: Tx, userId: string): Promise<Membership[] | null> {
  const { rows } = await sql<{ memberships: Membership[] }>`
    select coalesce(jsonb_agg(jsonb_build_object('role', m.role, 'franchiseId', m.franchise_id,
        'franchiseeId', m.franchisee_id, 'locationId', m.location_id) order by m.id)
      filter (where m.id is not null), '[]') as memberships
    from users u left join memberships m on m.user_id = u.id
    where u.id = ${userId}::uuid group by u.id
  `.execute(tx);
  return rows[0]?.memberships ?? null;
}

export interface MembershipRow extends Membership {
  readonly id: string;
  readonly userId: string;
}

/** Null when the person has this very membership already. */
export async function insertMembership(tx: Tx, row: MembershipRow): Promise<string | null> {
  const { rows } = await sql<{ id: string }>`
    insert into memberships (id, user_id, role, franchise_id, franchisee_id, location_id)
    values (${row.id}::uuid, ${row.userId}::uuid, ${row.role}, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid,
      ${row.locationId}::uuid)
    on conflict (user_id, role, franchise_id, franchisee_id, location_id) do nothing returning id
  `.execute(tx);
  return rows[0]?.id ?? null;
}

export async function findMembershipId(tx: Tx, row: Omit<MembershipRow, 'id'>): Promise<string | undefined> {
  const { rows } = await sql<{ id: string }>`
    select id from memberships
    where user_id = ${row.userId}::uuid and role = ${row.role} and franchise_id = ${row.franchiseId}::uuid
      and franchisee_id is not distinct from ${row.franchiseeId}::uuid
      and location_id is not distinct from ${row.locationId}::uuid
  `.execute(tx);
  return rows[0]?.id;
}

export async function deleteMembership(tx: Tx, id: string): Promise<MembershipRow | undefined> {
  const { rows } = await sql<MembershipRow>`
    delete from memberships where id = ${id}::uuid
    returning id, user_id as "userId", role, franchise_id as "franchiseId", franchisee_id as "franchiseeId",
      location_id as "locationId"
  `.execute(tx);
  return rows[0];
}

// --- API keys -------------------------------------------------------------------------------------------------------

export interface NewApiKeyRow {
  readonly id: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly locationIds: readonly string[] | null;
  readonly name: string;
  readonly prefix: string;
  readonly secretHash: Buffer;
  readonly scopes: readonly KeyScope[];
  readonly expiresAt: Date | null;
  readonly createdBy: string;
}

const apiKeyColumns = sql`id, franchise_id, franchisee_id, location_ids, name, prefix, scopes, expires_at, revoked_at,
  created_by, created_at`;

export async function insertApiKey(tx: Tx, row: NewApiKeyRow): Promise<ApiKeyRow> {
  const { rows } = await sql<ApiKeyRow>`
    insert into api_keys (id, franchise_id, franchisee_id, location_ids, name, prefix, secret_hash, scopes, expires_at,
      created_by)
    values (${row.id}::uuid, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid, ${row.locationIds}::uuid[],
      ${row.name}, ${row.prefix}, ${row.secretHash}::bytea, ${row.scopes}::text[],
      ${row.expiresAt?.toISOString() ?? null}::timestamptz, ${row.createdBy})
    returning ${apiKeyColumns}
  `.execute(tx);
  const [inserted] = rows;
  if (!inserted) throw new Error('an inserted API key was not returned');
  return inserted;
}

/** Newest first (ids are UUIDv7), revoked ones included: who looks for a leak wants to see them. */
export async function listApiKeys(
  tx: Tx,
  { rowsMax, afterId }: { rowsMax: number; afterId: string | null },
): Promise<ApiKeyRow[]> {
  const { rows } = await sql<ApiKeyRow>`
    select ${apiKeyColumns} from api_keys
    where ${afterId}::uuid is null or id < ${afterId}::uuid
    order by id desc limit ${rowsMax}
  `.execute(tx);
  return rows;
}

export async function lockApiKey(tx: Tx, id: string): Promise<ApiKeyRow | undefined> {
  const { rows } = await sql<ApiKeyRow>`
    select ${apiKeyColumns} from api_keys where id = ${id}::uuid for update
  `.execute(tx);
  return rows[0];
}

export async function setRevoked(tx: Tx, id: string, at: Date): Promise<void> {
  await sql`update api_keys set revoked_at = ${at.toISOString()}::timestamptz where id = ${id}::uuid`.execute(tx);
}

export async function findApiKeyName(tx: Tx, id: string): Promise<string | undefined> {
  const { rows } = await sql<{ name: string }>`select name from api_keys where id = ${id}::uuid`.execute(tx);
  return rows[0]?.name;
}

export interface KeyCredentialRow {
  readonly id: string;
  readonly franchise_id: string;
  readonly franchisee_id: string | null;
  readonly location_ids: string[] | null;
  readonly scopes: KeyScope[];
  readonly secret_hash: Buffer;
  readonly expires_at: Date | null;
  readonly revoked_at: Date | null;
}

/**
 * What a key's public part stands for. Its locations are looked up anew: one that has gone over to another franchisee
 * has left the reach of the old one's keys.
 */
export async function findKeyCredential(tx: Tx, prefix: string): Promise<KeyCredentialRow | undefined> {
  const { rows } = await sql<KeyCredentialRow>`
    select k.id, k.franchise_id, k.franchisee_id, k.scopes, k.secret_hash, k.expires_at, k.revoked_at,
      case when k.location_ids is not null then array(
        select l.id from locations l
        where l.id = any(k.location_ids) and l.franchise_id = k.franchise_id
          and (k.franchisee_id is null or l.franchisee_id = k.franchisee_id)
      ) end as location_ids
    from api_keys k where k.prefix = ${prefix}
  `.execute(tx);
  return rows[0];
}
