// When a stock is low, as pure rules over exact decimals. Two levels instead of one, because an alert that ends at the
// figure where it begins would be raised again by every sale around it.
import { add, compare, type Decimal, decimal, fit, multiply, plain, quantity } from '../../platform/decimal.ts';
import { levelsContradict } from './errors.ts';

/** Levels of one item, in its product's unit. Without a reorder level nothing is ever low. */
export interface StockLevels {
  readonly reorderLevel: Decimal | null;
  readonly rearmLevel: Decimal | null;
  readonly maxStockLevel: Decimal | null;
}

export interface StockChange {
  readonly before: Decimal;
  readonly after: Decimal;
  /** Whether an alert of this item is open, i.e. has fired and not yet been resolved. */
  readonly alertOpen: boolean;
}

/**
 * What a change of the stock does to the item's alert. It fires when the stock is at or below the reorder level after
 * having been above it, and is resolved at the re-arm level; between the two an open alert stays open and a resolved
 * one stays silent. An item that was never above its level (a new one, at zero) is low but has not become low.
 */
export function alertTransition(
  levels: Pick<StockLevels, 'reorderLevel' | 'rearmLevel'>,
  change: StockChange,
): 'open' | 'resolve' | 'none' {
  const { reorderLevel, rearmLevel } = levels;
  if (reorderLevel === null || rearmLevel === null) return 'none';
  if (change.alertOpen) return compare(change.after, rearmLevel) >= 0 ? 'resolve' : 'none';
  const crossed = compare(change.before, reorderLevel) > 0 && compare(change.after, reorderLevel) <= 0;
  return crossed ? 'open' : 'none';
}

/** True at or below the reorder level: what a list of stock marks, whether or not an alert is open. */
export function isLow(stock: Decimal, reorderLevel: Decimal | null): boolean {
  return reorderLevel !== null && compare(stock, reorderLevel) <= 0;
}

/**
 * Completes and checks the levels that somebody asks for; each is 0 or more. Throws `inventory.levels_contradict`
 * unless reorder < re-arm <= maximum: an alert must be able to fire, and filling the shelf must end it.
 */
export function settleLevels(asked: Partial<StockLevels>): StockLevels {
  const { reorderLevel = null, rearmLevel: askedRearm = null, maxStockLevel = null } = asked;
  if (reorderLevel === null) {
    if (askedRearm !== null) throw contradiction('rearmLevel', 'needs a reorderLevel');
    return { reorderLevel, rearmLevel: null, maxStockLevel };
  }
  if (maxStockLevel !== null && compare(maxStockLevel, reorderLevel) <= 0) {
    throw contradiction(
      'maxStockLevel',
      `must be above reorderLevel ${plain(reorderLevel)}, got ${plain(maxStockLevel)}`,
    );
  }
  const rearmLevel = askedRearm ?? defaultRearmLevel(reorderLevel, maxStockLevel);
  if (compare(rearmLevel, reorderLevel) <= 0) {
    throw contradiction('rearmLevel', `must be above reorderLevel ${plain(reorderLevel)}, got ${plain(rearmLevel)}`);
  }
  if (maxStockLevel !== null && compare(rearmLevel, maxStockLevel) > 0) {
    throw contradiction(
      'rearmLevel',
      `must be at most maxStockLevel ${plain(maxStockLevel)}, got ${plain(rearmLevel)}`,
    );
  }
  return { reorderLevel, rearmLevel, maxStockLevel };
}

const oneUnit = decimal('1');
const rearmFactor = decimal('1.1');
/** big.js's mode "away from zero": levels are never negative, so this is upwards. */
const roundUp = 3;

/**
 * The re-arm level of an item that names none: a tenth above the reorder level in whole units, at least one unit above
 * it, but never above the maximum, which a full shelf could not reach.
 */
export function defaultRearmLevel(reorderLevel: Decimal, maxStockLevel: Decimal | null): Decimal {
  const tenth = multiply(reorderLevel, rearmFactor).round(0, roundUp);
  const unit = add(reorderLevel, oneUnit);
  const wanted = compare(tenth, unit) >= 0 ? tenth : unit;
  return maxStockLevel !== null && compare(wanted, maxStockLevel) > 0 ? maxStockLevel : fit(quantity, wanted);
}

function contradiction(path: string, message: string) {
  return levelsContradict(`${path} ${message}.`, { errors: [{ path, message }] });
}
