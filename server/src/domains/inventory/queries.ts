// Every statement of the slice. Those that move stock work over unnested arrays: the same one serves a single
// adjustment and a group commit of 2,000 lines, and a statement costs more than a row.
import { sql } from 'kysely';
import { uuidList } from '../../platform/actor.ts';
import type { Tx } from '../../platform/database.ts';

/** A row as `postgres_changes` shows it: snake_case, figures as numbers, instants as RFC 3339 text. */
export type FeedRow = Readonly<Record<string, unknown>>;

/** Keys are sorted by what is locked, not by location, so that two shops whose hashes collide cannot be crossed. */
export async function lockLocations(tx: Tx, locationIds: readonly string[]): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(key)
    from (
      select distinct hashtextextended(location_id::text, 0) as key
      from unnest(${uuidList(locationIds)}::uuid[]) as location_id
      order by key
    ) as keys
  `.execute(tx);
}

export interface StockKey {
  readonly locationId: string;
  readonly franchiseId: string;
  readonly productId: string;
}

/** What is known of one (shop, product): the product if it is the brand's, the item and its open alert if there are. */
export interface StockState {
  readonly sku: string | null;
  readonly productName: string | null;
  readonly inventoryItemId: string | null;
  readonly currentStock: string | null;
  readonly reorderLevel: string | null;
  readonly rearmLevel: string | null;
  readonly openAlertId: string | null;
}

/** One state a key, in the order of the keys. */
export async function stockStates(tx: Tx, keys: readonly StockKey[]): Promise<StockState[]> {
  const result = await sql<StockState>`
    select product.sku, product.name as "productName", item.id as "inventoryItemId",
      item.current_stock as "currentStock", item.reorder_level as "reorderLevel", item.rearm_level as "rearmLevel",
      alert.id as "openAlertId"
    from unnest(
      ${uuidList(keys.map((key) => key.locationId))}::uuid[], ${uuidList(keys.map((key) => key.franchiseId))}::uuid[],
      ${uuidList(keys.map((key) => key.productId))}::uuid[]
    ) with ordinality as key (location_id, franchise_id, product_id, position)
    left join products as product on product.id = key.product_id and product.franchise_id = key.franchise_id
    left join inventory_items as item on item.location_id = key.location_id and item.product_id = key.product_id
    left join stock_alerts as alert
      on alert.location_id = item.location_id and alert.inventory_item_id = item.id and alert.state = 'open'
    order by key.position
  `.execute(tx);
  return result.rows;
}

export interface NewItem {
  readonly locationId: string;
  readonly inventoryItemId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly productId: string;
}

/** Items as a sale makes them: stock 0, no levels. The movement that made them necessary is added like any other. */
export async function insertBareItems(tx: Tx, items: readonly NewItem[]): Promise<void> {
  await sql`
    insert into inventory_items (location_id, id, franchise_id, franchisee_id, product_id)
    select * from unnest(
      ${items.map((item) => item.locationId)}::uuid[], ${items.map((item) => item.inventoryItemId)}::uuid[],
      ${items.map((item) => item.franchiseId)}::uuid[], ${items.map((item) => item.franchiseeId)}::uuid[],
      ${items.map((item) => item.productId)}::uuid[])
  `.execute(tx);
}

export interface ItemChange {
  readonly locationId: string;
  readonly inventoryItemId: string;
  /** Signed. */
  readonly change: string;
  /** When it was last delivered to in this commit, if it was. */
  readonly restockedAt: Date | null;
}

export interface ItemRow {
  readonly inventoryItemId: string;
  readonly record: FeedRow;
}

/** Adds the changes and returns the rows as they now are, in no order. Differences, never absolute figures. */
export async function changeStock(tx: Tx, changes: readonly ItemChange[]): Promise<ItemRow[]> {
  const result = await sql<ItemRow>`
    update inventory_items as item
    set current_stock = item.current_stock + moved.change, updated_at = now(),
      last_restocked_at = greatest(item.last_restocked_at, moved.restocked_at)
    from unnest(
      ${uuidList(changes.map((change) => change.locationId))}::uuid[],
      ${uuidList(changes.map((change) => change.inventoryItemId))}::uuid[],
      ${changes.map((change) => change.change)}::numeric[],
      ${changes.map((change) => change.restockedAt?.toISOString() ?? null)}::timestamptz[]
    ) as moved (location_id, item_id, change, restocked_at)
    where item.location_id = moved.location_id and item.id = moved.item_id
    returning item.id as "inventoryItemId", to_jsonb(item) as record
  `.execute(tx);
  return result.rows;
}

export interface NewMovement {
  readonly id: string;
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly inventoryItemId: string;
  readonly productId: string;
  readonly type: string;
  readonly quantity: string;
  readonly referenceType: string;
  readonly referenceId: string;
  readonly performedBy: string;
  readonly reason: string | null;
  readonly occurredAt: Date;
}

export async function insertMovements(tx: Tx, movements: readonly NewMovement[]): Promise<void> {
  const of = <V>(pick: (movement: NewMovement) => V): V[] => movements.map(pick);
  await sql`
    insert into stock_movements (id, location_id, franchise_id, franchisee_id, inventory_item_id, product_id,
      movement_type, quantity, reference_type, reference_id, performed_by, reason, occurred_at)
    select * from unnest(
      ${uuidList(of((m) => m.id))}::uuid[], ${uuidList(of((m) => m.locationId))}::uuid[],
      ${uuidList(of((m) => m.franchiseId))}::uuid[], ${of((m) => m.franchiseeId)}::uuid[],
      ${uuidList(of((m) => m.inventoryItemId))}::uuid[], ${uuidList(of((m) => m.productId))}::uuid[],
      ${of((m) => m.type)}::text[], ${of((m) => m.quantity)}::numeric[], ${of((m) => m.referenceType)}::text[],
      ${uuidList(of((m) => m.referenceId))}::uuid[], ${of((m) => m.performedBy)}::text[], ${of((m) => m.reason)}::text[],
      ${of((m) => m.occurredAt.toISOString())}::timestamptz[])
  `.execute(tx);
}

export interface AlertRow {
  readonly inventoryItemId: string;
  readonly record: FeedRow;
  readonly locationName: string;
}

export interface NewAlert {
  readonly id: string;
  readonly inventoryItemId: string;
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly productId: string;
  readonly currentStock: string;
  readonly reorderLevel: string;
  readonly rearmLevel: string;
}

export async function insertAlerts(tx: Tx, alerts: readonly NewAlert[]): Promise<AlertRow[]> {
  const of = <V>(pick: (alert: NewAlert) => V): V[] => alerts.map(pick);
  const result = await sql<AlertRow>`
    insert into stock_alerts as alert (id, inventory_item_id, location_id, franchise_id, franchisee_id, product_id,
      current_stock, reorder_level, rearm_level)
    select * from unnest(
      ${of((a) => a.id)}::uuid[], ${of((a) => a.inventoryItemId)}::uuid[], ${of((a) => a.locationId)}::uuid[],
      ${of((a) => a.franchiseId)}::uuid[], ${of((a) => a.franchiseeId)}::uuid[], ${of((a) => a.productId)}::uuid[],
      ${of((a) => a.currentStock)}::numeric[], ${of((a) => a.reorderLevel)}::numeric[],
      ${of((a) => a.rearmLevel)}::numeric[])
    returning alert.inventory_item_id as "inventoryItemId", to_jsonb(alert) as record,
      (select name from locations where locations.id = alert.location_id) as "locationName"
  `.execute(tx);
  return result.rows;
}

export interface AlertEnd {
  readonly id: string;
  readonly locationId: string;
  readonly currentStock: string;
}

export async function resolveAlerts(tx: Tx, ends: readonly AlertEnd[]): Promise<AlertRow[]> {
  const result = await sql<AlertRow>`
    update stock_alerts as alert
    set state = 'resolved', resolved_at = now(), current_stock = ended.current_stock
    from unnest(${ends.map((end) => end.locationId)}::uuid[], ${ends.map((end) => end.id)}::uuid[],
      ${ends.map((end) => end.currentStock)}::numeric[]) as ended (location_id, id, current_stock)
    where alert.location_id = ended.location_id and alert.id = ended.id and alert.state = 'open'
    returning alert.inventory_item_id as "inventoryItemId", to_jsonb(alert) as record,
      (select name from locations where locations.id = alert.location_id) as "locationName"
  `.execute(tx);
  return result.rows;
}

/** A product as other slices need it. */
export interface ProductRef {
  readonly id: string;
  readonly franchiseId: string;
  readonly sku: string;
  readonly name: string;
}

export async function productsBySku(
  tx: Tx,
  wanted: readonly { readonly franchiseId: string; readonly sku: string }[],
): Promise<ProductRef[]> {
  const result = await sql<ProductRef>`
    select product.id, product.franchise_id as "franchiseId", product.sku, product.name
    from unnest(${wanted.map((one) => one.franchiseId)}::uuid[], ${wanted.map((one) => one.sku)}::text[])
      as wanted (franchise_id, sku)
    join products as product on product.franchise_id = wanted.franchise_id and product.sku = wanted.sku
  `.execute(tx);
  return result.rows;
}

export async function productsById(tx: Tx, ids: readonly string[]): Promise<ProductRef[]> {
  const result = await sql<ProductRef>`
    select id, franchise_id as "franchiseId", sku, name from products where id = any(${ids}::uuid[])
  `.execute(tx);
  return result.rows;
}
