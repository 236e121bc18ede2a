// What a shop has, why, and what is running low: the three lists of a shop's stock.
import { z } from 'zod';
import { readSnapshot, type SnapshotPage } from '../../../events/index.ts';
import type { Caller } from '../../../identity/index.ts';
import type { Database } from '../../../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../../platform/http-lists.ts';
import { unknownItem } from '../errors.ts';
import { permittedShop } from '../find-shop.ts';
import {
  findStockItem,
  type LedgerEntry,
  listAlerts,
  listMovements,
  listStock,
  type StockAlert,
  type StockItem,
} from './queries.ts';

const skuKey = z.tuple([z.string()]);

export interface ShopQuery extends ListQuery {
  readonly locationId: string;
}

/** One page of a shop's items, by SKU, and where in the feed it is true. Throws `identity.location_not_found`, `identity.forbidden`. */
export async function readStock(db: Database, caller: Caller, query: ShopQuery): Promise<SnapshotPage<StockItem>> {
  const { locationId, limit } = query;
  const after = decodeCursor('stock', query.after, skuKey);
  const { read: rows, feedCursor } = await readSnapshot(db, caller, async (tx) => {
    await permittedShop(tx, caller, { action: 'inventory.read', locationId });
    return listStock(tx, { locationId, limit: limit + 1, after: after?.[0] ?? null });
  });
  return { ...makePage(rows, limit, { list: 'stock', keyOf: (row) => [row.sku] }), feedCursor };
}

// The text of a timestamptz as PostgreSQL prints it in UTC: it goes back into a cast.
const exactInstant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d{1,6})?\+00$/)
  .refine((text) => z.iso.datetime().safeParse(text.replace(' ', 'T').replace('+00', 'Z')).success);
const movementKey = z.tuple([exactInstant, z.uuid()]);

/** One page of the ledger of one product at a shop, newest booking first. Also throws `inventory.unknown_item`. */
export async function readMovements(
  db: Database,
  caller: Caller,
  query: ShopQuery & { readonly productId: string },
): Promise<Page<LedgerEntry>> {
  const { locationId, productId, limit } = query;
  const after = decodeCursor('movements', query.after, movementKey);
  const rows = await db.transaction(caller, async (tx) => {
    await permittedShop(tx, caller, { action: 'inventory.read', locationId });
    const item = await findStockItem(tx, locationId, productId);
    if (item === undefined) throw unknownItem(`The shop has no item of the product ${productId}.`);
    return listMovements(tx, { locationId, inventoryItemId: item.inventoryItemId, limit: limit + 1, after });
  });
  return makePage(rows, limit, { list: 'movements', keyOf: (row) => [row.recordedAtExact, row.id] });
}

const alertKey = z.tuple([z.uuid()]);

/** One page of a shop's alerts, the latest first; without a state those of both. */
export async function readAlerts(
  db: Database,
  caller: Caller,
  query: ShopQuery & { readonly state?: StockAlert['state'] },
): Promise<SnapshotPage<StockAlert>> {
  const { locationId, limit, state = null } = query;
  const after = decodeCursor('alerts', query.after, alertKey);
  const { read: rows, feedCursor } = await readSnapshot(db, caller, async (tx) => {
    await permittedShop(tx, caller, { action: 'inventory.read', locationId });
    return listAlerts(tx, { locationId, state, limit: limit + 1, after: after?.[0] ?? null });
  });
  return { ...makePage(rows, limit, { list: 'alerts', keyOf: (row) => [row.id] }), feedCursor };
}
