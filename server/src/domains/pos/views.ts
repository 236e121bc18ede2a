// From rows to answers: figures as numbers that a double carries exactly, instants as RFC 3339.
import type { z } from 'zod';
import { toJsonNumber } from '../../platform/decimal.ts';
import type { MappingRow } from './mapping/queries.ts';
import type { mappingView } from './mapping/schema.ts';
import type { SyncErrorView, TransactionRow, UnmappedProduct } from './reading/queries.ts';
import type { syncErrorView, transactionView, unmappedView } from './schema.ts';

export function viewTransaction(row: TransactionRow): z.input<typeof transactionView> {
  return {
    ...row,
    kind: row.kind as z.input<typeof transactionView>['kind'],
    status: row.status as z.input<typeof transactionView>['status'],
    totalAmount: toJsonNumber(row.totalAmount),
    discrepancy: toJsonNumber(row.discrepancy),
    occurredAt: row.occurredAt.toISOString(),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
    lines: row.lines.map((line) => ({
      ...line,
      quantity: toJsonNumber(line.quantity),
      unitPrice: toJsonNumber(line.unitPrice),
      totalPrice: toJsonNumber(line.totalPrice),
    })),
  };
}

export function viewSyncError(row: SyncErrorView): z.input<typeof syncErrorView> {
  const text = row.rawBody === null ? null : utf8(row.rawBody);
  return {
    ...row,
    state: row.state as z.input<typeof syncErrorView>['state'],
    rawBody: text ?? row.rawBody?.toString('base64') ?? null,
    rawBodyEncoding: row.rawBody !== null && text === null ? 'base64' : 'utf8',
    createdAt: row.createdAt.toISOString(),
    lastSeenAt: row.lastSeenAt.toISOString(),
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
  };
}

/** The text that these bytes are, or null where turning it back would give other bytes. */
function utf8(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}

export function viewUnmapped(row: UnmappedProduct): z.input<typeof unmappedView> {
  return {
    ...row,
    quantity: toJsonNumber(row.quantity),
    firstSoldAt: row.firstSoldAt.toISOString(),
    lastSoldAt: row.lastSoldAt.toISOString(),
  };
}

export function viewMapping(row: MappingRow): z.input<typeof mappingView> {
  const { externalProductId, product, mappedBy, createdAt, updatedAt } = row;
  return {
    externalProductId,
    productId: product.id,
    productSku: product.sku,
    productName: product.name,
    mappedBy,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
