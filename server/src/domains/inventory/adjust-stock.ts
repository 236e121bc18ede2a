// Books what a person or program says about a shop's stock: a delivery, a loss, a correction, a count. An adjustment is
// a difference, also when it is told as a count: between the shelf and the request the till went on selling.
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { type Decimal, decimal, plain } from '../../platform/decimal.ts';
import { type AdjustmentType, countCorrection, settleAdjustment } from './adjustment.ts';
import { countSuperseded } from './errors.ts';
import { permittedShop } from './find-shop.ts';
import { lockStock } from './lock-stock.ts';
import { moveStock } from './move-stock.ts';
import { bookedSince, findStockItem, type StockItem } from './shelves/queries.ts';

export interface Adjustment {
  readonly locationId: string;
  readonly productId: string;
  readonly type: AdjustmentType;
  /** What it adds to the stock, signed; for a count the figure on the shelf. */
  readonly quantity: Decimal;
  /** Of a count: when the figure was read off the shelf. */
  readonly countedAt?: Date;
  readonly reason: string | null;
}

/** What was booked, and the item as it is now. */
export interface BookedAdjustment {
  readonly id: string;
  readonly type: AdjustmentType;
  /** The difference that was booked; for a count its correction, which may be 0. */
  readonly quantity: Decimal;
  readonly occurredAt: Date;
  readonly item: StockItem;
}

/**
 * Books one adjustment. Throws `identity.forbidden`, `identity.location_not_found`, and of inventory
 * `quantity_contradicts_type`, `count_time_invalid`, `count_superseded`, `unknown_product` and `amount_out_of_range`.
 */
export async function adjustStock(
  parts: { readonly db: Database; readonly clock: Clock },
  caller: Caller,
  adjustment: Adjustment,
): Promise<BookedAdjustment> {
  const { locationId, productId, type, reason } = adjustment;
  const occurredAt = settleAdjustment(adjustment, parts.clock.now());
  const id = uuidv7();
  return parts.db.transaction(caller, async (tx) => {
    const shop = await permittedShop(tx, caller, { action: 'inventory.adjust', locationId });
    await lockStock(tx, [locationId]);
    const quantity = type === 'count' ? await correctionOf(tx, adjustment, occurredAt) : adjustment.quantity;
    const movement = { ...shop, productId, type, reason, occurredAt, quantity: plain(quantity) };
    const cause = { referenceType: 'adjustment', referenceId: id, performedBy: caller.id };
    await moveStock(tx, [{ ...movement, ...cause }], 'api');
    const item = await findStockItem(tx, locationId, productId);
    if (item === undefined) throw new Error(`The item of ${productId} is missing after its stock was moved`);
    return { id, type, quantity, occurredAt, item };
  });
}

/** What a count adds; the lock is held, so that nothing is booked between reading the stock and correcting it. */
async function correctionOf(tx: Tx, { locationId, productId, quantity }: Adjustment, since: Date): Promise<Decimal> {
  const item = await findStockItem(tx, locationId, productId);
  if (item === undefined) return quantity;
  if (item.lastCountedAt !== null && item.lastCountedAt > since) {
    throw countSuperseded(`The product was counted at ${item.lastCountedAt.toISOString()}, after this count.`);
  }
  const booked = await bookedSince(tx, { locationId, inventoryItemId: item.inventoryItemId, since });
  return countCorrection(quantity, decimal(item.currentStock), decimal(booked));
}
