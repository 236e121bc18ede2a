// What the log is told of an edit of levels: the item, and its alert where the edit opened or ended one.
import type { AnyNewEvent } from '../../../events/index.ts';
import { toJsonNumber } from '../../../platform/decimal.ts';
import type { AlertRow, FeedRow, Shop } from '../queries.ts';
import type { StockItem } from '../shelves/queries.ts';
import { alertBefore } from '../stock-events.ts';

export interface EditedItem extends StockItem, Shop {
  readonly locationId: string;
}

/** `item` is as it was before the edit, `record` the row as it is now. */
export function levelsEdited(item: EditedItem, record: FeedRow, at: Date): AnyNewEvent {
  const stock = toJsonNumber(item.currentStock);
  return {
    ...about(item, at),
    type: 'inventory.update',
    entityId: item.inventoryItemId,
    operation: 'UPDATE',
    record,
    oldRecord: rowBefore(item),
    changeData: { ...named(item), previousStock: stock, newStock: stock, change: 0, reason: 'levels' },
  };
}

/** The key and what an edit may replace. */
function rowBefore({ locationId, inventoryItemId, version, ...item }: EditedItem): FeedRow {
  return {
    location_id: locationId,
    id: inventoryItemId,
    current_stock: toJsonNumber(item.currentStock),
    reorder_level: figure(item.reorderLevel),
    rearm_level: figure(item.rearmLevel),
    max_stock_level: figure(item.maxStockLevel),
    version,
  };
}

const figure = (level: string | null): number | null => (level === null ? null : toJsonNumber(level));

/** The levels are the alert's own: an edit that ends it may leave the item none. */
export function alertEdited(item: EditedItem, alert: AlertRow, at: Date): AnyNewEvent {
  const { record, locationName } = alert;
  const alertId = String(record['id']);
  const state = record['state'] === 'open' ? 'open' : 'resolved';
  const levels = { reorderLevel: Number(record['reorder_level']), rearmLevel: Number(record['rearm_level']) };
  return {
    ...about(item, at),
    type: 'stock.alert',
    entityId: alertId,
    operation: state === 'open' ? 'INSERT' : 'UPDATE',
    record,
    oldRecord: alertBefore(alert),
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
