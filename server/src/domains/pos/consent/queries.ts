// The statements about consents that are waited for. A state is kept as its digest: who reads the table cannot use one.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';

export interface ConsentRow {
  readonly locationId: string;
  readonly id: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly stateDigest: Buffer;
  readonly requestedBy: string;
  readonly wish: Buffer;
  readonly createdAt: Date;
  readonly expiresAt: Date;
}

/** Also removes those of the shop that nobody can use any more. */
export async function insertConsent(tx: Tx, row: ConsentRow): Promise<void> {
  await sql`
    delete from pos_consents where location_id = ${row.locationId}::uuid and expires_at <= ${row.createdAt}::timestamptz
  `.execute(tx);
  await sql`
    insert into pos_consents (location_id, id, franchise_id, franchisee_id, state_digest, requested_by, wish, created_at,
      expires_at)
    values (${row.locationId}::uuid, ${row.id}::uuid, ${row.franchiseId}::uuid, ${row.franchiseeId}::uuid,
      ${row.stateDigest}::bytea, ${row.requestedBy}, ${row.wish}::bytea, ${row.createdAt}::timestamptz,
      ${row.expiresAt}::timestamptz)
  `.execute(tx);
}

/** Removes it, so that of several who use a state one gets it. Null where it is not this caller's, or is over. */
export async function takeConsent(
  tx: Tx,
  wanted: Pick<ConsentRow, 'locationId' | 'stateDigest' | 'requestedBy'> & { readonly at: Date },
): Promise<Pick<ConsentRow, 'locationId' | 'id' | 'franchiseId' | 'wish'> | null> {
  const { rows } = await sql<Pick<ConsentRow, 'locationId' | 'id' | 'franchiseId' | 'wish'>>`
    delete from pos_consents
    where location_id = ${wanted.locationId}::uuid and state_digest = ${wanted.stateDigest}::bytea
      and requested_by = ${wanted.requestedBy} and expires_at > ${wanted.at}::timestamptz
    returning location_id as "locationId", id, franchise_id as "franchiseId", wish
  `.execute(tx);
  return rows[0] ?? null;
}
