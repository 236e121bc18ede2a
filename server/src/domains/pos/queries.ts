// Every statement of the slice. Those of a group commit work over unnested arrays, so that 500 sales of 100 shops cost
// as many round trips as one sale; they find rows by the whole of a key.
import { sql } from 'kysely';
import { intArray } from '../../platform/binary-arrays.ts';
import type { Tx } from '../../platform/database.ts';
import { distinct, idAt, unquoted } from '../../platform/postgres-arrays.ts';
import type { SaleKind, SaleStatus } from './sale.ts';

// ---- The group commit, in the order of its statements.

/** What a booking needs to know of a shop, read in the transaction of the booking: the owner of its events is fixed then. */
export interface Shop {
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly currency: string;
  readonly timeZone: string;
  readonly closingHour: number;
}

export async function loadShops(tx: Tx, locationIds: readonly string[]): Promise<Shop[]> {
  const result = await sql<Shop>`
    select id as "locationId", franchise_id as "franchiseId", franchisee_id as "franchiseeId", currency,
      time_zone as "timeZone", closing_hour as "closingHour"
    from locations where id = any(${unquoted(locationIds)}::uuid[])
  `.execute(tx);
  return result.rows;
}

export interface SaleKey {
  readonly locationId: string;
  readonly posSystemId: string;
  readonly kind: SaleKind;
  readonly externalId: string;
}

export interface BookedSale extends SaleKey {
  readonly id: string;
  /** The shop's owner when the sale was first booked; a later sale of the shop does not move it. */
  readonly franchiseeId: string | null;
  readonly version: number;
  readonly contentHash: Buffer;
  readonly currency: string;
  readonly totalAmount: string;
  readonly createdAt: Date;
}

// One look-up in the index a key, by `lateral … offset 0`: left to itself the planner, which cannot know how many shops
// are in the policy's list, may read all sales of those shops and join them, which grows with every day of business. The
// shop is not named, for a till is one shop's: named, it would lead a planner without statistics to an index by shop.
export async function loadBooked(tx: Tx, keys: readonly SaleKey[]): Promise<BookedSale[]> {
  const result = await sql<BookedSale>`
    select sale.location_id as "locationId", sale.pos_system_id as "posSystemId",
      sale.kind, sale.external_transaction_id as "externalId", sale.id, sale.franchisee_id as "franchiseeId", sale.version, sale.content_hash as "contentHash",
      sale.currency, sale.total_amount as "totalAmount", sale.created_at as "createdAt"
    from unnest(${unquoted(keys.map((key) => key.posSystemId))}::uuid[], ${keys.map((key) => key.kind)}::text[],
      ${keys.map((key) => key.externalId)}::text[]) as wanted (pos_system_id, kind, external_id)
    cross join lateral (
      select * from pos_transactions
      where pos_transactions.pos_system_id = wanted.pos_system_id and pos_transactions.kind = wanted.kind
        and pos_transactions.external_transaction_id = wanted.external_id
      offset 0
    ) as sale
  `.execute(tx);
  return result.rows;
}

export interface SaleId {
  readonly locationId: string;
  readonly id: string;
}

export interface SoldProduct {
  readonly saleId: string;
  readonly productId: string;
  readonly quantity: string;
}

/** What each of these sales has taken from stock so far: its mapped lines, summed by product. */
export async function loadSoldProducts(tx: Tx, sales: readonly SaleId[]): Promise<SoldProduct[]> {
  const result = await sql<SoldProduct>`
    select line.transaction_id as "saleId", line.product_id as "productId", sum(line.quantity)::text as quantity
    from unnest(${unquoted(sales.map((sale) => sale.locationId))}::uuid[], ${unquoted(sales.map((sale) => sale.id))}::uuid[])
      as wanted (location_id, id)
    cross join lateral (
      select * from pos_transaction_items
      where pos_transaction_items.location_id = wanted.location_id and pos_transaction_items.transaction_id = wanted.id
        and pos_transaction_items.product_id is not null
      offset 0
    ) as line
    group by line.transaction_id, line.product_id
  `.execute(tx);
  return result.rows;
}

export interface ProductReference {
  readonly locationId: string;
  readonly posSystemId: string;
  readonly externalProductId: string;
}

export interface MappedProduct extends ProductReference {
  readonly productId: string;
}

export async function loadMappings(tx: Tx, references: readonly ProductReference[]): Promise<MappedProduct[]> {
  const of = <V>(pick: (reference: ProductReference) => V): V[] => references.map(pick);
  const result = await sql<MappedProduct>`
    select mapping.location_id as "locationId", mapping.pos_system_id as "posSystemId",
      mapping.external_product_id as "externalProductId", mapping.product_id as "productId"
    from unnest(${unquoted(of((r) => r.locationId))}::uuid[], ${unquoted(of((r) => r.posSystemId))}::uuid[],
      ${of((r) => r.externalProductId)}::text[]) as wanted (location_id, pos_system_id, external_product_id)
    cross join lateral (
      select * from product_mappings
      where product_mappings.location_id = wanted.location_id and product_mappings.pos_system_id = wanted.pos_system_id
        and product_mappings.external_product_id = wanted.external_product_id
      offset 0
    ) as mapping
  `.execute(tx);
  return result.rows;
}

/** A whole row of pos_transactions; figures are plain decimals as text. */
export interface SaleRow extends SaleKey {
  readonly id: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly version: number;
  readonly contentHash: Buffer;
  readonly status: SaleStatus;
  readonly occurredAt: Date;
  readonly businessDate: string;
  readonly currency: string;
  readonly totalAmount: string;
  readonly discrepancy: string;
  readonly paymentMethod: string | null;
  readonly metadata: object;
  readonly breakdown: object | null;
  readonly refundOf: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** The rows as a table of the name `sale`, for INSERT … SELECT and UPDATE … FROM. */
function saleTable(rows: readonly SaleRow[]) {
  const of = <V>(pick: (row: SaleRow) => V): V[] => rows.map(pick);
  return sql`unnest(
      ${unquoted(of((r) => r.locationId))}::uuid[], ${unquoted(of((r) => r.id))}::uuid[],
      ${unquoted(of((r) => r.franchiseId))}::uuid[], ${unquoted(of((r) => r.franchiseeId))}::uuid[],
      ${unquoted(of((r) => r.posSystemId))}::uuid[], ${of((r) => r.externalId)}::text[], ${of((r) => r.version)}::bigint[],
      ${of((r) => r.contentHash.toString('hex'))}::text[], ${of((r) => r.status)}::text[],
      ${of((r) => r.occurredAt.toISOString())}::timestamptz[], ${of((r) => r.businessDate)}::date[],
      ${of((r) => r.currency)}::text[], ${of((r) => r.totalAmount)}::numeric[], ${of((r) => r.discrepancy)}::numeric[],
      ${of((r) => r.paymentMethod)}::text[], ${of((r) => JSON.stringify(r.metadata))}::text[],
      ${of((r) => r.breakdown && JSON.stringify(r.breakdown))}::text[], ${of((r) => r.kind)}::text[],
      ${of((r) => r.refundOf)}::text[],
      ${of((r) => r.createdAt.toISOString())}::timestamptz[], ${of((r) => r.updatedAt.toISOString())}::timestamptz[]
    ) as sale (location_id, id, franchise_id, franchisee_id, pos_system_id, external_id, version, content_hash, status,
      occurred_at, business_date, currency, total_amount, discrepancy, payment_method, metadata, breakdown, kind, refund_of,
      created_at, updated_at)`;
}

export async function insertSales(tx: Tx, rows: readonly SaleRow[]): Promise<void> {
  await sql`
    insert into pos_transactions (location_id, id, franchise_id, franchisee_id, pos_system_id, external_transaction_id,
      version, content_hash, status, transaction_timestamp, business_date, currency, total_amount, discrepancy,
      payment_method, metadata, breakdown, kind, refund_of, created_at, updated_at)
    select location_id, id, franchise_id, franchisee_id, pos_system_id, external_id, version,
      decode(content_hash, 'hex'), status, occurred_at, business_date, currency, total_amount, discrepancy,
      payment_method, metadata::jsonb, breakdown::jsonb, kind, refund_of, created_at, updated_at
    from ${saleTable(rows)}
  `.execute(tx);
}

/** Finds the rows first, each by its key (see loadBooked); the shop's lock keeps them where they were found. */
export async function updateSales(tx: Tx, rows: readonly SaleRow[]): Promise<void> {
  await sql`
    update pos_transactions as booked
    set version = sale.version, content_hash = decode(sale.content_hash, 'hex'), status = sale.status,
      transaction_timestamp = sale.occurred_at, business_date = sale.business_date, currency = sale.currency,
      total_amount = sale.total_amount, discrepancy = sale.discrepancy, payment_method = sale.payment_method,
      metadata = sale.metadata::jsonb, breakdown = sale.breakdown::jsonb, refund_of = sale.refund_of,
      updated_at = sale.updated_at
    from ${saleTable(rows)}
    cross join lateral (
      select ctid as place from pos_transactions
      where pos_transactions.location_id = sale.location_id and pos_transactions.id = sale.id
      offset 0
    ) as found
    where booked.ctid = found.place
  `.execute(tx);
}

/** Takes the lines of these sales away, mapped or waiting, so that those of the new version can stand in their place. */
export async function deleteLines(tx: Tx, sales: readonly SaleId[]): Promise<void> {
  const placesIn = (table: 'unmapped_lines' | 'pos_transaction_items') => sql`array(
      select found.place
      from unnest(${unquoted(sales.map((sale) => sale.locationId))}::uuid[], ${unquoted(sales.map((sale) => sale.id))}::uuid[])
        as replaced (location_id, id)
      cross join lateral (
        select ctid as place from ${sql.table(table)} as line
        where line.location_id = replaced.location_id and line.transaction_id = replaced.id
        offset 0
      ) as found
    )`;
  await Promise.all([
    sql`delete from unmapped_lines where ctid = any(${placesIn('unmapped_lines')})`.execute(tx),
    sql`delete from pos_transaction_items where ctid = any(${placesIn('pos_transaction_items')})`.execute(tx),
  ]);
}

export interface LineRow {
  readonly locationId: string;
  readonly saleId: string;
  readonly lineNumber: number;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly productId: string | null;
  readonly sku: string | null;
  readonly externalProductId: string | null;
  readonly name: string | null;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly totalPrice: string;
  readonly modifiers: readonly unknown[];
}

/** What is the same for all lines of a sale is sent once and looked up by the sale's place: four of five ids of each line. */
export async function insertLines(tx: Tx, rows: readonly LineRow[]): Promise<void> {
  const of = <V>(pick: (row: LineRow) => V): V[] => rows.map(pick);
  const sales = distinct(rows, (row) => row.saleId);
  const ofSale = (pick: (row: LineRow) => string | null) => idAt(sql.ref('sale'), sales.first.map(pick));
  await sql`
    insert into pos_transaction_items (location_id, transaction_id, line_number, franchise_id, franchisee_id, product_id,
      sku, external_product_id, name, quantity, unit_price, total_price, modifiers)
    select ${ofSale((r) => r.locationId)}, ${ofSale((r) => r.saleId)}, line_number, ${ofSale((r) => r.franchiseId)},
      ${ofSale((r) => r.franchiseeId)}, product_id, sku,
      external_product_id, name, quantity, unit_price, total_price, modifiers::jsonb
    from unnest(
      ${intArray(sales.places)}::int[], ${of((r) => r.lineNumber)}::smallint[],
      ${unquoted(of((r) => r.productId))}::uuid[], ${of((r) => r.sku)}::text[],
      ${of((r) => r.externalProductId)}::text[], ${of((r) => r.name)}::text[], ${of((r) => r.quantity)}::numeric[],
      ${of((r) => r.unitPrice)}::numeric[], ${of((r) => r.totalPrice)}::numeric[],
      ${of((r) => JSON.stringify(r.modifiers))}::text[]
    ) as line (sale, line_number, product_id, sku, external_product_id, name, quantity, unit_price, total_price, modifiers)
  `.execute(tx);
}

export interface UnmappedRow {
  readonly locationId: string;
  readonly saleId: string;
  readonly lineNumber: number;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly posSystemId: string;
  readonly externalProductId: string;
  readonly sku: string | null;
  readonly name: string | null;
  readonly quantity: string;
  readonly occurredAt: Date;
}

export async function insertUnmapped(tx: Tx, rows: readonly UnmappedRow[]): Promise<void> {
  const of = <V>(pick: (row: UnmappedRow) => V): V[] => rows.map(pick);
  await sql`
    insert into unmapped_lines (location_id, transaction_id, line_number, franchise_id, franchisee_id, pos_system_id,
      external_product_id, sku, name, quantity, occurred_at)
    select * from unnest(
      ${unquoted(of((r) => r.locationId))}::uuid[], ${unquoted(of((r) => r.saleId))}::uuid[],
      ${of((r) => r.lineNumber)}::smallint[], ${unquoted(of((r) => r.franchiseId))}::uuid[],
      ${unquoted(of((r) => r.franchiseeId))}::uuid[], ${unquoted(of((r) => r.posSystemId))}::uuid[],
      ${of((r) => r.externalProductId)}::text[], ${of((r) => r.sku ?? '')}::text[], ${of((r) => r.name)}::text[],
      ${of((r) => r.quantity)}::numeric[], ${of((r) => r.occurredAt.toISOString())}::timestamptz[])
  `.execute(tx);
}

export interface SyncErrorRow {
  readonly locationId: string;
  readonly id: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly posSystemId: string;
  readonly externalId: string | null;
  readonly kind: SaleKind | null;
  readonly version: number | null;
  readonly code: string;
  readonly detail: string;
  readonly rawBody: Buffer;
  readonly rawDigest: Buffer;
  readonly occurrences: number;
  readonly seenAt: Date;
}

/** No two rows of one call may have the same shop, system and digest: a statement cannot count a row up twice. */
export async function upsertSyncErrors(tx: Tx, rows: readonly SyncErrorRow[]): Promise<void> {
  const of = <V>(pick: (row: SyncErrorRow) => V): V[] => rows.map(pick);
  await sql`
    insert into sync_errors as kept (location_id, id, franchise_id, franchisee_id, pos_system_id,
      external_transaction_id, kind, version, code, detail, raw_body, raw_digest, occurrences, created_at, last_seen_at)
    select location_id, id, franchise_id, franchisee_id, pos_system_id, external_id, kind, version, code, detail,
      raw_body, raw_digest, occurrences, seen_at, seen_at
    from unnest(
      ${unquoted(of((r) => r.locationId))}::uuid[], ${unquoted(of((r) => r.id))}::uuid[],
      ${unquoted(of((r) => r.franchiseId))}::uuid[], ${unquoted(of((r) => r.franchiseeId))}::uuid[],
      ${unquoted(of((r) => r.posSystemId))}::uuid[], ${of((r) => r.externalId)}::text[],
      ${of((r) => r.kind)}::text[], ${of((r) => r.version)}::bigint[], ${of((r) => r.code)}::text[],
      ${of((r) => r.detail)}::text[], ${of((r) => r.rawBody)}::bytea[], ${of((r) => r.rawDigest)}::bytea[],
      ${of((r) => r.occurrences)}::integer[], ${of((r) => r.seenAt.toISOString())}::timestamptz[]
    ) as refused (location_id, id, franchise_id, franchisee_id, pos_system_id, external_id, kind, version, code,
      detail, raw_body, raw_digest, occurrences, seen_at)
    on conflict (location_id, pos_system_id, raw_digest) do update
    set occurrences = kept.occurrences + excluded.occurrences, last_seen_at = excluded.last_seen_at,
      external_transaction_id = coalesce(excluded.external_transaction_id, kept.external_transaction_id),
      kind = coalesce(excluded.kind, kept.kind), version = coalesce(excluded.version, kept.version),
      code = excluded.code, detail = excluded.detail, raw_body = excluded.raw_body,
      state = 'open', resolved_at = null, resolved_by = null, transaction_id = null
  `.execute(tx);
}
