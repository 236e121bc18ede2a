// How Clover's ids look, and which of ours they are made from.

import { guid, remembered, upperId } from '../external-ids.ts';
import type { NextId } from '../ledger-rows.ts';

export interface CloverIds {
  readonly app: string;
  readonly next: NextId;
  merchant(shopId: string): string;
  item(shopId: string, key: string): string;
  device(shopId: string): string;
  tender(shopId: string, tender: string): string;
  /** Clover has a line for each unit: the `n`-th of a ledger's line. The first bears the ledger's own id. */
  unitLine(lineId: string, n: number): string;
  /** Any other row that belongs to a known one. */
  partOf(id: string, part: string | number): string;
}

export function cloverIds(seed: string): CloverIds {
  let count = 0;
  return {
    app: upperId(13, seed, 'app'),
    next: (kind) => upperId(13, seed, kind, ++count),
    merchant: remembered((shopId) => upperId(13, seed, 'merchant', shopId ?? '')),
    item: remembered((shopId, key) => upperId(13, seed, 'item', shopId ?? '', key ?? '')),
    device: remembered((shopId) => guid(seed, 'device', shopId ?? '')),
    tender: remembered((shopId, tender) => upperId(13, seed, 'tender', shopId ?? '', tender ?? '')),
    unitLine: (lineId, n) => (n === 0 ? lineId : upperId(13, lineId, n)),
    partOf: (id, part) => upperId(13, id, part),
  };
}
