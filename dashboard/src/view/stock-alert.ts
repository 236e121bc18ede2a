// Low-stock alerts as the screen knows them.
import type { AlertChange, SyncEvent } from '@tillstream/client';

export type StockAlert = {
  /** The item's id: an item has at most one open alert, and a later one takes the place of a resolved one. */
  inventoryItemId: string;
  locationId: string;
  locationName: string;
  productName: string;
  state: 'open' | 'resolved';
  currentStock: number;
  reorderLevel: number;
  /** Milliseconds since 1970 of the last change of its state; undefined for one that was open before we looked. */
  changedAtMs: number | undefined;
};

/** Reads an alert from its event. */
export function alertFromEvent(event: SyncEvent & { changeData: AlertChange }): StockAlert {
  const change = event.changeData;
  return {
    inventoryItemId: change.inventoryItemId,
    locationId: change.locationId,
    locationName: change.locationName,
    productName: change.productName,
    state: change.state,
    currentStock: change.currentStock,
    reorderLevel: change.reorderLevel,
    changedAtMs: event.timestamp.getTime(),
  };
}

/** Open alerts first, then the newest. */
export function compareAlerts(one: StockAlert, other: StockAlert): number {
  if (one.state !== other.state) return one.state === 'open' ? -1 : 1;
  return (other.changedAtMs ?? 0) - (one.changedAtMs ?? 0) || one.productName.localeCompare(other.productName);
}
