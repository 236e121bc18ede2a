// Toast's ids are GUIDs all over.

import { guid, remembered } from '../external-ids.ts';
import type { NextId } from '../ledger-rows.ts';

export interface ToastIds {
  readonly next: NextId;
  readonly group: string;
  restaurant(shopId: string): string;
  item(shopId: string, key: string): string;
  /** The same for the same item in all restaurants of the group. */
  multiLocation(key: string): string;
  /** Any row that belongs to a known one. */
  partOf(id: string, part: string | number): string;
}

export function toastIds(seed: string): ToastIds {
  let count = 0;
  return {
    next: (kind) => guid(seed, kind, ++count),
    group: guid(seed, 'group'),
    restaurant: remembered((shopId) => guid(seed, 'restaurant', shopId ?? '')),
    item: remembered((shopId, key) => guid(seed, 'item', shopId ?? '', key ?? '')),
    multiLocation: remembered((key) => `1000000${Number.parseInt(guid(seed, 'multi', key ?? '').slice(0, 8), 16)}`),
    partOf: (id, part) => guid(id, part),
  };
}
