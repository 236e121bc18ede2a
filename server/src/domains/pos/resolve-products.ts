// Which product of the brand a line means. A SKU is looked up among the brand's products; what the till names otherwise,
// or what no product bears, is looked up among the mappings that people made for this POS system.
import type { Tx } from '../../platform/database.ts';
import { findProductsById, findProductsBySku, type ProductRef, type WantedSku } from '../inventory/index.ts';
import { mappingReference } from './plan-bookings.ts';
import { loadMappings, type ProductReference } from './queries.ts';
import type { SaleLine } from './sale.ts';
import type { WaitingSale } from './waiting-sale.ts';

/** Loads what all lines of the commit need, in one to three statements, and answers from memory afterwards. */
export async function resolveProducts(
  tx: Tx,
  sales: readonly WaitingSale[],
): Promise<(waiting: WaitingSale, line: SaleLine) => ProductRef | null> {
  const bySku = await loadBySku(tx, sales);
  const known = ({ system }: WaitingSale, line: SaleLine): ProductRef | undefined =>
    line.sku === null ? undefined : bySku.get(system.franchiseId + line.sku);
  const byReference = await loadByReference(tx, sales, known);
  return (waiting, line) => known(waiting, line) ?? byReference.get(waiting.system.id + mappingReference(line)) ?? null;
}

async function loadBySku(tx: Tx, sales: readonly WaitingSale[]): Promise<Map<string, ProductRef>> {
  const wanted = new Map<string, WantedSku>();
  for (const { system, line } of linesOf(sales)) {
    if (line.sku !== null) {
      wanted.set(system.franchiseId + line.sku, { franchiseId: system.franchiseId, sku: line.sku });
    }
  }
  const found = await findProductsBySku(tx, [...wanted.values()]);
  const products = new Map<string, ProductRef>();
  for (const product of found) if (product !== null) products.set(product.franchiseId + product.sku, product);
  return products;
}

async function loadByReference(
  tx: Tx,
  sales: readonly WaitingSale[],
  known: (waiting: WaitingSale, line: SaleLine) => ProductRef | undefined,
): Promise<Map<string, ProductRef>> {
  const wanted = new Map<string, ProductReference>();
  for (const waiting of sales) {
    if (!waiting.parsed.ok) continue;
    const { id: posSystemId, locationId } = waiting.system;
    for (const line of waiting.parsed.sale.lines) {
      if (known(waiting, line) !== undefined) continue;
      const externalProductId = mappingReference(line);
      wanted.set(posSystemId + externalProductId, { locationId, posSystemId, externalProductId });
    }
  }
  const products = new Map<string, ProductRef>();
  if (wanted.size === 0) return products;
  const mapped = await loadMappings(tx, [...wanted.values()]);
  const found = await findProductsById(
    tx,
    mapped.map((mapping) => mapping.productId),
  );
  for (const [index, { posSystemId, externalProductId }] of mapped.entries()) {
    const product = found[index];
    if (product !== null && product !== undefined) products.set(posSystemId + externalProductId, product);
  }
  return products;
}

function* linesOf(sales: readonly WaitingSale[]) {
  for (const { system, parsed } of sales) {
    if (parsed.ok) for (const line of parsed.sale.lines) yield { system, line };
  }
}
