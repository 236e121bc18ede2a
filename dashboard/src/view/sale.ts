// A sale as the screen knows it, read from an event or from the list of transactions.
import type { SaleChange, SyncEvent, Transaction } from '@tillstream/client';

export type Sale = {
  id: string;
  version: number;
  status: 'completed' | 'refunded' | 'voided';
  locationId: string;
  currency: string;
  /** The present total: after a refund what is left, after a void zero. */
  totalAmount: number;
  /** Milliseconds since 1970: at the till, and when the server wrote it down. */
  occurredAtMs: number;
  recordedAtMs: number;
  items: { name: string; quantity: number }[];
};

type SoldLine = { name: string | null; sku: string | null; quantity: number };

/** Reads a sale from its event. */
export function saleFromEvent(event: SyncEvent & { changeData: SaleChange }): Sale {
  const change = event.changeData;
  return {
    id: change.transactionId,
    version: change.version,
    status: change.status,
    locationId: change.locationId,
    currency: change.currency,
    totalAmount: change.totalAmount,
    occurredAtMs: Date.parse(change.occurredAt),
    recordedAtMs: event.recordedAt.getTime(),
    items: change.lines.map(readItem),
  };
}

/** Reads a sale from the list of a shop's transactions. */
export function saleFromTransaction(transaction: Transaction): Sale {
  return {
    id: transaction.id,
    version: transaction.version,
    status: transaction.status,
    locationId: transaction.locationId,
    currency: transaction.currency,
    totalAmount: transaction.totalAmount,
    occurredAtMs: Date.parse(transaction.occurredAt),
    recordedAtMs: Date.parse(transaction.occurredAt),
    items: transaction.lines.map(readItem),
  };
}

// A line of an unmapped product may have neither name nor SKU: the sale is shown all the same.
function readItem(line: SoldLine): Sale['items'][number] {
  return { name: line.name ?? line.sku ?? 'Unknown item', quantity: line.quantity };
}
