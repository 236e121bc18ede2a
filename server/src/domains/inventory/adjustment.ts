// What an adjustment by a person or program means for the ledger, as a pure rule: which signs go with which type, and
// what a count comes to.
import { type Decimal, isNegative, isZero, plain, subtract } from '../../platform/decimal.ts';
import { countTimeInvalid, quantityContradictsType } from './errors.ts';

export const adjustmentTypes = ['in', 'out', 'adjustment', 'waste', 'count'] as const;

export type AdjustmentType = (typeof adjustmentTypes)[number];

export interface AdjustmentFigures {
  readonly type: AdjustmentType;
  /** What it adds to the stock, signed; for a count the counted figure. */
  readonly quantity: Decimal;
  /** Of a count: when the figure was read off the shelf. */
  readonly countedAt?: Date;
}

/** How far ahead of ours a counting device's clock may be, in ms. */
export const countAheadMsMax = 5 * 60_000;

const signs: Readonly<Record<AdjustmentType, { fits: (quantity: Decimal) => boolean; must: string }>> = {
  in: { fits: (quantity) => !isNegative(quantity) && !isZero(quantity), must: 'above 0' },
  out: { fits: isNegative, must: 'below 0' },
  waste: { fits: isNegative, must: 'below 0' },
  adjustment: { fits: (quantity) => !isZero(quantity), must: 'other than 0' },
  count: { fits: (quantity) => !isNegative(quantity), must: '0 or more' },
};

/**
 * The instant at which the adjustment takes effect: for a count when it was taken, otherwise now. A count from a device
 * whose clock is ahead counts as taken now, or sales made meanwhile would be taken for part of it. Throws
 * `inventory.quantity_contradicts_type` or `inventory.count_time_invalid`.
 */
export function settleAdjustment({ type, quantity, countedAt }: AdjustmentFigures, now: Date): Date {
  const { fits, must } = signs[type];
  if (!fits(quantity)) {
    const message = `must be ${must} for the type ${type}, got ${plain(quantity)}`;
    throw quantityContradictsType(`quantity ${message}.`, { errors: [{ path: 'quantity', message }] });
  }
  if (type !== 'count') {
    if (countedAt !== undefined) throw wrongTime(`is only for the type count, not for ${type}`);
    return now;
  }
  if (countedAt === undefined) throw wrongTime('is required for the type count');
  if (countedAt.getTime() > now.getTime() + countAheadMsMax) {
    throw wrongTime(`must not be in the future, got ${countedAt.toISOString()} at ${now.toISOString()}`);
  }
  return countedAt > now ? now : countedAt;
}

/**
 * What a count adds to the stock: the counted figure less the balance at its instant. The stock of today is that
 * balance and what was booked after it, so what was sold since keeps counting.
 */
export function countCorrection(counted: Decimal, stock: Decimal, bookedSince: Decimal): Decimal {
  return subtract(counted, subtract(stock, bookedSince));
}

function wrongTime(message: string) {
  return countTimeInvalid(`countedAt ${message}.`, { errors: [{ path: 'countedAt', message }] });
}
