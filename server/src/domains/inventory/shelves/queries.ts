// Every statement that reads a shop's stock: its items, their ledger, their alerts.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';
import type { MovementType } from '../movement-type.ts';

/** One item of a shop as its stock list shows it. Figures are exact text. */
export interface StockItem {
  readonly inventoryItemId: string;
  readonly locationId: string;
  readonly productId: string;
  readonly sku: string;
  readonly productName: string;
  readonly unit: string;
  readonly currentStock: string;
  readonly reorderLevel: string | null;
  readonly rearmLevel: string | null;
  readonly maxStockLevel: string | null;
  readonly lastRestockedAt: Date | null;
  readonly lastCountedAt: Date | null;
  readonly version: number;
  readonly updatedAt: Date;
  readonly alertId: string | null;
  readonly alertOpenedAt: Date | null;
}

const stockItems = sql`
  select item.id as "inventoryItemId", item.location_id as "locationId", item.product_id as "productId", product.sku,
    product.name as "productName", product.unit, item.current_stock as "currentStock",
    item.reorder_level as "reorderLevel", item.rearm_level as "rearmLevel", item.max_stock_level as "maxStockLevel",
    item.last_restocked_at as "lastRestockedAt", item.last_counted_at as "lastCountedAt", item.version, item.updated_at as "updatedAt",
    alert.id as "alertId", alert.opened_at as "alertOpenedAt"
  from inventory_items as item
  join products as product on product.id = item.product_id
  left join stock_alerts as alert
    on alert.location_id = item.location_id and alert.inventory_item_id = item.id and alert.state = 'open'`;

/** By SKU, the items behind `after`. */
export async function listStock(
  tx: Tx,
  page: { readonly locationId: string; readonly limit: number; readonly after: string | null },
): Promise<StockItem[]> {
  const result = await sql<StockItem>`
    ${stockItems}
    where item.location_id = ${page.locationId}::uuid and (${page.after}::text is null or product.sku > ${page.after}::text)
    order by product.sku limit ${page.limit}
  `.execute(tx);
  return result.rows;
}

export async function findStockItem(tx: Tx, locationId: string, productId: string): Promise<StockItem | undefined> {
  const result = await sql<StockItem>`
    ${stockItems} where item.location_id = ${locationId}::uuid and item.product_id = ${productId}::uuid
  `.execute(tx);
  return result.rows[0];
}

/**
 * What was booked for an item after an instant of business time, as exact text. Nothing is booked more than an hour
 * ahead of its time, and clocks differ, so the ledger is read from a day before it and older partitions stay closed.
 */
export async function bookedSince(
  tx: Tx,
  item: { readonly locationId: string; readonly inventoryItemId: string; readonly since: Date },
): Promise<string> {
  const result = await sql<{ booked: string }>`
    select coalesce(sum(quantity::numeric), 0)::text as booked from stock_movements
    where location_id = ${item.locationId}::uuid and inventory_item_id = ${item.inventoryItemId}::uuid
      and recorded_at > ${item.since}::timestamptz - interval '1 day' and occurred_at > ${item.since}::timestamptz
  `.execute(tx);
  return result.rows[0]?.booked ?? '0';
}

export interface LedgerEntry {
  readonly id: string;
  readonly movementType: MovementType;
  readonly quantity: string;
  readonly reason: string | null;
  readonly referenceType: string;
  readonly referenceId: string;
  readonly performedBy: string;
  readonly occurredAt: Date;
  readonly recordedAt: Date;
  /** recorded_at with its microseconds, which a Date would drop and a cursor must not. */
  readonly recordedAtExact: string;
}

/** Newest booking first; the second comparison is what lets partitions be skipped. */
export async function listMovements(
  tx: Tx,
  page: {
    readonly locationId: string;
    readonly inventoryItemId: string;
    readonly limit: number;
    readonly after: readonly [recordedAtExact: string, id: string] | null;
  },
): Promise<LedgerEntry[]> {
  const { after } = page;
  const behind =
    after === null
      ? sql`true`
      : sql`recorded_at <= ${after[0]}::timestamptz and (recorded_at, id) < (${after[0]}::timestamptz, ${after[1]}::uuid)`;
  const result = await sql<LedgerEntry>`
    select id, movement_type as "movementType", quantity, reason, reference_type as "referenceType",
      reference_id as "referenceId", performed_by as "performedBy", occurred_at as "occurredAt",
      recorded_at as "recordedAt", recorded_at::text as "recordedAtExact"
    from stock_movements
    where location_id = ${page.locationId}::uuid and inventory_item_id = ${page.inventoryItemId}::uuid and ${behind}
    order by recorded_at desc, id desc limit ${page.limit}
  `.execute(tx);
  return result.rows;
}

export interface StockAlert {
  readonly id: string;
  readonly inventoryItemId: string;
  readonly locationId: string;
  readonly productId: string;
  readonly sku: string;
  readonly productName: string;
  readonly state: 'open' | 'resolved';
  readonly currentStock: string;
  readonly reorderLevel: string;
  readonly rearmLevel: string;
  readonly openedAt: Date;
  readonly resolvedAt: Date | null;
}

/** Newest first: ids are UUIDv7, made in the order of opening. */
export async function listAlerts(
  tx: Tx,
  page: {
    readonly locationId: string;
    readonly state: 'open' | 'resolved' | null;
    readonly limit: number;
    readonly after: string | null;
  },
): Promise<StockAlert[]> {
  const result = await sql<StockAlert>`
    select alert.id, alert.inventory_item_id as "inventoryItemId", alert.location_id as "locationId",
      alert.product_id as "productId", product.sku, product.name as "productName", alert.state,
      alert.current_stock as "currentStock", alert.reorder_level as "reorderLevel", alert.rearm_level as "rearmLevel",
      alert.opened_at as "openedAt", alert.resolved_at as "resolvedAt"
    from stock_alerts as alert join products as product on product.id = alert.product_id
    where alert.location_id = ${page.locationId}::uuid
      and (${page.state}::text is null or alert.state = ${page.state}::text)
      and (${page.after}::uuid is null or alert.id < ${page.after}::uuid)
    order by alert.id desc limit ${page.limit}
  `.execute(tx);
  return result.rows;
}
