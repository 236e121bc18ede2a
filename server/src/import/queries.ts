// The statements of an import: its checkpoint, and what the books say at the end.
import { sql } from 'kysely';
import type { Tx } from '../platform/database.ts';
import type { Tally } from './tally.ts';

export interface ImportKey {
  readonly posSystemId: string;
  readonly fileDigest: Buffer;
}

export async function findCheckpoint(tx: Tx, { posSystemId, fileDigest }: ImportKey): Promise<Tally | null> {
  const { rows } = await sql<{ reached: Tally }>`
    select reached from import_checkpoints
    where pos_system_id = ${posSystemId}::uuid and file_digest = ${fileDigest}::bytea
  `.execute(tx);
  return rows[0]?.reached ?? null;
}

export async function saveCheckpoint(tx: Tx, { posSystemId, fileDigest }: ImportKey, reached: Tally): Promise<void> {
  await sql`
    insert into import_checkpoints (pos_system_id, file_digest, reached)
    values (${posSystemId}::uuid, ${fileDigest}::bytea, ${JSON.stringify(reached)}::jsonb)
    on conflict (pos_system_id, file_digest) do update set reached = excluded.reached, updated_at = now()
  `.execute(tx);
}

export async function removeCheckpoint(tx: Tx, { posSystemId, fileDigest }: ImportKey): Promise<void> {
  await sql`
    delete from import_checkpoints
    where pos_system_id = ${posSystemId}::uuid and file_digest = ${fileDigest}::bytea
  `.execute(tx);
}

export interface TillBooks {
  readonly sales: number;
  /** A plain decimal, in the currency of the shop. */
  readonly revenue: string;
}

export async function readTillBooks(
  tx: Tx,
  { locationId, posSystemId }: { readonly locationId: string; readonly posSystemId: string },
): Promise<TillBooks> {
  const { rows } = await sql<TillBooks>`
    select count(*)::integer as sales, trim_scale(coalesce(sum(total_amount), 0))::text as revenue
    from pos_transactions where location_id = ${locationId}::uuid and pos_system_id = ${posSystemId}::uuid
  `.execute(tx);
  return rows[0] ?? { sales: 0, revenue: '0' };
}
