// What a movement of stock is, and what the movements of one commit come to for each item: sums, checked exactly.
import { add, type Decimal, decimal, negate, plain, sum, zero } from '../../platform/decimal.ts';
import { amountOutOfRange, unknownProduct } from './errors.ts';
import type { MovementType } from './movement-type.ts';
import type { FeedRow, StockState } from './queries.ts';

export interface StockMovement {
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly productId: string;
  readonly type: MovementType;
  /** What it adds to the stock: an exact signed decimal of at most 4 digits after the point. */
  readonly quantity: string;
  /** What caused it, e.g. `pos_transaction` and its id. The cause's own unique key is what keeps it from moving twice. */
  readonly referenceType: string;
  readonly referenceId: string;
  /** The actor's id, e.g. `user:<id>`. */
  readonly performedBy: string;
  readonly occurredAt: Date;
  readonly reason: string | null;
}

/** All movements of one product at one shop: the unit of the update, of the alert and of the event. */
export interface ItemMove {
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly productId: string;
  readonly movements: readonly StockMovement[];
  readonly change: Decimal;
}

/** A move together with what was there before it. */
export interface PlannedMove extends ItemMove {
  readonly inventoryItemId: string;
  /** True when the shop had no item for the product yet. */
  readonly isNew: boolean;
  readonly sku: string;
  readonly productName: string;
  readonly previousStock: Decimal;
  readonly newStock: Decimal;
  readonly reorderLevel: Decimal | null;
  readonly rearmLevel: Decimal | null;
  readonly openAlertId: string | null;
  /** When it was last delivered to, and last counted, by these movements; null where it was not. */
  readonly restockedAt: Date | null;
  readonly countedAt: Date | null;
  /** The item's row as it is before the move. */
  readonly record: FeedRow;
  /** The transaction's own time, as the database writes it. */
  readonly at: string;
}

/** Groups by (shop, product), in the order in which each first occurs. */
export function sumByItem(movements: readonly StockMovement[]): ItemMove[] {
  const byItem = new Map<string, { first: StockMovement; movements: StockMovement[]; change: Decimal }>();
  for (const movement of movements) {
    const key = movement.locationId + movement.productId;
    const group = byItem.get(key);
    if (group === undefined) {
      byItem.set(key, { first: movement, movements: [movement], change: decimal(movement.quantity) });
    } else {
      group.movements.push(movement);
      group.change = add(group.change, decimal(movement.quantity));
    }
  }
  return [...byItem.values()].map(({ first, movements: own, change }) => ({
    locationId: first.locationId,
    franchiseId: first.franchiseId,
    franchiseeId: first.franchiseeId,
    productId: first.productId,
    movements: own,
    change,
  }));
}

/** numeric(15,4): 11 digits before the point. The scale cannot overflow by adding. */
const stockLimit = decimal('100000000000');

/**
 * Joins a move with the state before it; `newItemId` makes the id of an item that the shop lacks. Throws
 * `inventory.unknown_product` and `inventory.amount_out_of_range` before anything is written, naming the item.
 */
export function planMove(move: ItemMove, state: StockState | undefined, newItemId: () => string): PlannedMove {
  if (state === undefined || state.sku === null || state.productName === null) {
    throw unknownProduct(`There is no product ${move.productId} in this brand.`);
  }
  const corrections = countCorrections(move, state.lastCountedAt);
  const change = add(move.change, sum(corrections.map(({ quantity }) => decimal(quantity))));
  const previousStock = state.currentStock === null ? zero : decimal(state.currentStock);
  const newStock = add(previousStock, change);
  if (newStock.abs().gte(stockLimit)) {
    throw amountOutOfRange(
      `The stock of ${state.sku} at the shop ${move.locationId} would become ${plain(newStock)}; at most 11 digits are kept before the point.`,
    );
  }
  const movements = [...move.movements, ...corrections];
  return {
    ...move,
    movements,
    change,
    inventoryItemId: state.inventoryItemId ?? newItemId(),
    isNew: state.inventoryItemId === null,
    sku: state.sku,
    productName: state.productName,
    previousStock,
    newStock,
    reorderLevel: state.reorderLevel === null ? null : decimal(state.reorderLevel),
    rearmLevel: state.rearmLevel === null ? null : decimal(state.rearmLevel),
    openAlertId: state.openAlertId,
    restockedAt: lastOfType({ movements }, 'in'),
    countedAt: lastOfType({ movements }, 'count'),
    record: state.record ?? {},
    at: state.at,
  };
}

/**
 * A sale that is heard of late, from a till that was offline, and that happened before the shelf was counted: what was
 * counted was counted after it, so the count's correction takes it back. Without this, each such sale would be
 * subtracted twice. Only sales carry a time of their own; an adjustment happens when it is booked.
 */
function countCorrections(move: ItemMove, lastCountedAt: Date | null): StockMovement[] {
  if (lastCountedAt === null) return [];
  return move.movements
    .filter(({ type, occurredAt }) => type === 'sale' && occurredAt <= lastCountedAt)
    .map((sale) => ({
      ...sale,
      type: 'count',
      quantity: plain(negate(decimal(sale.quantity))),
      occurredAt: lastCountedAt,
      reason: 'sold before the count, booked after it',
    }));
}

/** Business time of a move: that of its latest movement. */
export function lastOccurredAt({ movements }: Pick<ItemMove, 'movements'>): Date {
  return new Date(movements.reduce((latest, { occurredAt }) => Math.max(latest, occurredAt.getTime()), -Infinity));
}

/** When the move's latest movement of this type happened, or null if it has none. */
function lastOfType({ movements }: Pick<ItemMove, 'movements'>, wanted: MovementType): Date | null {
  const own = movements.filter(({ type }) => type === wanted);
  return own.length === 0 ? null : lastOccurredAt({ movements: own });
}
