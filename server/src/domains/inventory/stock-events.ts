// What the log is told about stock. Payloads carry names besides ids, because who reads them shares no table with us.
import type { AnyNewEvent, EventOwner } from '../../events/index.ts';
import { toJsonNumber, zero } from '../../platform/decimal.ts';
import type { ProductRef } from './products/queries.ts';
import type { AlertRow, FeedRow, ItemRow, Shop } from './queries.ts';
import { lastOccurredAt, type PlannedMove } from './stock-movement.ts';

/** The event of one moved item and its row after the move. The reason is the type of its first movement. */
export function stockMoved(move: PlannedMove, { record }: ItemRow, sourceSystem: string): AnyNewEvent {
  return {
    type: 'inventory.update',
    owner: ownerOf(move),
    entityId: move.inventoryItemId,
    operation: move.isNew ? 'INSERT' : 'UPDATE',
    record,
    changeData: {
      inventoryItemId: move.inventoryItemId,
      locationId: move.locationId,
      productId: move.productId,
      productName: move.productName,
      sku: move.sku,
      previousStock: toJsonNumber(move.previousStock),
      newStock: toJsonNumber(move.newStock),
      change: toJsonNumber(move.change),
      reason: move.movements[0]?.type ?? 'adjustment',
    },
    sourceSystem,
    timestamp: lastOccurredAt(move),
  };
}

/** The event of an alert that this move opened or resolved. */
export function alertChanged(move: PlannedMove, alert: AlertRow, sourceSystem: string): AnyNewEvent {
  const state = alert.record['state'] === 'open' ? 'open' : 'resolved';
  const alertId = String(alert.record['id']);
  return {
    type: 'stock.alert',
    owner: ownerOf(move),
    entityId: alertId,
    operation: state === 'open' ? 'INSERT' : 'UPDATE',
    record: alert.record,
    changeData: {
      alertId,
      inventoryItemId: move.inventoryItemId,
      locationId: move.locationId,
      locationName: alert.locationName,
      productId: move.productId,
      productName: move.productName,
      sku: move.sku,
      state,
      currentStock: toJsonNumber(move.newStock),
      reorderLevel: toJsonNumber(move.reorderLevel ?? zero),
      rearmLevel: toJsonNumber(move.rearmLevel ?? zero),
    },
    sourceSystem,
    timestamp: lastOccurredAt(move),
  };
}

/** An item that was made before anything moved: stock 0, with its levels. */
export function itemCreated(
  item: Shop & { readonly inventoryItemId: string; readonly product: ProductRef },
  record: FeedRow,
  at: Date,
): AnyNewEvent {
  const { product, inventoryItemId, locationId } = item;
  return {
    type: 'inventory.update',
    owner: ownerOf(item),
    entityId: inventoryItemId,
    operation: 'INSERT',
    record,
    changeData: {
      inventoryItemId,
      locationId,
      productId: product.id,
      productName: product.name,
      sku: product.sku,
      previousStock: 0,
      newStock: 0,
      change: 0,
      reason: 'levels',
    },
    sourceSystem: 'api',
    timestamp: at,
  };
}

function ownerOf({ franchiseId, franchiseeId, locationId }: Shop): EventOwner {
  return { franchiseId, franchiseeId, locationId };
}
