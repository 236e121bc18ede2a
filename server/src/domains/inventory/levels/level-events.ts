// What the log is told of an edit of levels: the item, and its alert where the edit opened or ended one.
import type { AnyNewEvent } from '../../../events/index.ts';
import { toJsonNumber } from '../../../platform/decimal.ts';
import type { AlertRow, FeedRow, Shop } from '../queries.ts';
import type { StockItem } from '../shelves/queries.ts';

export interface EditedItem extends StockItem, Shop {
  readonly locationId: string;
}

export function levelsEdited(item: EditedItem, record: FeedRow, at: Date): AnyNewEvent {
  const stock = toJsonNumber(item.currentStock);
  return {
    ...about(item, at),
    type: 'inventory.update',
    entityId: item.inventoryItemId,
    operation: 'UPDATE',
    record,
    changeData: { ...named(item), previousStock: stock, newStock: stock, change: 0, reason: 'levels' },
  };
}

/** The levels are the alert's own: an edit that ends it may leave the item none. */
export function alertEdited(item: EditedItem, { record, locationName }: AlertRow, at: Date): AnyNewEvent {
  const alertId = String(record['id']);
  const state = record['state'] === 'open' ? 'open' : 'resolved';
  const levels = { reorderLevel: Number(record['reorder_level']), rearmLevel: Number(record['rearm_level']) };
  return {
    ...about(item, at),
    type: 'stock.alert',
    entityId: alertId,
    operation: state === 'open' ? 'INSERT' : 'UPDATE',
    record,
    changeData: {
      ...named(item),
      ...levels,
      alertId,
      locationName,
      state,
      currentStock: toJsonNumber(item.currentStock),
    },
  };
}

function named({ inventoryItemId, locationId, productId, productName, sku }: EditedItem) {
  return { inventoryItemId, locationId, productId, productName, sku };
}

function about({ franchiseId, franchiseeId, locationId }: EditedItem, timestamp: Date) {
  return { owner: { franchiseId, franchiseeId, locationId }, sourceSystem: 'api', timestamp };
}
