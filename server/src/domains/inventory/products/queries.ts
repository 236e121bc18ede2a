// Every statement about products. A product belongs to the brand: its members read it, its brand roles write it.
import { sql } from 'kysely';
import type { Tx } from '../../../platform/database.ts';

/** A product as other slices need it. */
export interface ProductRef {
  readonly id: string;
  readonly franchiseId: string;
  readonly sku: string;
  readonly name: string;
}

const productRef = sql`product.id, product.franchise_id as "franchiseId", product.sku, product.name`;

export async function productsBySku(
  tx: Tx,
  wanted: readonly { readonly franchiseId: string; readonly sku: string }[],
): Promise<ProductRef[]> {
  const result = await sql<ProductRef>`
    select ${productRef}
    from unnest(${wanted.map((one) => one.franchiseId)}::uuid[], ${wanted.map((one) => one.sku)}::text[])
      as wanted (franchise_id, sku)
    join products as product on product.franchise_id = wanted.franchise_id and product.sku = wanted.sku
  `.execute(tx);
  return result.rows;
}

export async function productsById(tx: Tx, ids: readonly string[]): Promise<ProductRef[]> {
  const result = await sql<ProductRef>`
    select ${productRef} from products as product where product.id = any(${ids}::uuid[])
  `.execute(tx);
  return result.rows;
}

export interface Product extends ProductRef {
  readonly unit: string;
  readonly price: string | null;
  readonly costPrice: string | null;
  readonly currency: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

const wholeProduct = sql`${productRef}, product.unit, product.price, product.cost_price as "costPrice",
  product.currency, product.version, product.created_at as "createdAt", product.updated_at as "updatedAt"`;

export type NewProductRow = Omit<Product, 'currency' | 'version' | 'createdAt' | 'updatedAt'> & {
  /** Null: the brand's. */
  readonly currency: string | null;
};

/** Undefined when the brand has a product of this SKU already. */
export async function insertProduct(tx: Tx, row: NewProductRow): Promise<Product | undefined> {
  const result = await sql<Product>`
    insert into products as product (id, franchise_id, sku, name, unit, price, cost_price, currency)
    values (${row.id}::uuid, ${row.franchiseId}::uuid, ${row.sku}, ${row.name}, ${row.unit}, ${row.price}::numeric,
      ${row.costPrice}::numeric,
      coalesce(${row.currency}::text, (select currency from franchises where id = ${row.franchiseId}::uuid)))
    on conflict (franchise_id, sku) do nothing
    returning ${wholeProduct}
  `.execute(tx);
  return result.rows[0];
}

/** Writes every field that can be edited; undefined when the product is no longer at that version. */
export async function updateProduct(tx: Tx, row: Product): Promise<Product | undefined> {
  const result = await sql<Product>`
    update products as product set sku = ${row.sku}, name = ${row.name}, unit = ${row.unit},
      price = ${row.price}::numeric, cost_price = ${row.costPrice}::numeric, currency = ${row.currency},
      version = version + 1, updated_at = now()
    where product.id = ${row.id}::uuid and product.version = ${row.version}::integer
    returning ${wholeProduct}
  `.execute(tx);
  return result.rows[0];
}

export async function findProduct(tx: Tx, id: string): Promise<Product | undefined> {
  const result = await sql<Product>`
    select ${wholeProduct} from products as product where product.id = ${id}::uuid
  `.execute(tx);
  return result.rows[0];
}

/** By brand and SKU, the rows behind `after`. Which brands there are is left to row security. */
export async function listProducts(
  tx: Tx,
  page: { readonly limit: number; readonly after: readonly [franchiseId: string, sku: string] | null },
): Promise<Product[]> {
  const behind =
    page.after === null
      ? sql`true`
      : sql`(product.franchise_id, product.sku) > (${page.after[0]}::uuid, ${page.after[1]}::text)`;
  const result = await sql<Product>`
    select ${wholeProduct} from products as product where ${behind}
    order by product.franchise_id, product.sku limit ${page.limit}
  `.execute(tx);
  return result.rows;
}
