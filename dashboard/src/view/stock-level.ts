// Stock of an item against its levels, and how urgent that is.
import type { StockChange, StockItem } from '@tillstream/client';

export type StockLevel = {
  inventoryItemId: string;
  locationId: string;
  productId: string;
  productName: string;
  sku: string;
  unit: string;
  currentStock: number;
  /** Null where nobody has set one. */
  reorderLevel: number | null;
  /** Stock at which an open alert is resolved. */
  rearmLevel: number | null;
  maxStockLevel: number | null;
};

/**
 * - `negative`: more was sold than was booked in; somebody has to count.
 * - `out`: nothing left. `low`: at or under the reorder level. `fine`: above it.
 */
export type Urgency = 'negative' | 'out' | 'low' | 'fine';

const rank: Record<Urgency, number> = { negative: 0, out: 1, low: 2, fine: 3 };

/** How urgent a level is. An item without a reorder level is never low, but it can be out. */
export function urgencyOf(level: StockLevel): Urgency {
  if (level.currentStock < 0) return 'negative';
  if (level.currentStock === 0) return 'out';
  return level.reorderLevel !== null && level.currentStock <= level.reorderLevel ? 'low' : 'fine';
}

/**
 * The most urgent first; among equals the one that is further below its reorder level; what is fine goes by name, so
 * that the calm part of the list does not hop about with every sale.
 */
export function compareUrgency(one: StockLevel, other: StockLevel): number {
  const urgency = urgencyOf(one);
  const difference = rank[urgency] - rank[urgencyOf(other)];
  if (difference !== 0) return difference;
  const byShare = urgency === 'fine' ? 0 : shareOfReorder(one) - shareOfReorder(other);
  return byShare || one.productName.localeCompare(other.productName) || one.locationId.localeCompare(other.locationId);
}

/** Where the bar ends: the maximum level, or, where none is set, twice the reorder level, or the stock itself. */
export function barMaximum(level: StockLevel): number {
  return Math.max(level.maxStockLevel ?? (level.reorderLevel ?? 0) * 2, level.currentStock, 1);
}

/** Reads a level from the list of a shop's stock. */
export function levelFromItem(item: StockItem): StockLevel {
  return {
    inventoryItemId: item.inventoryItemId,
    locationId: item.locationId,
    productId: item.productId,
    productName: item.productName,
    sku: item.sku,
    unit: item.unit,
    currentStock: item.currentStock,
    reorderLevel: item.reorderLevel,
    rearmLevel: item.rearmLevel,
    maxStockLevel: item.maxStockLevel,
  };
}

/** The level after an event: its stock is the event's, which is absolute, so a missed one is healed by the next. */
export function withChange(level: StockLevel, change: StockChange): StockLevel {
  return { ...level, currentStock: change.newStock, productName: change.productName };
}

function shareOfReorder(level: StockLevel): number {
  return level.currentStock / (level.reorderLevel || 1);
}
