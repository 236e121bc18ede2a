// What the log is told about stock. Payloads carry names besides ids, because who reads them shares no table with us.
import type { AnyNewEvent, EventOwner } from '../../events/index.ts';
import { toJsonNumber, zero } from '../../platform/decimal.ts';
import type { ProductRef } from './products/queries.ts';
import type { AlertRow, FeedRow, Shop } from './queries.ts';
import { lastOccurredAt, type PlannedMove } from './stock-movement.ts';

/** The event of one moved item. The reason is the type of its first movement. */
export function stockMoved(move: PlannedMove, sourceSystem: string): AnyNewEvent {
  return {
    type: 'inventory.update',
    owner: ownerOf(move),
    entityId: move.inventoryItemId,
    operation: move.isNew ? 'INSERT' : 'UPDATE',
    record: rowAfter(move),
    oldRecord: move.isNew ? null : rowBefore(move),
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

/** The item's row as changeStock leaves it, worked out instead of read back, which would be one more wait a commit. */
function rowAfter({ record, at, newStock, restockedAt, countedAt }: PlannedMove): FeedRow {
  return {
    ...record,
    current_stock: toJsonNumber(newStock),
    updated_at: at,
    last_restocked_at: later(record['last_restocked_at'], restockedAt),
    last_counted_at: later(record['last_counted_at'], countedAt),
  };
}

/** The key and what a move replaces, which a plain client gets as `old`; the whole row would double what the log keeps. */
function rowBefore({ locationId, inventoryItemId, previousStock, record }: PlannedMove): FeedRow {
  const { version } = record;
  return { location_id: locationId, id: inventoryItemId, current_stock: toJsonNumber(previousStock), version };
}

/** Of an alert that has ended: the key and what ending it replaced. One that was opened was nothing before. */
export function alertBefore({ record }: AlertRow): FeedRow | null {
  if (record['state'] === 'open') return null;
  return { location_id: record['location_id'], id: record['id'], state: 'open', resolved_at: null };
}

/** What SQL's greatest() answers. The database's own is finer than a millisecond, so in doubt it is the later one. */
function later(known: unknown, instant: Date | null): unknown {
  if (instant === null) return known ?? null;
  return typeof known === 'string' && Date.parse(known) >= instant.getTime() ? known : asDatabaseWrites(instant);
}

/** The database's text for an instant: `2026-03-01T09:00:00+00:00`, without zeros at the end of the fraction. */
function asDatabaseWrites(instant: Date): string {
  return instant.toISOString().replace(/\.?0*Z$/, '+00:00');
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
    oldRecord: alertBefore(alert),
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
