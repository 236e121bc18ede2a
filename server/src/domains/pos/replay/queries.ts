// The statements about one refused element: finding it, and what its replay comes to.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';
import { versionReused } from '../errors.ts';
import { type SyncErrorView, syncErrorColumns } from '../reading/queries.ts';

/** Through the shops that the actor sees: an id alone is in no index. */
export async function findSyncError(tx: Tx, id: string): Promise<SyncErrorView | null> {
  const result = await sql<SyncErrorView>`
    select ${syncErrorColumns}
    from locations as shop
    cross join lateral (
      select * from sync_errors where sync_errors.location_id = shop.id and sync_errors.id = ${id}::uuid offset 0
    ) as kept
  `.execute(tx);
  return result.rows[0] ?? null;
}

interface OpenError {
  readonly locationId: string;
  readonly id: string;
}

/** Null where somebody else has resolved it meanwhile. */
export async function resolveSyncError(
  tx: Tx,
  { locationId, id }: OpenError,
  resolution: { readonly transactionId: string | null; readonly by: string; readonly at: Date },
): Promise<SyncErrorView | null> {
  const { transactionId, by, at } = resolution;
  const result = await sql<SyncErrorView>`
    update sync_errors as kept
    set state = 'resolved', resolved_at = ${at}::timestamptz, resolved_by = ${by}, transaction_id = ${transactionId}::uuid
    where kept.location_id = ${locationId}::uuid and kept.id = ${id}::uuid and kept.state = 'open'
    returning ${syncErrorColumns}
  `.execute(tx);
  return result.rows[0] ?? null;
}

/** Keeps why it was refused this time; null where somebody else has resolved it meanwhile. */
export async function renewSyncError(
  tx: Tx,
  { locationId, id }: OpenError,
  refusal: { readonly externalId: string | null; readonly code: string; readonly detail: string },
): Promise<SyncErrorView | null> {
  const result = await sql<SyncErrorView>`
    update sync_errors as kept
    set code = ${refusal.code}, detail = ${refusal.detail},
      external_transaction_id = coalesce(${refusal.externalId}::text, kept.external_transaction_id)
    where kept.location_id = ${locationId}::uuid and kept.id = ${id}::uuid and kept.state = 'open'
    returning ${syncErrorColumns}
  `.execute(tx);
  return result.rows[0] ?? null;
}

/**
 * Resolves every open error whose sale was booked after the error was last seen, in the refused version or a later one;
 * an older version that comes late says nothing of the refused one, nor does a refund of the same number say anything of
 * a sale. What was refused because its version is booked with other content is settled by a later version alone: the
 * booked one is what it contradicts, and is touched too where its waiting lines find their product. Returns how many.
 */
export async function resolveBookedErrors(
  tx: Tx,
  { by, at }: { readonly by: string; readonly at: Date },
): Promise<number> {
  const result = await sql`
    update sync_errors as kept
    set state = 'resolved', resolved_at = ${at}::timestamptz, resolved_by = ${by}, transaction_id = sale.id
    from pos_transactions as sale
    where kept.state = 'open' and kept.external_transaction_id is not null and sale.location_id = kept.location_id
      and sale.pos_system_id = kept.pos_system_id and sale.external_transaction_id = kept.external_transaction_id
      and (kept.kind is null or sale.kind = kept.kind) and sale.updated_at > kept.last_seen_at
      and (kept.version is null or sale.version > kept.version
        or sale.version = kept.version and kept.code <> ${versionReused.definition.code})
  `.execute(tx);
  return Number(result.numAffectedRows ?? 0);
}

/** Deletes the bytes of errors that were resolved before then; returns of how many. */
export async function forgetRawBodies(
  tx: Tx,
  { before, rowsMax }: { readonly before: Date; readonly rowsMax: number },
): Promise<number> {
  const result = await sql`
    update sync_errors as kept set raw_body = null
    from (
      select location_id, id from sync_errors
      where state = 'resolved' and raw_body is not null and resolved_at < ${before}::timestamptz
      order by resolved_at limit ${rowsMax} for update skip locked
    ) as settled
    where kept.location_id = settled.location_id and kept.id = settled.id
  `.execute(tx);
  return Number(result.numAffectedRows ?? 0);
}
