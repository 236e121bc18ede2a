// Reads a brand's catalogue. Row security shows the products of every brand that the caller belongs to, and no other.
import { z } from 'zod';
import { type Caller, narrowTo } from '../../../identity/index.ts';
import type { Database } from '../../../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../../platform/http-lists.ts';
import { unknownProduct } from '../errors.ts';
import { findProduct, listProducts, type Product } from './queries.ts';

const cursorKey = z.tuple([z.uuid(), z.string()]);

/** One page of the products by brand and SKU. */
export async function readProducts(db: Database, caller: Caller, query: ListQuery): Promise<Page<Product>> {
  const after = decodeCursor('products', query.after, cursorKey);
  const rows = await db.transaction(narrowTo(caller, 'catalog.read'), (tx) =>
    listProducts(tx, { limit: query.limit + 1, after }),
  );
  return makePage(rows, query.limit, { list: 'products', keyOf: (row) => [row.franchiseId, row.sku] });
}

/** Throws `inventory.unknown_product`, also for a product of another brand. */
export async function readProduct(db: Database, caller: Caller, id: string): Promise<Product> {
  const product = await db.transaction(narrowTo(caller, 'catalog.read'), (tx) => findProduct(tx, id));
  if (product === undefined) throw unknownProduct(`There is no product ${id}.`);
  return product;
}
