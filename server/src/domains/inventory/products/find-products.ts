// Finding products for other slices, many at a time: a till names what it sold by SKU, a mapping by product id.
import type { Tx } from '../../../platform/database.ts';
import { type ProductRef, productsById, productsBySku } from './queries.ts';

export interface WantedSku {
  readonly franchiseId: string;
  readonly sku: string;
}

/** Answers one entry a question, in its order: the brand's product of that SKU, or null. SKUs are compared exactly. */
export async function findProductsBySku(tx: Tx, wanted: readonly WantedSku[]): Promise<(ProductRef | null)[]> {
  if (wanted.length === 0) return [];
  const asked = new Map(wanted.map((one) => [skuKey(one), one]));
  const found = new Map((await productsBySku(tx, [...asked.values()])).map((product) => [skuKey(product), product]));
  return wanted.map((one) => found.get(skuKey(one)) ?? null);
}

/** Answers one entry an id, in their order; null for an id that is unknown or that the actor may not see. */
export async function findProductsById(tx: Tx, ids: readonly string[]): Promise<(ProductRef | null)[]> {
  if (ids.length === 0) return [];
  const found = new Map((await productsById(tx, [...new Set(ids)])).map((product) => [product.id, product]));
  return ids.map((id) => found.get(id) ?? null);
}

// The franchise id has a fixed length, so the pair needs no separator to be unambiguous.
const skuKey = ({ franchiseId, sku }: WantedSku): string => franchiseId + sku;
