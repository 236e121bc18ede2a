// The statements about one item by its id. Ids alone are in no index: an item is found through the shops that the actor
// sees, so that stock could be spread over many databases by its shop.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';
import type { FeedRow, Shop } from '../queries.ts';

export interface ItemPlace extends Shop {
  readonly productId: string;
}

/** Where an item is; undefined when the actor sees none of this id. The owner is the shop's of today. */
export async function findItemPlace(tx: Tx, id: string): Promise<ItemPlace | undefined> {
  const { rows } = await sql<ItemPlace>`
    select shop.id as "locationId", shop.franchise_id as "franchiseId", shop.franchisee_id as "franchiseeId",
      item.product_id as "productId"
    from locations as shop
    cross join lateral (
      select product_id from inventory_items
      where inventory_items.location_id = shop.id and inventory_items.id = ${id}::uuid offset 0
    ) as item
  `.execute(tx);
  return rows[0];
}

export interface LevelsUpdate {
  readonly locationId: string;
  readonly inventoryItemId: string;
  /** The one that is updated. */
  readonly version: number;
  readonly reorderLevel: string | null;
  readonly rearmLevel: string | null;
  readonly maxStockLevel: string | null;
}

/** The row as it is announced; undefined when the item is no longer at that version. */
export async function updateLevels(tx: Tx, row: LevelsUpdate): Promise<FeedRow | undefined> {
  const { rows } = await sql<{ record: FeedRow }>`
    update inventory_items as item set reorder_level = ${row.reorderLevel}::numeric,
      rearm_level = ${row.rearmLevel}::numeric, max_stock_level = ${row.maxStockLevel}::numeric,
      version = version + 1, updated_at = now()
    where item.location_id = ${row.locationId}::uuid and item.id = ${row.inventoryItemId}::uuid
      and item.version = ${row.version}::integer
    returning to_jsonb(item) as record
  `.execute(tx);
  return rows[0]?.record;
}
