// A shop as a vendor's back office knows it, with the days and the money it counts in.

import { wallClock } from '../local-time.ts';
import type { Product } from '../sale.ts';

export interface VendorShop {
  /** The caller's own name for the shop; the vendor's id of it is made from this. */
  readonly id: string;
  readonly name: string;
  /** IANA. */
  readonly timeZone: string;
  /** ISO 4217. */
  readonly currency: string;
  /** The local hour at which the business date changes, 0 to 12. */
  readonly closingHour: number;
  readonly products: readonly Product[];
  /** Of all sales unless a line says otherwise, in hundred-thousandths of a percent: 887 500 is 8.875 %. 0 if left out. */
  readonly taxRate?: number;
}

/** 100 % as a tax rate. */
export const wholeTaxRate = 10_000_000;

/** The shop's business date at `instant`, YYYY-MM-DD: before the closing hour it is still the day before. */
export function businessDateOf(instant: number, shop: Pick<VendorShop, 'timeZone' | 'closingHour'>): string {
  const { date, minute } = wallClock(instant, shop.timeZone);
  if (minute >= shop.closingHour * 60) return date;
  return new Date(Date.parse(`${date}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
}

/** By ISO 4217, as vendors count; how Intl shows amounts is another thing. */
const coinless = new Set('BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF'.split(' '));
const thousandths = new Set('BHD IQD JOD KWD LYD OMR TND'.split(' '));

/** Decimal places of the currency's minor unit: 2 for USD, 0 for JPY, 3 for KWD. */
export function minorDigits(currency: string): number {
  if (coinless.has(currency)) return 0;
  return thousandths.has(currency) ? 3 : 2;
}
