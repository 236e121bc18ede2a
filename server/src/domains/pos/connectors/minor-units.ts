// Amounts as vendors write them, and as we keep them: decimals of the currency's main unit.
import { minorDigits } from '../../../platform/currencies.ts';
import { type Decimal, decimal, multiply } from '../../../platform/decimal.ts';

/** An amount in minor units as one in main units, exactly. */
export function fromMinor(amount: Decimal, currency: string): Decimal {
  return multiply(amount, decimal(`1e-${minorDigits(currency)}`));
}

/**
 * An amount in main units that went through a vendor's floats, as the amount it was meant to be: rounded half up to the
 * currency's minor unit, so that 0.30000000000000004 is 0.30.
 */
export function fromFloat(amount: Decimal, currency: string): Decimal {
  return decimal(amount.toFixed(minorDigits(currency)));
}
