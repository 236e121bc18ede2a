// The statements about webhooks: the addresses, what came to them, and the hints that it left at the tills.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';
import type { PosSystemType } from '../connectors/connector.ts';
import { wokenAt } from '../polling/queries.ts';

export interface EndpointRow {
  readonly id: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly systemType: PosSystemType;
  readonly url: string;
  /** Sealed; null until its key is known. */
  readonly secrets: Buffer | null;
  readonly setupUntil: Date | null;
  readonly verificationCode: string | null;
  readonly genuineAt: Date | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const endpointColumns = sql`id, franchise_id as "franchiseId", franchisee_id as "franchiseeId",
  system_type as "systemType", url, secrets, setup_until as "setupUntil", verification_code as "verificationCode",
  genuine_at as "genuineAt", created_at as "createdAt", updated_at as "updatedAt"`;

export async function insertEndpoint(tx: Tx, row: Omit<EndpointRow, 'genuineAt' | 'updatedAt'>): Promise<EndpointRow> {
  const { rows } = await sql<EndpointRow>`
    insert into pos_webhook_endpoints (id, franchise_id, franchisee_id, system_type, url, secrets, setup_until,
      created_at, updated_at)
    values (${row.id}::uuid, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid, ${row.systemType}, ${row.url},
      ${row.secrets}::bytea, ${row.setupUntil}::timestamptz, ${row.createdAt}::timestamptz, ${row.createdAt}::timestamptz)
    returning ${endpointColumns}
  `.execute(tx);
  return rows[0] as EndpointRow;
}

export async function findEndpoint(tx: Tx, id: string): Promise<EndpointRow | null> {
  const { rows } = await sql<EndpointRow>`
    select ${endpointColumns} from pos_webhook_endpoints where id = ${id}::uuid
  `.execute(tx);
  return rows[0] ?? null;
}

/** The same, held against others who replace its keys. */
export async function lockEndpoint(tx: Tx, id: string): Promise<EndpointRow | null> {
  const { rows } = await sql<EndpointRow>`
    select ${endpointColumns} from pos_webhook_endpoints where id = ${id}::uuid for no key update
  `.execute(tx);
  return rows[0] ?? null;
}

export async function listEndpoints(
  tx: Tx,
  { limit, after }: { readonly limit: number; readonly after: string | null },
): Promise<EndpointRow[]> {
  const { rows } = await sql<EndpointRow>`
    select ${endpointColumns} from pos_webhook_endpoints
    where ${after}::uuid is null or id > ${after}::uuid order by id limit ${limit}
  `.execute(tx);
  return rows;
}

export interface EndpointUpdate {
  readonly id: string;
  readonly url: string;
  readonly secrets: Buffer | null;
  readonly setupUntil: Date | null;
  readonly at: Date;
}

export async function updateEndpoint(tx: Tx, row: EndpointUpdate): Promise<EndpointRow> {
  const { rows } = await sql<EndpointRow>`
    update pos_webhook_endpoints
    set url = ${row.url}, secrets = ${row.secrets}::bytea, setup_until = ${row.setupUntil}::timestamptz,
      updated_at = ${row.at}::timestamptz
    where id = ${row.id}::uuid returning ${endpointColumns}
  `.execute(tx);
  return rows[0] as EndpointRow;
}

/** Kept only while the set-up is open. */
export async function keepVerificationCode(
  tx: Tx,
  { id, code, at }: { readonly id: string; readonly code: string; readonly at: Date },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update pos_webhook_endpoints set verification_code = ${code}, updated_at = ${at}::timestamptz
    where id = ${id}::uuid and setup_until > ${at}::timestamptz
  `.execute(tx);
  return numAffectedRows === 1n;
}

export interface SealedSecrets {
  readonly id: string;
  readonly franchiseId: string;
  readonly sealed: Buffer;
}

export async function listSealedSecrets(tx: Tx, after: string | null, limit: number): Promise<SealedSecrets[]> {
  const { rows } = await sql<SealedSecrets>`
    select id, franchise_id as "franchiseId", secrets as sealed from pos_webhook_endpoints
    where secrets is not null and (${after}::uuid is null or id > ${after}::uuid) order by id limit ${limit}
  `.execute(tx);
  return rows;
}

export async function replaceSecrets(
  tx: Tx,
  { id, former, sealed }: { readonly id: string; readonly former: Buffer; readonly sealed: Buffer },
): Promise<void> {
  await sql`
    update pos_webhook_endpoints set secrets = ${sealed}::bytea where id = ${id}::uuid and secrets = ${former}::bytea
  `.execute(tx);
}

// ---- What came

export interface HintAt {
  readonly place: string;
  readonly kind: string;
  readonly id: string;
}

export interface NewMessage {
  readonly endpointId: string;
  readonly id: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly dedupeKey: string;
  readonly body: Buffer;
  /** Null: it is genuine and cannot be read. */
  readonly hints: readonly HintAt[] | null;
  readonly at: Date;
}

/** True for a delivery that was not there; a repetition is counted. */
export async function keepMessage(tx: Tx, row: NewMessage): Promise<boolean> {
  const { rows } = await sql<{ isNew: boolean }>`
    insert into pos_webhook_messages as known (endpoint_id, id, franchise_id, franchisee_id, dedupe_key, body, hints,
      received_at)
    values (${row.endpointId}::uuid, ${row.id}::uuid, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid,
      ${row.dedupeKey}, ${row.body}::bytea, ${row.hints && JSON.stringify(row.hints)}::jsonb, ${row.at}::timestamptz)
    on conflict (endpoint_id, dedupe_key) do update set arrivals = known.arrivals + 1
    returning id = ${row.id}::uuid as "isNew"
  `.execute(tx);
  return rows[0]?.isNew === true;
}

export interface HintedTills {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly systemType: PosSystemType;
  readonly hints: readonly HintAt[];
  /** When their delivery came. */
  readonly toldAt: Date;
  /** How long hints about one object are gathered before it is fetched, in ms. */
  readonly gatherMs: number;
}

/**
 * Leaves each hint at the tills that it means, one row an object however often it is named, and makes the tills due.
 * Answers how many tills it meant. Paused tills are not listened to.
 */
export async function leaveHints(tx: Tx, wanted: HintedTills): Promise<number> {
  const { franchiseId, franchiseeId, systemType, hints, toldAt, gatherMs } = wanted;
  const { rows } = await sql<{ tills: number }>`
    with hinted as materialized (
      select distinct place, kind, id from jsonb_to_recordset(${JSON.stringify(hints)}::jsonb)
        as hint (place text, kind text, id text)
    ), meant as materialized (
      select distinct asked.location_id, asked.pos_system_id, asked.franchise_id, asked.franchisee_id, hinted.kind, hinted.id
      from hinted join pos_connections as asked on asked.places @> array[hinted.place]
        and asked.system_type = ${systemType} and asked.franchise_id = ${franchiseId}::uuid and asked.enabled
        and (${franchiseeId}::uuid is null or asked.franchisee_id = ${franchiseeId}::uuid)
    ), left_there as (
      insert into pos_hints as known (location_id, pos_system_id, kind, external_id, franchise_id, franchisee_id,
        next_attempt_at, created_at, told_at)
      select location_id, pos_system_id, kind, id, franchise_id, franchisee_id, clock_timestamp(), clock_timestamp(),
        ${toldAt}::timestamptz
      from meant order by location_id, pos_system_id, kind, id
      on conflict (location_id, pos_system_id, kind, external_id) do update
      set arrivals = known.arrivals + 1, attempts = 0, next_attempt_at = clock_timestamp(),
        told_at = least(known.told_at, excluded.told_at)
    ), tills as materialized (
      select location_id, pos_system_id from pos_connections
      where (location_id, pos_system_id) in (select location_id, pos_system_id from meant)
      order by location_id, pos_system_id for no key update
    ), woken as (
      update pos_connections as asked
      -- A till that backs off from its vendor follows its hints when it is its turn: a busy shop's webhooks would have it
      -- ask once a second.
      set wake_at = case when asked.failures_in_row > 0 and asked.lease_holder is null and asked.due_at is not null
          then asked.wake_at else ${wokenAt(gatherMs)} end, webhook_at = clock_timestamp()
      -- By key: a run that has just ended has moved the row, and its former place would find nothing to wake.
      from tills where asked.location_id = tills.location_id and asked.pos_system_id = tills.pos_system_id
      returning 1
    )
    select count(*)::integer as tills from woken
  `.execute(tx);
  return rows[0]?.tills ?? 0;
}

export async function noteGenuine(
  tx: Tx,
  { endpointId, id, tills }: { readonly endpointId: string; readonly id: string; readonly tills: number },
): Promise<void> {
  await sql`
    update pos_webhook_messages set known_places = ${tills}::integer
    where endpoint_id = ${endpointId}::uuid and id = ${id}::uuid
  `.execute(tx);
}

/** Once a minute is enough to see that they still come. */
export async function noteEndpoint(tx: Tx, id: string, at: Date): Promise<void> {
  await sql`
    update pos_webhook_endpoints set genuine_at = ${at}::timestamptz
    where id = ${id}::uuid and (genuine_at is null or genuine_at < ${at}::timestamptz - interval '1 minute')
  `.execute(tx);
}

export interface MessageRow {
  readonly id: string;
  readonly endpointId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly dedupeKey: string;
  readonly hints: readonly HintAt[] | null;
  readonly knownPlaces: number;
  readonly arrivals: number;
  readonly receivedAt: Date;
  readonly replayedAt: Date | null;
}

const messageColumns = sql`id, endpoint_id as "endpointId", franchise_id as "franchiseId",
  franchisee_id as "franchiseeId", dedupe_key as "dedupeKey", hints, known_places as "knownPlaces", arrivals,
  received_at as "receivedAt", replayed_at as "replayedAt"`;

/** Newest first. */
export async function listMessages(
  tx: Tx,
  wanted: { readonly endpointId: string; readonly limit: number; readonly after: string | null },
): Promise<MessageRow[]> {
  const { rows } = await sql<MessageRow>`
    select ${messageColumns} from pos_webhook_messages
    where endpoint_id = ${wanted.endpointId}::uuid and (${wanted.after}::uuid is null or id < ${wanted.after}::uuid)
    order by id desc limit ${wanted.limit}
  `.execute(tx);
  return rows;
}

export async function findMessage(
  tx: Tx,
  { endpointId, id }: { readonly endpointId: string; readonly id: string },
): Promise<MessageRow | null> {
  const { rows } = await sql<MessageRow>`
    select ${messageColumns} from pos_webhook_messages where endpoint_id = ${endpointId}::uuid and id = ${id}::uuid
  `.execute(tx);
  return rows[0] ?? null;
}

export async function noteReplay(
  tx: Tx,
  {
    endpointId,
    id,
    tills,
    at,
  }: { readonly endpointId: string; readonly id: string; readonly tills: number; readonly at: Date },
): Promise<MessageRow> {
  const { rows } = await sql<MessageRow>`
    update pos_webhook_messages set replayed_at = ${at}::timestamptz, known_places = ${tills}::integer
    where endpoint_id = ${endpointId}::uuid and id = ${id}::uuid returning ${messageColumns}
  `.execute(tx);
  return rows[0] as MessageRow;
}

/** How many were removed. */
export async function removeOldMessages(tx: Tx, olderThan: Date, limit: number): Promise<number> {
  const { numAffectedRows } = await sql`
    delete from pos_webhook_messages where (endpoint_id, id) in (
      select endpoint_id, id from pos_webhook_messages where received_at < ${olderThan}::timestamptz
      order by received_at limit ${limit}
    )
  `.execute(tx);
  return Number(numAffectedRows);
}
