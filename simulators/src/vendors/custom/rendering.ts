// How a till of nobody's make writes amounts, quantities and instants.

import { wallClock } from '../../local-time.ts';
import type { Ledger } from '../ledger.ts';
import { minorDigits, type VendorShop } from '../vendor-shop.ts';
import type { CustomSwitches } from './switches.ts';

export interface Rendering {
  readonly ledger: Ledger;
  readonly switches: CustomSwitches;
}

export type Figure = number | string;

/** Major units, exact either way. */
export function amount(minor: number, shop: VendorShop, { amounts }: CustomSwitches): Figure {
  const digits = minorDigits(shop.currency);
  return amounts === 'numbers' ? minor / 10 ** digits : (minor / 10 ** digits).toFixed(digits);
}

export const quantity = (thousandths: number, { amounts }: CustomSwitches): Figure =>
  amounts === 'numbers' ? thousandths / 1000 : String(thousandths / 1000);

/** RFC 3339 in the shop's own time, with its offset of that day. */
export function localStamp(instant: number, { timeZone }: VendorShop): string {
  const { date, minute } = wallClock(instant, timeZone);
  const local = Date.parse(`${date}T00:00:00Z`) + Math.round(minute * 60_000);
  const offset = Math.round((local - instant) / 60_000);
  const two = (value: number) => String(Math.floor(value)).padStart(2, '0');
  const ahead = `${offset < 0 ? '-' : '+'}${two(Math.abs(offset) / 60)}:${two(Math.abs(offset) % 60)}`;
  return new Date(local).toISOString().replace('Z', ahead);
}
