// Amounts as vendors write them, and as we keep them: decimals of the currency's main unit.
import { type Decimal, decimal, multiply } from '../../../platform/decimal.ts';

const known = new Map<string, number>();

/** Digits of the currency's minor unit by ISO 4217: 2 of USD, 0 of JPY, 3 of KWD; 2 for what is no currency. */
export function minorDigits(currency: string): number {
  let digits = known.get(currency);
  if (digits === undefined) {
    // Only three letters ever get here from a shop, but a vendor's bytes may say anything.
    if (!/^[A-Za-z]{3}$/.test(currency)) return 2;
    const format = new Intl.NumberFormat('en', { style: 'currency', currency });
    digits = format.resolvedOptions().maximumFractionDigits ?? 2;
    known.set(currency, digits);
  }
  return digits;
}

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
