// Every statement that changes stock (products and the reading of a shop's shelves have their own files). They work over
// unnested arrays: the same one serves a single adjustment and a group commit of 2,000 lines, and a statement costs more
// than a row.
import { sql } from 'kysely';
import type { Tx } from '../../platform/database.ts';
import { idAt, unquoted } from '../../platform/postgres-arrays.ts';
import type { MovementType } from './movement-type.ts';

/** A row as `postgres_changes` shows it: snake_case, figures as numbers, instants as RFC 3339 text. */
export type FeedRow = Readonly<Record<string, unknown>>;

/** Keys are sorted by what is locked, not by location, so that two shops whose hashes collide cannot be crossed. */
export async function lockLocations(tx: Tx, locationIds: readonly string[]): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(key)
    from (
      select distinct hashtextextended(location_id::text, 0) as key
      from unnest(${unquoted(locationIds)}::uuid[]) as location_id
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
  readonly lastCountedAt: Date | null;
  /** The item as it is announced. */
  readonly record: FeedRow | null;
  /** The time that the database gives to all that this transaction writes, as it is announced. */
  readonly at: string;
}

/** One state a key, in the order of the keys. */
export async function stockStates(tx: Tx, keys: readonly StockKey[]): Promise<StockState[]> {
  const result = await sql<StockState>`
    select product.sku, product.name as "productName", item.id as "inventoryItemId",
      item.current_stock as "currentStock", item.reorder_level as "reorderLevel", item.rearm_level as "rearmLevel",
      item.last_counted_at as "lastCountedAt", alert.id as "openAlertId",
      case when item.id is not null then to_jsonb(item) end as record, to_jsonb(now()) #>> '{}' as at
    from unnest(
      ${unquoted(keys.map((key) => key.locationId))}::uuid[], ${unquoted(keys.map((key) => key.franchiseId))}::uuid[],
      ${unquoted(keys.map((key) => key.productId))}::uuid[]
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

export interface ItemRow {
  readonly inventoryItemId: string;
  readonly record: FeedRow;
}

/** Items as a sale makes them: stock 0, no levels. The movement that made them necessary is added like any other. */
export async function insertBareItems(tx: Tx, items: readonly NewItem[]): Promise<ItemRow[]> {
  const result = await sql<ItemRow>`
    insert into inventory_items as item (location_id, id, franchise_id, franchisee_id, product_id)
    select * from unnest(
      ${items.map((item) => item.locationId)}::uuid[], ${items.map((item) => item.inventoryItemId)}::uuid[],
      ${items.map((item) => item.franchiseId)}::uuid[], ${items.map((item) => item.franchiseeId)}::uuid[],
      ${items.map((item) => item.productId)}::uuid[])
    returning item.id as "inventoryItemId", to_jsonb(item) as record
  `.execute(tx);
  return result.rows;
}

export interface ItemChange {
  readonly locationId: string;
  readonly inventoryItemId: string;
  /** Signed. */
  readonly change: string;
  /** When it was last delivered to in this commit, if it was. */
  readonly restockedAt: Date | null;
  /** Of which instant its latest count in this commit was, if it was counted. */
  readonly countedAt: Date | null;
}

/**
 * Adds the changes: differences, never absolute figures. An item that row security hid, or that is not there, would leave
 * a ledger without its stock: the statement fails then, and with it the transaction, whoever waits for its answer.
 */
export async function changeStock(tx: Tx, changes: readonly ItemChange[]): Promise<void> {
  await sql`
    with changed as (
    update inventory_items as item
    set current_stock = item.current_stock + moved.change, updated_at = now(),
      last_restocked_at = greatest(item.last_restocked_at, moved.restocked_at),
      last_counted_at = greatest(item.last_counted_at, moved.counted_at)
    from unnest(
      ${unquoted(changes.map((change) => change.locationId))}::uuid[],
      ${unquoted(changes.map((change) => change.inventoryItemId))}::uuid[],
      ${unquoted(changes.map((change) => change.change))}::numeric[],
      ${unquoted(changes.map((change) => change.restockedAt?.toISOString() ?? null))}::timestamptz[],
      ${unquoted(changes.map((change) => change.countedAt?.toISOString() ?? null))}::timestamptz[]
    ) as moved (location_id, item_id, change, restocked_at, counted_at)
    where item.location_id = moved.location_id and item.id = moved.item_id
    returning 1
    )
    select tillstream_expect_rows(count(*), ${changes.length}) from changed
  `.execute(tx);
}

export interface NewMovement {
  readonly id: string;
  /** Of which of the items it is, from 0. */
  readonly item: number;
  readonly type: MovementType;
  readonly quantity: string;
  readonly referenceType: string;
  readonly referenceId: string;
  readonly performedBy: string;
  readonly reason: string | null;
  readonly occurredAt: Date;
}

/** What is the same for all movements of an item is sent once and looked up by the item's place. */
export async function insertMovements(
  tx: Tx,
  items: readonly NewItem[],
  movements: readonly NewMovement[],
): Promise<void> {
  const of = (pick: (movement: NewMovement) => string) => unquoted(movements.map(pick));
  const ofItem = (pick: (item: NewItem) => string | null) => idAt(sql.ref('item'), items.map(pick));
  await sql`
    insert into stock_movements (id, location_id, franchise_id, franchisee_id, inventory_item_id, product_id,
      movement_type, quantity, reference_type, reference_id, performed_by, reason, occurred_at)
    select id, ${ofItem((i) => i.locationId)}, ${ofItem((i) => i.franchiseId)},
      ${ofItem((i) => i.franchiseeId)}, ${ofItem((i) => i.inventoryItemId)},
      ${ofItem((i) => i.productId)}, type, quantity, reference_type, reference_id, performed_by, reason, occurred_at
    from unnest(
      ${of((m) => m.id)}::uuid[], ${of((m) => String(m.item + 1))}::int[], ${of((m) => m.type)}::text[],
      ${of((m) => m.quantity)}::numeric[], ${movements.map((m) => m.referenceType)}::text[],
      ${of((m) => m.referenceId)}::uuid[], ${movements.map((m) => m.performedBy)}::text[],
      ${movements.map((m) => m.reason)}::text[], ${of((m) => m.occurredAt.toISOString())}::timestamptz[]
    ) with ordinality as moved (id, item, type, quantity, reference_type, reference_id, performed_by, reason,
      occurred_at, position)
    order by position
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

export interface Shop {
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
}

/** Who owns a shop; undefined when there is none that the actor may see. */
export async function findShop(tx: Tx, locationId: string): Promise<Shop | undefined> {
  const result = await sql<Shop>`
    select id as "locationId", franchise_id as "franchiseId", franchisee_id as "franchiseeId"
    from locations where id = ${locationId}::uuid
  `.execute(tx);
  return result.rows[0];
}

export interface NewItemWithLevels extends NewItem {
  readonly reorderLevel: string | null;
  readonly rearmLevel: string | null;
  readonly maxStockLevel: string | null;
}

/** The row as it is announced; undefined when the shop has an item of this product already. */
export async function insertItem(tx: Tx, item: NewItemWithLevels): Promise<FeedRow | undefined> {
  const result = await sql<{ record: FeedRow }>`
    insert into inventory_items as item (location_id, id, franchise_id, franchisee_id, product_id, reorder_level,
      rearm_level, max_stock_level)
    values (${item.locationId}::uuid, ${item.inventoryItemId}::uuid, ${item.franchiseId}::uuid,
      ${item.franchiseeId}::uuid, ${item.productId}::uuid, ${item.reorderLevel}::numeric, ${item.rearmLevel}::numeric,
      ${item.maxStockLevel}::numeric)
    on conflict (location_id, product_id) do nothing
    returning to_jsonb(item) as record
  `.execute(tx);
  return result.rows[0]?.record;
}
