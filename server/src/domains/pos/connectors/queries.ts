// What translations look up: the items of a till's catalogue, and the refunds booked of its sales.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';
import type { BookedRefund, CatalogueItem } from './translation-facts.ts';

export interface TillPlace {
  readonly id: string;
  readonly locationId: string;
}

export async function findCatalogueItems(
  tx: Tx,
  till: TillPlace,
  externalProductIds: readonly string[],
): Promise<CatalogueItem[]> {
  const result = await sql<CatalogueItem>`
    select external_product_id as "externalProductId", sku, name, is_deleted as "isDeleted"
    from pos_catalogue_items
    where location_id = ${till.locationId}::uuid and pos_system_id = ${till.id}::uuid
      and external_product_id = any(${externalProductIds}::text[])
  `.execute(tx);
  return result.rows;
}

/** An item that is deleted at the vendor, and one that comes without a name, keeps the name and SKU that it had. */
export async function upsertCatalogueItems(
  tx: Tx,
  till: TillPlace & { readonly franchiseId: string; readonly franchiseeId: string | null },
  { items, at }: { readonly items: readonly CatalogueItem[]; readonly at: Date },
): Promise<void> {
  const of = <V>(pick: (item: CatalogueItem) => V): V[] => items.map(pick);
  await sql`
    insert into pos_catalogue_items as known (location_id, pos_system_id, external_product_id, franchise_id,
      franchisee_id, sku, name, is_deleted, updated_at)
    select ${till.locationId}::uuid, ${till.id}::uuid, external_product_id, ${till.franchiseId}::uuid,
      ${till.franchiseeId}::uuid, sku, name, is_deleted, ${at}::timestamptz
    from unnest(${of((item) => item.externalProductId)}::text[], ${of((item) => item.sku)}::text[],
      ${of((item) => item.name)}::text[], ${of((item) => item.isDeleted)}::boolean[])
      as item (external_product_id, sku, name, is_deleted)
    on conflict (location_id, pos_system_id, external_product_id) do update
    set sku = case when excluded.is_deleted then coalesce(excluded.sku, known.sku) else excluded.sku end,
      name = coalesce(excluded.name, known.name), is_deleted = excluded.is_deleted, updated_at = excluded.updated_at
    where (known.sku, known.name, known.is_deleted)
      is distinct from (excluded.sku, coalesce(excluded.name, known.name), excluded.is_deleted)
  `.execute(tx);
}

export interface RefundRow extends BookedRefund {
  readonly refundOf: string;
}

/** In the order of their external ids, which is that of their making where a make counts them. */
export async function findRefundsOf(tx: Tx, till: TillPlace, saleExternalIds: readonly string[]): Promise<RefundRow[]> {
  const result = await sql<RefundRow>`
    select refund_of as "refundOf", external_transaction_id as "externalId", version, status, total_amount as total,
      coalesce(breakdown->>'tip', '0') as tip
    from pos_transactions
    where location_id = ${till.locationId}::uuid and pos_system_id = ${till.id}::uuid and kind = 'refund'
      and refund_of = any(${saleExternalIds}::text[])
    order by external_transaction_id collate "C"
  `.execute(tx);
  return result.rows;
}
