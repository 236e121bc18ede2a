// A sale as the screen knows it, read from an event or from the list of transactions.
import type { SaleChange, SyncEvent, Transaction } from '@tillstream/client';

export type Sale = {
  id: string;
  version: number;
  status: 'completed' | 'refunded' | 'voided';
  /** A refund with an id of its own: its total is negative, and it is no sale more. */
  isRefund: boolean;
  locationId: string;
  currency: string;
  /** The present total: after a refund what is left, after a void zero. */
  totalAmount: number;
  /** Milliseconds since 1970 at which it was rung up; by the server's clock where the till's is ahead of it. */
  occurredAtMs: number;
  /** Milliseconds since 1970 at which the server wrote this version down. */
  recordedAtMs: number;
  items: { name: string; quantity: number }[];
};

type SoldLine = { name: string | null; sku: string | null; quantity: number };

/** Reads a sale from its event. */
export function saleFromEvent(event: SyncEvent & { changeData: SaleChange }): Sale {
  const change = event.changeData;
  const recordedAtMs = event.recordedAt.getTime();
  return {
    id: change.transactionId,
    version: change.version,
    status: change.status,
    isRefund: change.kind === 'refund',
    locationId: change.locationId,
    currency: change.currency,
    totalAmount: change.totalAmount,
    occurredAtMs: noLaterThan(recordedAtMs, change.occurredAt),
    recordedAtMs,
    items: change.lines.map(readItem),
  };
}

/** Reads a sale from the list of a shop's transactions. */
export function saleFromTransaction(transaction: Transaction): Sale {
  return {
    id: transaction.id,
    version: transaction.version,
    status: transaction.status,
    isRefund: transaction.kind === 'refund',
    locationId: transaction.locationId,
    currency: transaction.currency,
    totalAmount: transaction.totalAmount,
    occurredAtMs: noLaterThan(Date.parse(transaction.createdAt), transaction.occurredAt),
    recordedAtMs: Date.parse(transaction.updatedAt),
    items: transaction.lines.map(readItem),
  };
}

// A till's clock may be ahead, and its sale would be missing from the hour until the minute comes that it claims.
function noLaterThan(recordedAtMs: number, occurredAt: string): number {
  return Math.min(recordedAtMs, Date.parse(occurredAt));
}

// A line of an unmapped product may have neither name nor SKU: the sale is shown all the same.
function readItem(line: SoldLine): Sale['items'][number] {
  return { name: line.name ?? line.sku ?? 'Unknown item', quantity: line.quantity };
}
