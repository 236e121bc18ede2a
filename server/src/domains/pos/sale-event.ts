// How the log tells of a sale: complete, so that a screen, a webhook or an audit page needs no second look.
import type { NewEvent } from '../../events/index.ts';
import { toJsonNumber } from '../../platform/decimal.ts';
import type { ProductRef } from '../inventory/index.ts';
import type { SaleRow } from './queries.ts';
import type { SaleLine } from './sale.ts';

export interface ToldLine {
  readonly line: Pick<SaleLine, 'sku' | 'name' | 'quantity' | 'unitPrice' | 'totalPrice'>;
  readonly product: Pick<ProductRef, 'id' | 'sku' | 'name'> | null;
}

export type ToldSale = Omit<SaleRow, 'contentHash'>;

/**
 * `previous` is the version before, or the same version when all that changed is that a product became known; null for a
 * new sale.
 */
export function saleEvent(
  row: ToldSale,
  lines: readonly ToldLine[],
  previous: Pick<SaleRow, 'version' | 'totalAmount'> | null,
): NewEvent<'pos.transaction'> {
  const previousTotal = previous && toJsonNumber(previous.totalAmount);
  return {
    type: 'pos.transaction',
    owner: { franchiseId: row.franchiseId, franchiseeId: row.franchiseeId, locationId: row.locationId },
    entityId: row.id,
    operation: previous === null ? 'INSERT' : 'UPDATE',
    record: saleRecord(row),
    // The key, and what is known of the row before without reading it.
    oldRecord: previous && {
      location_id: row.locationId,
      id: row.id,
      version: previous.version,
      total_amount: previousTotal,
    },
    changeData: {
      transactionId: row.id,
      externalId: row.externalId,
      posSystemId: row.posSystemId,
      locationId: row.locationId,
      version: row.version,
      status: row.status,
      currency: row.currency,
      totalAmount: toJsonNumber(row.totalAmount),
      previousTotalAmount: previousTotal,
      discrepancy: toJsonNumber(row.discrepancy),
      paymentMethod: row.paymentMethod,
      occurredAt: row.occurredAt.toISOString(),
      businessDate: row.businessDate,
      ...(row.kind === 'refund' ? { kind: row.kind, refundOf: row.refundOf } : {}),
      lines: lines.map(({ line, product }) => ({
        productId: product?.id ?? null,
        sku: line.sku ?? product?.sku ?? null,
        name: line.name ?? product?.name ?? null,
        quantity: toJsonNumber(line.quantity),
        unitPrice: toJsonNumber(line.unitPrice),
        totalPrice: toJsonNumber(line.totalPrice),
      })),
    },
    sourceSystem: 'pos',
    timestamp: row.occurredAt,
  };
}

/** The row as a plain client sees it. */
function saleRecord(row: ToldSale): Record<string, unknown> {
  return {
    location_id: row.locationId,
    id: row.id,
    franchise_id: row.franchiseId,
    franchisee_id: row.franchiseeId,
    pos_system_id: row.posSystemId,
    kind: row.kind,
    external_transaction_id: row.externalId,
    version: row.version,
    status: row.status,
    transaction_timestamp: row.occurredAt.toISOString(),
    business_date: row.businessDate,
    currency: row.currency,
    total_amount: toJsonNumber(row.totalAmount),
    discrepancy: toJsonNumber(row.discrepancy),
    payment_method: row.paymentMethod,
    metadata: row.metadata,
    refund_of: row.refundOf,
    breakdown: row.breakdown,
    created_at: row.createdAt.toISOString(),
    updated_at: row.updatedAt.toISOString(),
  };
}
