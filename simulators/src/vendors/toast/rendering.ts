// What the rendering of Toast's orders needs to know beside the order, and how Toast writes money and time.

import type { ItemBook } from '../item-book.ts';
import type { Ledger } from '../ledger.ts';
import { businessDateOf, minorDigits, type VendorShop } from '../vendor-shop.ts';
import type { ToastSwitches } from './switches.ts';
import type { ToastIds } from './toast-ids.ts';

export interface Rendering {
  readonly ids: ToastIds;
  readonly ledger: Ledger;
  readonly switches: ToastSwitches;
  /** The sales that a day's end has gone over: from then on card money is captured, and nothing can be voided. */
  readonly closedOut: ReadonlySet<string>;
  items(shopId: string): ItemBook;
}

/** Major units as a JSON number, without a currency. */
export const major = (amount: number, { currency }: VendorShop): number => amount / 10 ** minorDigits(currency);

export const stamp = (instant: number): string => new Date(instant).toISOString().replace('Z', '+0000');

/** Stands where others write null: not deleted. */
export const never = stamp(0);

/** yyyymmdd as a number. */
export const dayNumber = (instant: number, shop: VendorShop): number =>
  Number(businessDateOf(instant, shop).replaceAll('-', ''));

/** The instant of `2024-04-01T15:09:30.223+0000`, any offset; undefined for anything else, a `+` that became a space too. */
export function readStamp(text: string): number | undefined {
  const parts = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?)([+-]\d\d)(\d\d)$/.exec(text);
  const instant = parts ? Date.parse(`${parts[1]}${parts[2]}:${parts[3]}`) : Number.NaN;
  return Number.isNaN(instant) || instant < Date.parse('2015-12-01T00:00:00Z') ? undefined : instant;
}
