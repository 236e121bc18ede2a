// Gives a shop an item of a product before it has any of it, with the levels that say when it runs low.
import { v7 as uuidv7 } from 'uuid';
import { append } from '../../events/index.ts';
import type { Caller } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import { type Decimal, plain } from '../../platform/decimal.ts';
import { itemExists, unknownProduct } from './errors.ts';
import { permittedShop } from './find-shop.ts';
import { lockStock } from './lock-stock.ts';
import { findProductsById } from './products/find-products.ts';
import { insertItem } from './queries.ts';
import { findStockItem, type StockItem } from './shelves/queries.ts';
import { itemCreated } from './stock-events.ts';
import { settleLevels } from './stock-level.ts';

export interface NewInventoryItem {
  readonly locationId: string;
  readonly productId: string;
  /** Each 0 or more, in the product's unit. */
  readonly reorderLevel?: Decimal | null;
  readonly rearmLevel?: Decimal | null;
  readonly maxStockLevel?: Decimal | null;
}

/**
 * Makes the item with stock 0. Throws `identity.forbidden`, `identity.location_not_found`, and of inventory
 * `unknown_product`, `item_exists` and `levels_contradict`.
 */
export async function createItem(
  parts: { readonly db: Database; readonly clock: Clock },
  caller: Caller,
  input: NewInventoryItem,
): Promise<StockItem> {
  const { locationId, productId } = input;
  const levels = settleLevels(input);
  return parts.db.transaction(caller, async (tx) => {
    const shop = await permittedShop(tx, caller, { action: 'inventory.manage', locationId });
    await lockStock(tx, [locationId]);
    const [product] = await findProductsById(tx, [productId]);
    if (product?.franchiseId !== shop.franchiseId)
      throw unknownProduct(`There is no product ${productId} in this brand.`);
    const item = { ...shop, inventoryItemId: uuidv7(), productId };
    const record = await insertItem(tx, {
      ...item,
      reorderLevel: textOf(levels.reorderLevel),
      rearmLevel: textOf(levels.rearmLevel),
      maxStockLevel: textOf(levels.maxStockLevel),
    });
    if (record === undefined) throw itemExists(`The shop has an item of the product ${productId} already.`);
    await append(tx, [itemCreated({ ...item, product }, record, parts.clock.now())]);
    const created = await findStockItem(tx, locationId, productId);
    if (created === undefined) throw new Error(`The item ${item.inventoryItemId} is missing after it was made`);
    return created;
  });
}

const textOf = (level: Decimal | null): string | null => level && plain(level);
