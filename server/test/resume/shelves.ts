// Shelves as the database has them, to be compared with those that screens show.
import { isDeepStrictEqual } from 'node:util';
import type { StockItem } from '../../../client/src/index.ts';
import type { TestDatabase } from '../harness/test-database.ts';

export interface ShelfItem {
  readonly sku: string;
  readonly currentStock: number;
  readonly reorderLevel: number | null;
  readonly rearmLevel: number | null;
  readonly low: boolean;
  readonly negative: boolean;
  readonly version: number;
  readonly alertId: string | null;
}

/** Every shop's, by SKU. */
export async function readShelves(database: TestDatabase): Promise<Map<string, ShelfItem[]>> {
  const rows = await database.rows<ShelfItem & { locationId: string }>(
    `select item.location_id as "locationId", product.sku, item.current_stock::float8 as "currentStock",
       item.reorder_level::float8 as "reorderLevel", item.rearm_level::float8 as "rearmLevel",
       coalesce(item.current_stock <= item.reorder_level, false) as low, item.current_stock < 0 as negative,
       item.version, alert.id as "alertId"
     from inventory_items as item
     join products as product on product.id = item.product_id
     left join stock_alerts as alert
       on alert.location_id = item.location_id and alert.inventory_item_id = item.id and alert.state = 'open'
     order by product.sku collate "C"`,
  );
  const shelves = new Map<string, ShelfItem[]>();
  for (const { locationId, ...item } of rows) {
    shelves.set(locationId, [...(shelves.get(locationId) ?? []), item]);
  }
  return shelves;
}

export function isSameShelf(shown: readonly StockItem[], wanted: readonly ShelfItem[]): boolean {
  return isDeepStrictEqual(shelfOf(shown), wanted);
}

/** What is compared of a shelf that a screen shows. */
export function shelfOf(items: readonly StockItem[]): ShelfItem[] {
  return items.map(({ sku, currentStock, reorderLevel, rearmLevel, low, negative, version, alert }) => {
    return { sku, currentStock, reorderLevel, rearmLevel, low, negative, version, alertId: alert?.id ?? null };
  });
}
