// What the events of sales and stock carry, and the guards that tell which event one holds.
import { type SyncEvent, SyncEventType } from './sync-event.ts';

/** One line of a sale. `productId` is null while the till's product is not mapped. */
export type SaleChangeLine = {
  productId: string | null;
  sku: string | null;
  name: string | null;
  quantity: number;
  unitPrice: number;
  totalPrice: number;
};

/** `pos.transaction`: the sale's whole present state. A higher `version` replaces what was known before. */
export type SaleChange = {
  transactionId: string;
  externalId: string;
  posSystemId: string;
  locationId: string;
  version: number;
  status: 'completed' | 'refunded' | 'voided';
  currency: string;
  totalAmount: number;
  /** The total of the version before, null for a first one: what a running sum must take back. */
  previousTotalAmount: number | null;
  /** Total minus the sum of the lines. */
  discrepancy: number;
  paymentMethod: string | null;
  /** RFC 3339. */
  occurredAt: string;
  businessDate: string;
  /** Only of a refund that is a document of its own: every figure is negative, and its lines are goods taken back. */
  kind?: 'refund';
  /** Only of a refund: the till's id of its sale, null where it names none. */
  refundOf?: string | null;
  lines: SaleChangeLine[];
};

/** `inventory.update`: one item's stock before and after one commit. */
export type StockChange = {
  inventoryItemId: string;
  locationId: string;
  productId: string;
  productName: string;
  sku: string;
  previousStock: number;
  newStock: number;
  change: number;
  reason: 'sale' | 'in' | 'out' | 'adjustment' | 'waste' | 'count' | 'levels' | (string & {});
};

/** `pos.day_compared`: a business day that is over differs from what the till's vendor says of it, or agrees after all. */
export type DayChange = {
  posSystemId: string;
  posSystemName: string;
  locationId: string;
  locationName: string;
  businessDate: string;
  state: 'equal' | 'healed' | 'different';
  currency: string;
  vendorCount: number;
  vendorTotal: number;
  bookedCount: number;
  bookedTotal: number;
  /** How many sales and refunds differ; listPosDays lists them. */
  differences: number;
};

/** `stock.alert`: an item fell to its reorder level (`open`), or came back to its re-arm level (`resolved`). */
export type AlertChange = {
  alertId: string;
  inventoryItemId: string;
  locationId: string;
  locationName: string;
  productId: string;
  productName: string;
  sku: string;
  state: 'open' | 'resolved';
  currentStock: number;
  reorderLevel: number;
  rearmLevel: number;
};

/** True for a sale; then `changeData` is a SaleChange. */
export function isSaleEvent(event: SyncEvent): event is SyncEvent & { changeData: SaleChange } {
  return event.eventType === SyncEventType.POS_TRANSACTION;
}

/** True for a change of stock; then `changeData` is a StockChange. */
export function isStockEvent(event: SyncEvent): event is SyncEvent & { changeData: StockChange } {
  return event.eventType === SyncEventType.INVENTORY_UPDATE;
}

/** True for a stock alert; then `changeData` is an AlertChange. */
export function isAlertEvent(event: SyncEvent): event is SyncEvent & { changeData: AlertChange } {
  return event.eventType === SyncEventType.STOCK_ALERT;
}
