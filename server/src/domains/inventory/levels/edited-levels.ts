// What an edit of an item's levels comes to, as pure rules: the levels that it leaves, and what they do to its alert.
import { compare, type Decimal } from '../../../platform/decimal.ts';
import { isLow, type StockLevels, settleLevels } from '../stock-level.ts';

/**
 * The levels after an edit; what it leaves out stays, but for the re-arm level under a new reorder level, which is set
 * anew as for a new item: the old one was chosen for the old one. Throws `inventory.levels_contradict`.
 */
export function editLevels(present: StockLevels, changes: Partial<StockLevels>): StockLevels {
  const { reorderLevel = present.reorderLevel, maxStockLevel = present.maxStockLevel } = changes;
  const kept = changes.reorderLevel === undefined ? present.rearmLevel : null;
  const { rearmLevel = kept } = changes;
  return settleLevels({ reorderLevel, rearmLevel, maxStockLevel });
}

export interface LevelEdit {
  readonly before: StockLevels;
  readonly after: StockLevels;
  readonly stock: Decimal;
  readonly alertOpen: boolean;
}

/**
 * What an edit does to the item's alert. It opens one where the stock was not low by the old level (or had none) and is
 * by the new one: the shop must hear of it, and no sale will cross the level any more. It ends an open one where the stock
 * has reached the new re-arm level, or where there is no level left to be under.
 */
export function alertAfterEdit({ before, after, stock, alertOpen }: LevelEdit): 'open' | 'resolve' | 'none' {
  if (!alertOpen) return !isLow(stock, before.reorderLevel) && isLow(stock, after.reorderLevel) ? 'open' : 'none';
  return after.rearmLevel === null || compare(stock, after.rearmLevel) >= 0 ? 'resolve' : 'none';
}
