// The statements about sealed credentials: read to be used, replaced by whoever holds the renewal, wrapped anew.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';

export interface SystemKey {
  readonly locationId: string;
  readonly posSystemId: string;
}

export interface SealedCredentials extends SystemKey {
  readonly franchiseId: string;
  readonly sealed: Buffer;
}

/** Null where there are none. */
export async function loadCredentials(tx: Tx, key: SystemKey): Promise<SealedCredentials | null> {
  const { rows } = await sql<SealedCredentials>`
    select location_id as "locationId", id as "posSystemId", franchise_id as "franchiseId", api_credentials as sealed
    from pos_systems
    where location_id = ${key.locationId}::uuid and id = ${key.posSystemId}::uuid and api_credentials is not null
  `.execute(tx);
  return rows[0] ?? null;
}

/**
 * The tills of the same brand at the same host, in one order for everybody: whose token one may use, and the first of them
 * is where their renewals are locked.
 */
export async function listSiblings(tx: Tx, key: SystemKey, limit: number): Promise<SystemKey[]> {
  const { rows } = await sql<SystemKey>`
    select sibling.location_id as "locationId", sibling.pos_system_id as "posSystemId"
    from pos_connections as own join pos_connections as sibling
      on sibling.franchise_id = own.franchise_id and sibling.host = own.host
    where own.location_id = ${key.locationId}::uuid and own.pos_system_id = ${key.posSystemId}::uuid
    order by sibling.location_id, sibling.pos_system_id limit ${limit}
  `.execute(tx);
  return rows;
}

/** Of tills of a make that the actor reaches, the newest first. */
export async function listOfMake(tx: Tx, systemType: string, limit: number): Promise<SealedCredentials[]> {
  const { rows } = await sql<SealedCredentials>`
    select location_id as "locationId", id as "posSystemId", franchise_id as "franchiseId", api_credentials as sealed
    from pos_systems where system_type = ${systemType} and api_credentials is not null order by id desc limit ${limit}
  `.execute(tx);
  return rows;
}

/** Whether the renewal is ours now: it was nobody's, or its holder has let it end. */
export async function takeRenewal(
  tx: Tx,
  { locationId, posSystemId, holder, ttlMs }: SystemKey & { readonly holder: string; readonly ttlMs: number },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update pos_connections
    set renewal_holder = ${holder}::uuid, renewal_until = clock_timestamp() + ${ttlMs} * interval '1 millisecond'
    where location_id = ${locationId}::uuid and pos_system_id = ${posSystemId}::uuid
      and (renewal_holder is null or renewal_until <= clock_timestamp())
  `.execute(tx);
  return numAffectedRows === 1n;
}

export async function giveRenewalBack(tx: Tx, key: SystemKey & { readonly holder: string }): Promise<void> {
  await sql`
    update pos_connections set renewal_holder = null, renewal_until = null
    where location_id = ${key.locationId}::uuid and pos_system_id = ${key.posSystemId}::uuid
      and renewal_holder = ${key.holder}::uuid
  `.execute(tx);
}

/** False where `former` is no longer what is kept: then somebody has replaced it, and theirs counts. */
export async function replaceCredentials(
  tx: Tx,
  { locationId, posSystemId, former, sealed }: SystemKey & { readonly former: Buffer; readonly sealed: Buffer },
): Promise<boolean> {
  const { numAffectedRows } = await sql`
    update pos_systems set api_credentials = ${sealed}::bytea
    where location_id = ${locationId}::uuid and id = ${posSystemId}::uuid and api_credentials = ${former}::bytea
  `.execute(tx);
  return numAffectedRows === 1n;
}

/** In the order of their keys; `after` is the last one of the page before. */
export async function listSealed(tx: Tx, after: SystemKey | null, limit: number): Promise<SealedCredentials[]> {
  const { rows } = await sql<SealedCredentials>`
    select location_id as "locationId", id as "posSystemId", franchise_id as "franchiseId", api_credentials as sealed
    from pos_systems
    where api_credentials is not null and (${after?.locationId ?? null}::uuid is null
      or (location_id, id) > (${after?.locationId ?? null}::uuid, ${after?.posSystemId ?? null}::uuid))
    order by location_id, id limit ${limit}
  `.execute(tx);
  return rows;
}
