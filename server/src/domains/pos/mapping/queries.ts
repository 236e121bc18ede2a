// The statements about what a till's own names for products mean, and about the lines that wait to be told.
import { type SqlBool, sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';
import type { ToldSale } from '../sale-event.ts';

/** A product as one till names it. */
export interface Reference {
  readonly locationId: string;
  readonly franchiseId: string;
  readonly posSystemId: string;
  readonly externalProductId: string;
}

// ---- Mappings

export interface MappingRow {
  readonly externalProductId: string;
  readonly product: { readonly id: string; readonly sku: string; readonly name: string };
  readonly mappedBy: string | null;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const mappingColumns = sql`mapping.external_product_id as "externalProductId", mapping.mapped_by as "mappedBy", mapping.created_at as "createdAt",
  mapping.updated_at as "updatedAt",
  jsonb_build_object('id', product.id, 'sku', product.sku, 'name', product.name) as product`;

const ofReference = (table: string, { locationId, posSystemId, externalProductId }: Omit<Reference, 'franchiseId'>) =>
  sql<SqlBool>`${sql.ref(`${table}.location_id`)} = ${locationId}::uuid
    and ${sql.ref(`${table}.pos_system_id`)} = ${posSystemId}::uuid
    and ${sql.ref(`${table}.external_product_id`)} = ${externalProductId}::text`;

export interface NewMapping extends Reference {
  readonly franchiseeId: string | null;
  readonly productId: string;
  readonly mappedBy: string;
  readonly at: Date;
}

/** Makes the mapping or turns it to another product; one that says the same already is left as it is. */
export async function upsertMapping(tx: Tx, row: NewMapping): Promise<void> {
  await sql`
    insert into product_mappings as mapping (location_id, pos_system_id, external_product_id, franchise_id,
      franchisee_id, product_id, mapped_by, created_at, updated_at)
    values (${row.locationId}::uuid, ${row.posSystemId}::uuid, ${row.externalProductId}, ${row.franchiseId}::uuid,
      ${row.franchiseeId}::uuid, ${row.productId}::uuid, ${row.mappedBy}, ${row.at}::timestamptz, ${row.at}::timestamptz)
    on conflict (location_id, pos_system_id, external_product_id) do update
    set product_id = excluded.product_id, mapped_by = excluded.mapped_by, updated_at = excluded.updated_at,
      version = mapping.version + 1
    where mapping.product_id <> excluded.product_id
  `.execute(tx);
}

export async function findMapping(tx: Tx, reference: Omit<Reference, 'franchiseId'>): Promise<MappingRow | null> {
  const result = await sql<MappingRow>`
    select ${mappingColumns} from product_mappings as mapping join products as product on product.id = mapping.product_id
    where ${ofReference('mapping', reference)}
  `.execute(tx);
  return result.rows[0] ?? null;
}

/** False where there was none. */
export async function deleteMapping(tx: Tx, reference: Omit<Reference, 'franchiseId'>): Promise<boolean> {
  const result = await sql`
    delete from product_mappings as mapping where ${ofReference('mapping', reference)}
  `.execute(tx);
  return result.numAffectedRows === 1n;
}

/** By the till's own id of the product. */
export async function listMappingRows(
  tx: Tx,
  system: { readonly locationId: string; readonly id: string },
  { limit, after }: { readonly limit: number; readonly after: string | null },
): Promise<MappingRow[]> {
  const result = await sql<MappingRow>`
    select ${mappingColumns} from product_mappings as mapping join products as product on product.id = mapping.product_id
    where mapping.location_id = ${system.locationId}::uuid and mapping.pos_system_id = ${system.id}::uuid
      and (${after}::text is null or mapping.external_product_id > ${after}::text)
    order by mapping.external_product_id limit ${limit}
  `.execute(tx);
  return result.rows;
}

// ---- Waiting lines

export async function countWaiting(tx: Tx, reference: Omit<Reference, 'franchiseId'>): Promise<number> {
  const result = await sql<{ count: number }>`
    select count(*) from unmapped_lines as line where ${ofReference('line', reference)}
  `.execute(tx);
  return result.rows[0]?.count ?? 0;
}

/** Where a line stands among those that wait for the same product: the order of the index. */
export interface LinePlace {
  /** Empty where the till named none. */
  readonly sku: string;
  readonly saleId: string;
  readonly lineNumber: number;
}

export interface WaitingLine extends LinePlace {
  readonly quantity: string;
  readonly occurredAt: Date;
}

/** What is booked at a time: the lines of a reference, all of them or those of one SKU alone. */
export interface WaitingName extends Reference {
  readonly sku: string | null;
}

/** The next lines behind `after`, in the order of the index. */
export async function loadWaitingLines(
  tx: Tx,
  name: WaitingName,
  { after, limit }: { readonly after: LinePlace | null; readonly limit: number },
): Promise<WaitingLine[]> {
  const behind =
    after === null
      ? sql`true`
      : sql`(line.sku, line.transaction_id, line.line_number)
          > (${after.sku}::text, ${after.saleId}::uuid, ${after.lineNumber}::smallint)`;
  const result = await sql<WaitingLine>`
    select line.sku, line.transaction_id as "saleId", line.line_number as "lineNumber", line.quantity,
      line.occurred_at as "occurredAt"
    from unmapped_lines as line
    where ${ofReference('line', name)} and ${name.sku === null ? sql`true` : sql`line.sku = ${name.sku}::text`}
      and ${behind}
    order by line.location_id, line.pos_system_id, line.external_product_id, line.sku, line.transaction_id,
      line.line_number
    limit ${limit}
  `.execute(tx);
  return result.rows;
}

/** A line whose product is known by now. */
export interface KnownLine {
  readonly saleId: string;
  readonly lineNumber: number;
  readonly productId: string;
  readonly sku: string;
  readonly name: string;
}

/**
 * Gives the lines their products and takes them off the queue. What the till said of a line stays; the product's SKU and
 * name fill in what it did not say, as they do for a product that is known at once.
 */
export async function settleLines(tx: Tx, locationId: string, lines: readonly KnownLine[]): Promise<void> {
  const of = <V>(pick: (line: KnownLine) => V): V[] => lines.map(pick);
  const places = sql`unnest(${of((l) => l.saleId)}::uuid[], ${of((l) => l.lineNumber)}::smallint[])
    as place (sale_id, line_number)`;
  // Found first, each by its key: the planner may read all lines of the shop instead (see loadBooked).
  const settled = await sql`
    update pos_transaction_items as line
    set product_id = known.product_id, sku = coalesce(line.sku, known.sku), name = coalesce(line.name, known.name)
    from unnest(${of((l) => l.saleId)}::uuid[], ${of((l) => l.lineNumber)}::smallint[],
      ${of((l) => l.productId)}::uuid[], ${of((l) => l.sku)}::text[], ${of((l) => l.name)}::text[])
      as known (sale_id, line_number, product_id, sku, name)
    cross join lateral (
      select ctid as place from pos_transaction_items as item
      where item.location_id = ${locationId}::uuid and item.transaction_id = known.sale_id
        and item.line_number = known.line_number and item.product_id is null
      offset 0
    ) as found
    where line.ctid = found.place
  `.execute(tx);
  const taken = await sql`
    delete from unmapped_lines where ctid = any(array(
      select found.place from ${places} cross join lateral (
        select ctid as place from unmapped_lines as line
        where line.location_id = ${locationId}::uuid and line.transaction_id = place.sale_id
          and line.line_number = place.line_number
        offset 0
      ) as found
    ))
  `.execute(tx);
  // A line that waits and is not there, or has a product already, would move stock that no sale accounts for.
  for (const { numAffectedRows = 0n } of [settled, taken]) {
    if (numAffectedRows === BigInt(lines.length)) continue;
    throw new Error(`${lines.length} waiting lines were to be booked, ${numAffectedRows} were found`);
  }
}

/** Marks the sales as changed and returns them whole, without their lines. */
export async function touchSales(
  tx: Tx,
  sales: { readonly locationId: string; readonly ids: readonly string[] },
  at: Date,
): Promise<ToldSale[]> {
  const result = await sql<ToldSale>`
    update pos_transactions as sale set updated_at = greatest(sale.updated_at, ${at}::timestamptz)
    where sale.location_id = ${sales.locationId}::uuid and sale.id = any(${sales.ids}::uuid[])
    returning sale.location_id as "locationId", sale.id, sale.franchise_id as "franchiseId",
      sale.franchisee_id as "franchiseeId", sale.pos_system_id as "posSystemId", sale.kind, sale.refund_of as "refundOf", sale.breakdown,
      sale.external_transaction_id as "externalId", sale.version, sale.status,
      sale.transaction_timestamp as "occurredAt", sale.business_date as "businessDate", sale.currency,
      sale.total_amount as "totalAmount", sale.discrepancy, sale.payment_method as "paymentMethod", sale.metadata,
      sale.created_at as "createdAt", sale.updated_at as "updatedAt"
  `.execute(tx);
  return result.rows;
}

export interface SoldLine {
  readonly saleId: string;
  readonly productId: string | null;
  readonly sku: string | null;
  readonly name: string | null;
  readonly quantity: string;
  readonly unitPrice: string;
  readonly totalPrice: string;
}

/** All lines of these sales, by sale and in their order. */
export async function loadLines(tx: Tx, locationId: string, saleIds: readonly string[]): Promise<SoldLine[]> {
  const result = await sql<SoldLine>`
    select line.transaction_id as "saleId", line.product_id as "productId", line.sku, line.name, line.quantity,
      line.unit_price as "unitPrice", line.total_price as "totalPrice"
    from pos_transaction_items as line
    where line.location_id = ${locationId}::uuid and line.transaction_id = any(${saleIds}::uuid[])
    order by line.transaction_id, line.line_number
  `.execute(tx);
  return result.rows;
}

// ---- The walk over everything that waits

/** One place of the walk: a reference with one of the SKUs that lines under it bear. */
export interface WalkedName extends Reference {
  readonly sku: string;
  /** Whether a product of the brand has this SKU by now. */
  readonly isListed: boolean;
  /** Whether somebody has said what the reference means. */
  readonly isMapped: boolean;
}

export type WalkPlace = Pick<WalkedName, 'locationId' | 'posSystemId' | 'externalProductId' | 'sku'>;

const beginning: WalkPlace = {
  locationId: '00000000-0000-0000-0000-000000000000',
  posSystemId: '00000000-0000-0000-0000-000000000000',
  externalProductId: '',
  sku: '',
};

/**
 * The next names behind `after`, over all shops. Steps through the index from name to name, so a name costs the same
 * whether one line waits under it or a hundred thousand.
 */
export async function walkWaiting(tx: Tx, after: WalkPlace | null, namesMax: number): Promise<WalkedName[]> {
  const { locationId, posSystemId, externalProductId, sku } = after ?? beginning;
  const columns = sql`line.location_id, line.pos_system_id, line.external_product_id, line.sku, line.franchise_id`;
  const order = sql`order by line.location_id, line.pos_system_id, line.external_product_id, line.sku limit 1`;
  const place = sql`(line.location_id, line.pos_system_id, line.external_product_id, line.sku)`;
  const result = await sql<WalkedName>`
    with recursive waiting as (
      (select ${columns}, 1 as position from unmapped_lines as line
        where ${place} > (${locationId}::uuid, ${posSystemId}::uuid, ${externalProductId}::text, ${sku}::text) ${order})
      union all
      select next.*, waiting.position + 1 from waiting cross join lateral (
        select ${columns} from unmapped_lines as line
        where ${place} > (waiting.location_id, waiting.pos_system_id, waiting.external_product_id, waiting.sku) ${order}
      ) as next
      where waiting.position < ${namesMax}::integer
    )
    select waiting.location_id as "locationId", waiting.franchise_id as "franchiseId",
      waiting.pos_system_id as "posSystemId", waiting.external_product_id as "externalProductId", waiting.sku,
      product.id is not null as "isListed", mapping.product_id is not null as "isMapped"
    from waiting
    left join lateral (
      select products.id from products
      where products.franchise_id = waiting.franchise_id and products.sku = waiting.sku offset 0
    ) as product on true
    left join lateral (
      select product_mappings.product_id from product_mappings
      where product_mappings.location_id = waiting.location_id
        and product_mappings.pos_system_id = waiting.pos_system_id
        and product_mappings.external_product_id = waiting.external_product_id offset 0
    ) as mapping on true
    order by waiting.position
  `.execute(tx);
  return result.rows;
}
