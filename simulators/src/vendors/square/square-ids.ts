// How Square's ids look, and which of ours they are made from.

import { mixedId, remembered, upperId } from '../external-ids.ts';
import type { NextId } from '../ledger-rows.ts';

export interface SquareIds {
  readonly merchant: string;
  readonly next: NextId;
  location(shopId: string): string;
  item(key: string): string;
  variation(key: string): string;
}

const lengths = { sale: 30, line: 22, payment: 30, refund: 43, return: 30 } as const;

export function squareIds(seed: string): SquareIds {
  const counts = { sale: 0, line: 0, payment: 0, refund: 0, return: 0 };
  return {
    merchant: `M${upperId(12, seed, 'merchant')}`,
    next(kind, belongsTo) {
      const id = mixedId(lengths[kind], seed, kind, ++counts[kind]);
      // A refund's id begins with its payment's, which nobody should rely on.
      return kind === 'refund' && belongsTo !== undefined ? `${belongsTo}_${id}` : id;
    },
    location: remembered((shopId) => `L${upperId(12, seed, 'location', shopId ?? '')}`),
    item: remembered((key) => upperId(24, seed, 'item', key ?? '')),
    variation: remembered((key) => upperId(24, seed, 'variation', key ?? '')),
  };
}
