// One row in every tenant table for one shop of one owner, written as the database's owner: what the row-security tests
// look for where it must be seen, and must not find anywhere else. A new tenant table is added here, or its test fails.
import { v7 as uuidv7 } from 'uuid';
import type { TestDatabase } from '../harness/test-database.ts';

export interface Owned {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly locationId: string;
  readonly userId: string;
}

/** `franchise` to stand in one that is there already, as another franchisee of it. */
export async function plantOneRowOfEverything(
  database: Pick<TestDatabase, 'rows'>,
  { franchise, firm }: { franchise?: string; firm: boolean },
): Promise<Owned> {
  const owned = {
    franchiseId: franchise ?? uuidv7(),
    franchiseeId: firm ? uuidv7() : null,
    locationId: uuidv7(),
    userId: uuidv7(),
  };
  if (franchise === undefined) {
    await database.rows(`insert into franchises (id, name, currency) values ($1, 'Brand', 'USD')`, [owned.franchiseId]);
  }
  await plantPlaces(database, owned);
  const productId = uuidv7();
  await database.rows(
    `insert into products (id, franchise_id, sku, name, unit, currency) values ($1, $2, $1::uuid::text, 'Bean', 'kg', 'USD')`,
    [productId, owned.franchiseId],
  );
  await plantStock(database, owned, productId);
  await plantSales(database, owned, productId);
  await plantVendors(database, owned);
  await plantMessages(database, owned);
  await plantEdits(database, owned);
  return owned;
}

async function plantPlaces(database: Pick<TestDatabase, 'rows'>, owned: Owned): Promise<void> {
  const { franchiseId, franchiseeId, locationId, userId } = owned;
  const shop = [franchiseId, franchiseeId, locationId];
  if (franchiseeId !== null) {
    await database.rows(`insert into franchisees (id, franchise_id, name) values ($2, $1, 'Firm')`, shop.slice(0, 2));
  }
  await database.rows(
    `insert into locations (id, franchise_id, franchisee_id, name, time_zone, currency)
     values ($3, $1, $2, 'Shop', 'UTC', 'USD')`,
    shop,
  );
  await database.rows(`insert into users (id, name) values ($1, 'Ada')`, [userId]);
  await database.rows(
    `insert into memberships (id, franchise_id, franchisee_id, location_id, user_id, role)
     values ($5, $1, $2, $3, $4, 'location_manager')`,
    [...shop, userId, uuidv7()],
  );
  await database.rows(
    `insert into api_keys (id, franchise_id, franchisee_id, name, prefix, secret_hash, scopes, created_by)
     values ($3, $1, $2, 'till', $3::uuid::text, '', '{}', 'test')`,
    [franchiseId, franchiseeId, uuidv7()],
  );
}

async function plantStock(database: Pick<TestDatabase, 'rows'>, owned: Owned, productId: string): Promise<void> {
  const { franchiseId, franchiseeId, locationId } = owned;
  const item = [franchiseId, franchiseeId, locationId, uuidv7(), productId];
  await database.rows(
    `insert into inventory_items (franchise_id, franchisee_id, location_id, id, product_id) values ($1, $2, $3, $4, $5)`,
    item,
  );
  await database.rows(
    `insert into stock_movements (franchise_id, franchisee_id, location_id, inventory_item_id, product_id, id,
       movement_type, quantity, reference_type, reference_id, performed_by, occurred_at)
     values ($1, $2, $3, $4, $5, $4, 'in', 1, 'adjustment', $4, 'test', now())`,
    item,
  );
  await database.rows(
    `insert into stock_alerts (franchise_id, franchisee_id, location_id, inventory_item_id, product_id, id,
       current_stock, reorder_level, rearm_level)
     values ($1, $2, $3, $4, $5, $4, 1, 2, 3)`,
    item,
  );
}

async function plantSales(database: Pick<TestDatabase, 'rows'>, owned: Owned, productId: string): Promise<void> {
  const { franchiseId, franchiseeId, locationId } = owned;
  const till = [franchiseId, franchiseeId, locationId, uuidv7()];
  const insert = (columns: string, values: string, parameters: readonly unknown[] = till) =>
    database.rows(
      `insert into ${columns.replace('(', '(franchise_id, franchisee_id, location_id, ')} values ($1, $2, $3, ${values})`,
      parameters,
    );
  await insert('pos_systems (id, name, system_type)', `$4, 'Till', 'custom'`);
  await insert(
    `pos_transactions (id, pos_system_id, external_transaction_id, version, content_hash, status,
       transaction_timestamp, business_date, currency, total_amount)`,
    `$4, $4, '1', 1, '', 'completed', now(), current_date, 'USD', 1`,
  );
  await insert(
    'pos_transaction_items (transaction_id, line_number, quantity, unit_price, total_price)',
    '$4, 1, 1, 1, 1',
  );
  await insert('product_mappings (pos_system_id, external_product_id, product_id)', `$4, 'x', $5`, [
    ...till,
    productId,
  ]);
  await insert(
    'unmapped_lines (transaction_id, line_number, pos_system_id, external_product_id, quantity, occurred_at)',
    `$4, 1, $4, 'x', 1, now()`,
  );
  await insert(
    'sync_errors (id, pos_system_id, code, detail, raw_body, raw_digest)',
    `$4, $4, 'pos.malformed', 'broken', '{', '{'`,
  );
}

async function plantVendors(database: Pick<TestDatabase, 'rows'>, owned: Owned): Promise<void> {
  const { franchiseId, franchiseeId, locationId } = owned;
  const till = [franchiseId, franchiseeId, locationId, uuidv7()];
  const owners = 'franchise_id, franchisee_id, location_id';
  const rows = [
    `pos_systems (${owners}, id, name, system_type) values ($1, $2, $3, $4, 'Till', 'square')`,
    `pos_connections (${owners}, pos_system_id, system_type, host, cursor_at, floor_at, next_scan_at)
     values ($1, $2, $3, $4, 'square', 'square:nowhere', now(), now(), now() + interval '1 day')`,
    `pos_syncs (${owners}, id, pos_system_id, reason, requested_by, since, until, reached_at, created_at)
     values ($1, $2, $3, $4, $4, 'requested', 'test', now(), now(), now(), now())`,
    `pos_proof_sales (${owners}, sync_id, kind, external_id) values ($1, $2, $3, $4, 'standing', 'x')`,
    `pos_hints (${owners}, pos_system_id, kind, external_id, next_attempt_at, created_at)
     values ($1, $2, $3, $4, 'order', 'x', now(), now())`,
    `pos_day_proofs (${owners}, pos_system_id, business_date, state, vendor, booked, checked_at)
     values ($1, $2, $3, $4, current_date, 'equal', '{}', '{}', now())`,
    `pos_consents (${owners}, id, state_digest, requested_by, wish, created_at, expires_at)
     values ($1, $2, $3, $4, 'x', 'test', 'x', now(), now())`,
    `pos_vendor_places (${owners}, pos_system_id, system_type, host, place)
     values ($1, $2, $3, $4, 'square', 'square:nowhere', $4::uuid::text)`,
    `pos_catalogue_items (${owners}, pos_system_id, external_product_id, is_deleted, updated_at)
     values ($1, $2, $3, $4, 'x', false, now())`,
  ];
  for (const row of rows) await database.rows(`insert into ${row}`, till);
  const tenant = [franchiseId, franchiseeId, uuidv7()];
  await database.rows(
    `insert into pos_webhook_endpoints (franchise_id, franchisee_id, id, system_type, url, created_at, updated_at)
     values ($1, $2, $3, 'square', 'https://example.com', now(), now())`,
    tenant,
  );
  await database.rows(
    `insert into pos_webhook_messages (franchise_id, franchisee_id, endpoint_id, id, dedupe_key, body, received_at)
     values ($1, $2, $3, $3, 'x', '', now())`,
    tenant,
  );
}

async function plantMessages(database: Pick<TestDatabase, 'rows'>, owned: Owned): Promise<void> {
  const { franchiseId, franchiseeId, locationId, userId } = owned;
  const shop = [franchiseId, franchiseeId, locationId, uuidv7()];
  await database.rows(
    `insert into sync_events (epoch, id, scope_id, franchise_id, franchisee_id, location_id, event_type, entity_type,
       entity_id, table_name, operation, change_data, source_system, "timestamp")
     values (1, $4, $3, $1, $2, $3, 'access.changed', 'access', $4, 'sync_events', 'INSERT', '{}', 'test', now())`,
    shop,
  );
  await database.rows(
    `insert into notification_queue (franchise_id, franchisee_id, location_id, id, recipient_id, source_event_id,
       notification_type, title, message, delivery_method, priority)
     values ($1, $2, $3, $4, $5, $4, 'low_stock', 'Low', 'Order more', 'in_app', 3)`,
    [...shop, userId],
  );
}

async function plantEdits(database: Pick<TestDatabase, 'rows'>, owned: Owned): Promise<void> {
  const { franchiseId, franchiseeId, locationId } = owned;
  const id = uuidv7();
  await database.rows(
    `insert into sync_conflicts (franchise_id, franchisee_id, location_id, scope_id, id, entity_type, entity_id,
       expected_version, current_version, source_data, target_data, created_by, created_at)
     values ($1, $2, $3, $3, $4, 'inventory_items', $4, 1, 2, '{}', '{}', 'test', now())`,
    [franchiseId, franchiseeId, locationId, id],
  );
  await database.rows(
    `insert into idempotency_keys (actor_id, key, fingerprint, status, headers, created_at)
     values ('test', $1, '', 200, '{}', now())`,
    [id],
  );
}
