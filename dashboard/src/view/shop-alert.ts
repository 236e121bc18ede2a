// Low-stock alerts as the screen knows them.
import type { AlertChange, StockAlert, SyncEvent } from '@tillstream/client';

export type ShopAlert = {
  id: string;
  inventoryItemId: string;
  locationId: string;
  productName: string;
  state: 'open' | 'resolved';
  /** Stock when the alert opened or was resolved; what there is now stands in the stock's levels. */
  currentStock: number;
  reorderLevel: number;
  /** Milliseconds since 1970 of the last change of its state. */
  changedAtMs: number;
};

/** Reads an alert from its event. */
export function alertFromEvent(event: SyncEvent & { changeData: AlertChange }): ShopAlert {
  const change = event.changeData;
  return {
    id: change.alertId,
    inventoryItemId: change.inventoryItemId,
    locationId: change.locationId,
    productName: change.productName,
    state: change.state,
    currentStock: change.currentStock,
    reorderLevel: change.reorderLevel,
    changedAtMs: event.timestamp.getTime(),
  };
}

/** Reads an alert from the list of a shop's alerts. */
export function alertFromList(alert: StockAlert): ShopAlert {
  return {
    id: alert.id,
    inventoryItemId: alert.inventoryItemId,
    locationId: alert.locationId,
    productName: alert.productName,
    state: alert.state,
    currentStock: alert.currentStock,
    reorderLevel: alert.reorderLevel,
    changedAtMs: Date.parse(alert.resolvedAt ?? alert.openedAt),
  };
}

/** Open alerts first, then the newest. */
export function compareAlerts(one: ShopAlert, other: ShopAlert): number {
  if (one.state !== other.state) return one.state === 'open' ? -1 : 1;
  return other.changedAtMs - one.changedAtMs || one.productName.localeCompare(other.productName);
}
