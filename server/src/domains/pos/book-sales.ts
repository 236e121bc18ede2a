// One group commit: lock, load, decide (plan-bookings.ts), write, append, move the stock. A fixed number of statements,
// however many sales of however many shops there are, and those that need nothing of each other's answers are sent
// together, COMMIT with the last of them: three round trips instead of fourteen, which for a commit of few sales is most
// of its time.
import { commitBehind, type Tx } from '../../platform/database.ts';
import { lockStock, prepareMove, writeMove } from '../inventory/index.ts';
import { keptRefusals } from './kept-refusals.ts';
import { type BookingPlan, planBookings, saleKey } from './plan-bookings.ts';
import {
  type BookedSale,
  deleteLines,
  insertLines,
  insertSales,
  insertUnmapped,
  loadBooked,
  loadShops,
  loadSoldProducts,
  type SaleKey,
  type Shop,
  updateSales,
  upsertSyncErrors,
} from './queries.ts';
import { resolveProducts } from './resolve-products.ts';
import type { SaleResult } from './sale.ts';
import type { WaitingSale } from './waiting-sale.ts';

/** Books the sales in their order and keeps the refused ones; answers a result each. The transaction acts as ingest. */
export async function bookSales(tx: Tx, sales: readonly WaitingSale[], now: Date): Promise<SaleResult[]> {
  const locationIds = [...new Set(sales.map(({ system }) => system.locationId))];
  // The lock is sent first, so whatever is read behind it is read under it.
  const [, shopRows, booked, productOf] = await Promise.all([
    lockStock(tx, locationIds),
    loadShops(tx, locationIds),
    loadBookedOf(tx, sales),
    resolveProducts(tx, sales),
  ]);
  const shops = new Map(shopRows.map((shop) => [shop.locationId, shop]));
  const replaced = replacedBy(sales, booked);
  const sold = replaced.length === 0 ? [] : await loadSoldProducts(tx, replaced);
  const plan = planBookings(sales, { shops, booked, sold, productOf, now });
  // The movements first, because they begin by reading: while PostgreSQL writes the sales, they are worked out here.
  const preparing = prepareMove(tx, plan.movements, 'pos');
  commitBehind(tx, [...writeSales(tx, plan), keepRefused(tx, plan, { shops, now })]);
  commitBehind(tx, [writeMove(tx, await preparing, plan.events)]);
  return plan.results;
}

async function loadBookedOf(tx: Tx, sales: readonly WaitingSale[]): Promise<BookedSale[]> {
  const keys = new Map<string, SaleKey>();
  for (const { system, parsed } of sales) {
    if (!parsed.ok) continue;
    const { kind, externalId } = parsed.sale;
    const key = { locationId: system.locationId, posSystemId: system.id, kind, externalId };
    keys.set(saleKey(system.id, key), key);
  }
  return keys.size === 0 ? [] : loadBooked(tx, [...keys.values()]);
}

/** The booked sales that this commit may replace. */
function replacedBy(sales: readonly WaitingSale[], booked: readonly BookedSale[]): BookedSale[] {
  const highest = new Map<string, number>();
  for (const { system, parsed, isFetched } of sales) {
    if (!parsed.ok) continue;
    const key = saleKey(system.id, parsed.sale);
    // What was fetched may also replace its own version.
    const above = isFetched === true ? parsed.sale.version : parsed.sale.version - 1;
    highest.set(key, Math.max(highest.get(key) ?? 0, above));
  }
  return booked.filter((sale) => (highest.get(saleKey(sale.posSystemId, sale)) ?? 0) >= sale.version);
}

/** In the order in which they must run: a sale before its lines, and the old lines away before the new ones come. */
function writeSales(tx: Tx, plan: BookingPlan): Promise<void>[] {
  return [
    ...(plan.inserts.length > 0 ? [insertSales(tx, plan.inserts)] : []),
    ...(plan.updates.length > 0 ? [updateSales(tx, plan.updates), deleteLines(tx, plan.updates)] : []),
    ...(plan.lines.length > 0 ? [insertLines(tx, plan.lines)] : []),
    ...(plan.unmapped.length > 0 ? [insertUnmapped(tx, plan.unmapped)] : []),
  ];
}

async function keepRefused(
  tx: Tx,
  plan: BookingPlan,
  { shops, now }: { shops: ReadonlyMap<string, Shop>; now: Date },
): Promise<void> {
  const rows = keptRefusals(plan.refused, shops, now);
  if (rows.length > 0) await upsertSyncErrors(tx, rows);
}
