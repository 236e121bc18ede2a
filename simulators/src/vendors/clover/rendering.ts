// What the rendering of any of Clover's rows needs to know beside the row, and how Clover writes lists.

import type { ItemBook } from '../item-book.ts';
import type { Ledger } from '../ledger.ts';
import type { CloverIds } from './clover-ids.ts';
import type { CloverSwitches } from './switches.ts';

export interface Rendering {
  readonly ids: CloverIds;
  readonly ledger: Ledger;
  readonly switches: CloverSwitches;
  items(shopId: string): ItemBook;
}

/** Lists inside a row are cut at a hundred and have no next page. */
export const expandedMax = 100;

export const elements = (rows: readonly unknown[]) => ({ elements: rows.slice(0, expandedMax) });

export const ref = (id: string) => ({ id });
