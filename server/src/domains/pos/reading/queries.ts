// What people read of the sales of their shops. All lists walk an index that begins with the shop; a list over several
// shops takes a page from each and sorts those, so its cost is that of the pages and not of the tables.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';

export interface TransactionLine {
  readonly lineNumber: number;
  readonly productId: string | null;
  readonly sku: string | null;
  readonly externalProductId: string | null;
  readonly name: string | null;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly totalPrice: string;
  readonly modifiers: unknown[];
}

export interface TransactionRow {
  readonly id: string;
  readonly externalId: string;
  readonly kind: string;
  readonly refundOf: string | null;
  readonly posSystemId: string;
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly version: number;
  readonly status: string;
  readonly currency: string;
  readonly totalAmount: string;
  readonly discrepancy: string;
  readonly paymentMethod: string | null;
  readonly metadata: Record<string, unknown>;
  readonly breakdown: Record<string, unknown> | null;
  readonly occurredAt: Date;
  readonly businessDate: string;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** In their order; figures as text, since JSON made by the database would turn them into floats. */
  readonly lines: TransactionLine[];
}

const transactionColumns = sql`sale.id, sale.external_transaction_id as "externalId",
  sale.kind, sale.refund_of as "refundOf", sale.breakdown,
  sale.pos_system_id as "posSystemId", sale.location_id as "locationId", sale.franchise_id as "franchiseId",
  sale.franchisee_id as "franchiseeId", sale.version, sale.status, sale.currency, sale.total_amount as "totalAmount",
  sale.discrepancy, sale.payment_method as "paymentMethod", sale.metadata,
  sale.transaction_timestamp as "occurredAt", sale.business_date as "businessDate", sale.created_at as "createdAt",
  sale.updated_at as "updatedAt",
  array(
    select jsonb_build_object('lineNumber', line.line_number, 'productId', line.product_id, 'sku', line.sku,
      'externalProductId', line.external_product_id, 'name', line.name, 'quantity', line.quantity::text,
      'unitPrice', line.unit_price::text, 'totalPrice', line.total_price::text, 'modifiers', line.modifiers)
    from pos_transaction_items as line
    where line.location_id = sale.location_id and line.transaction_id = sale.id
    order by line.line_number
  ) as lines`;

export interface TransactionPage {
  readonly locationId: string;
  readonly from: Date | null;
  readonly to: Date | null;
  readonly limit: number;
  /** Time and id of the last sale of the page before. */
  readonly before: { readonly occurredAt: string; readonly id: string } | null;
}

/** Newest first; `from` is included, `to` is not. */
export async function listTransactionRows(tx: Tx, page: TransactionPage): Promise<TransactionRow[]> {
  const { locationId, from, to, limit, before } = page;
  const result = await sql<TransactionRow>`
    select ${transactionColumns}
    from pos_transactions as sale
    where sale.location_id = ${locationId}::uuid
      and sale.transaction_timestamp >= coalesce(${from}::timestamptz, '-infinity')
      and sale.transaction_timestamp < coalesce(${to}::timestamptz, 'infinity')
      and (sale.transaction_timestamp, sale.id)
        < (coalesce(${before?.occurredAt ?? null}::timestamptz, 'infinity'), coalesce(${before?.id ?? null}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
    order by sale.transaction_timestamp desc, sale.id desc
    limit ${limit}
  `.execute(tx);
  return result.rows;
}

/** Through the shops that the actor sees: an id alone is in no index. */
export async function findTransaction(tx: Tx, id: string): Promise<TransactionRow | null> {
  const result = await sql<TransactionRow>`
    select ${transactionColumns}
    from locations as shop
    cross join lateral (
      select * from pos_transactions where pos_transactions.location_id = shop.id and pos_transactions.id = ${id}::uuid
      offset 0
    ) as sale
  `.execute(tx);
  return result.rows[0] ?? null;
}

export interface SyncErrorView {
  readonly id: string;
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly posSystemId: string;
  readonly externalId: string | null;
  readonly code: string;
  readonly detail: string;
  /** Null where they were deleted, some time after the sale was booked. */
  readonly rawBody: Buffer | null;
  readonly occurrences: number;
  readonly state: string;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly resolvedAt: Date | null;
  readonly resolvedBy: string | null;
  /** The sale that it became. */
  readonly transactionId: string | null;
}

/** Of a table of the name `kept`. */
export const syncErrorColumns = sql`kept.id, kept.location_id as "locationId", kept.franchise_id as "franchiseId",
  kept.franchisee_id as "franchiseeId", kept.pos_system_id as "posSystemId",
  kept.external_transaction_id as "externalId", kept.code, kept.detail, kept.raw_body as "rawBody", kept.occurrences,
  kept.state, kept.created_at as "createdAt", kept.last_seen_at as "lastSeenAt", kept.resolved_at as "resolvedAt",
  kept.resolved_by as "resolvedBy", kept.transaction_id as "transactionId"`;

export interface SyncErrorPage {
  readonly limit: number;
  readonly after: string | null;
  readonly state: string | null;
  readonly locationId: string | null;
  readonly posSystemId: string | null;
  readonly code: string | null;
}

/** Newest first by the time at which each was first seen. */
export async function listSyncErrorRows(tx: Tx, page: SyncErrorPage): Promise<SyncErrorView[]> {
  const { limit, after, state, locationId, posSystemId, code } = page;
  const result = await sql<SyncErrorView>`
    select ${syncErrorColumns}
    from locations as shop
    cross join lateral (
      select * from sync_errors
      where sync_errors.location_id = shop.id
        and sync_errors.id < coalesce(${after}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
        and (${state}::text is null or sync_errors.state = ${state}::text)
        and (${posSystemId}::uuid is null or sync_errors.pos_system_id = ${posSystemId}::uuid)
        and (${code}::text is null or sync_errors.code = ${code}::text)
      order by sync_errors.id desc limit ${limit}
    ) as kept
    where ${locationId}::uuid is null or shop.id = ${locationId}::uuid
    order by kept.id desc limit ${limit}
  `.execute(tx);
  return result.rows;
}

export interface UnmappedProduct {
  readonly externalProductId: string;
  readonly name: string | null;
  readonly lines: number;
  readonly quantity: string;
  readonly firstSoldAt: Date;
  readonly lastSoldAt: Date;
}

/** One a product that nobody has mapped yet, by its id at the vendor. */
export async function listUnmappedProducts(
  tx: Tx,
  system: { readonly locationId: string; readonly id: string },
  { limit, after }: { readonly limit: number; readonly after: string | null },
): Promise<UnmappedProduct[]> {
  const result = await sql<UnmappedProduct>`
    select external_product_id as "externalProductId", max(name) as name, count(*) as lines,
      sum(quantity)::text as quantity, min(occurred_at) as "firstSoldAt", max(occurred_at) as "lastSoldAt"
    from unmapped_lines
    where location_id = ${system.locationId}::uuid and pos_system_id = ${system.id}::uuid
      and (${after}::text is null or external_product_id > ${after}::text)
    group by external_product_id
    order by external_product_id limit ${limit}
  `.execute(tx);
  return result.rows;
}
