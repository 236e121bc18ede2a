// Books lines that waited for their product: what a sale took from the shelf is written down once it is known what it
// was. Lock, load, decide, write, append, move, as in the group commit of sales (book-sales.ts), whose counterpart it is.
//
// Nothing is missed between the two: a mapping is committed before its lines are looked for here, under the shop's lock;
// a commit of sales that had not seen the mapping held that lock, so its waiting lines are seen, and one that comes after
// sees the mapping.
import { append } from '../../../events/index.ts';
import type { Tx } from '../../../platform/database.ts';
import { decimal, isZero, negate, plain } from '../../../platform/decimal.ts';
import { findProductsBySku, lockStock, moveStock, type ProductRef, type StockMovement } from '../../inventory/index.ts';
import { loadShops } from '../queries.ts';
import { saleEvent, type ToldLine, type ToldSale } from '../sale-event.ts';
import {
  findMapping,
  type LinePlace,
  loadLines,
  loadWaitingLines,
  type Reference,
  type SoldLine,
  settleLines,
  touchSales,
  type WaitingLine,
  type WaitingName,
} from './queries.ts';

export interface LinePage {
  /** The last line of the page before. */
  readonly after: LinePlace | null;
  readonly limit: number;
  readonly now: Date;
}

export interface BookedPage {
  readonly looked: number;
  readonly booked: number;
  /** The last line that was looked at, whether it could be booked or waits on; null where there was none. */
  readonly last: LinePlace | null;
}

/**
 * Books the next lines under one name whose product is known by now: each gets its product and one movement of stock
 * at the time of its sale, and leaves the queue; each of their sales is told of once, with its version and total
 * unchanged. The transaction acts as ingest at the name's shop. Throws `inventory.amount_out_of_range` for a stock
 * that cannot be kept exactly; then nothing has been written.
 */
export async function bookWaitingLines(tx: Tx, name: WaitingName, page: LinePage): Promise<BookedPage> {
  const { locationId } = name;
  await lockStock(tx, [locationId]);
  const lines = await loadWaitingLines(tx, name, page);
  const seen = { looked: lines.length, last: lines.at(-1) ?? null };
  const known = await resolveLines(tx, name, lines);
  if (known.length === 0) return { ...seen, booked: 0 };
  await settleLines(
    tx,
    locationId,
    known.map(({ line, product }) => ({ ...line, productId: product.id, sku: product.sku, name: product.name })),
  );
  const ids = [...new Set(known.map(({ line }) => line.saleId))];
  const sales = await touchSales(tx, { locationId, ids }, page.now);
  await append(tx, tellSales(sales, await loadLines(tx, locationId, ids)));
  await moveStock(tx, await planMovements(tx, name, known), 'pos');
  return { ...seen, booked: known.length };
}

interface ResolvedLine {
  readonly line: WaitingLine;
  readonly product: Omit<ProductRef, 'franchiseId'>;
  readonly performedBy: string;
}

/** What nobody did by hand: the SKU of a waiting line has come into the catalogue. */
const bySkuAlone = 'system:waiting-lines';

/** The lines whose product is known, by the rule of resolve-products.ts: the brand's SKU first, then the mapping. */
async function resolveLines(tx: Tx, reference: Reference, lines: readonly WaitingLine[]): Promise<ResolvedLine[]> {
  if (lines.length === 0) return [];
  const { franchiseId } = reference;
  const skus = [...new Set(lines.map(({ sku }) => sku).filter((sku) => sku !== ''))];
  const found = await findProductsBySku(
    tx,
    skus.map((sku) => ({ franchiseId, sku })),
  );
  const bySku = new Map(skus.map((sku, index) => [sku, found[index] ?? null]));
  const mapping = await findMapping(tx, reference);
  const mapped = mapping && { product: mapping.product, performedBy: mapping.mappedBy ?? bySkuAlone };
  return lines.flatMap((line) => {
    const product = bySku.get(line.sku) ?? null;
    if (product !== null) return [{ line, product, performedBy: bySkuAlone }];
    return mapped === null ? [] : [{ line, ...mapped }];
  });
}

function tellSales(sales: readonly ToldSale[], lines: readonly SoldLine[]) {
  const linesOf = Map.groupBy(lines, ({ saleId }) => saleId);
  return sales.map((sale) => saleEvent(sale, (linesOf.get(sale.id) ?? []).map(told), sale));
}

// By now a line says itself what its product would fill in.
function told(line: SoldLine): ToldLine {
  return { line, product: line.productId === null ? null : { id: line.productId, sku: '', name: '' } };
}

async function planMovements(
  tx: Tx,
  { locationId, franchiseId }: Reference,
  known: readonly ResolvedLine[],
): Promise<StockMovement[]> {
  const [shop] = await loadShops(tx, [locationId]);
  if (shop === undefined) throw new Error(`The shop ${locationId} of a waiting line is not there`);
  return known
    .filter(({ line }) => !isZero(decimal(line.quantity)))
    .map(({ line, product, performedBy }) => ({
      locationId,
      franchiseId,
      // The shelf is the present owner's, as in every booking.
      franchiseeId: shop.franchiseeId,
      productId: product.id,
      type: 'sale',
      quantity: plain(negate(decimal(line.quantity))),
      referenceType: 'pos_transaction',
      referenceId: line.saleId,
      performedBy,
      occurredAt: line.occurredAt,
      reason: 'sold before its product was known',
    }));
}
