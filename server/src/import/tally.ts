// What an import has come to, as figures that can be added up and kept between two runs.
import type { SaleResult } from '../domains/pos/index.ts';
import { add, decimal, plain } from '../platform/decimal.ts';

export interface Tally {
  readonly sales: number;
  readonly lines: number;
  readonly created: number;
  readonly updated: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** The sum of the totals of all but the rejected ones, as a plain decimal. */
  readonly total: string;
  /** How much of the file's text is through, in bytes. */
  readonly end: number;
}

export const nothingYet: Tally = Object.freeze({
  sales: 0,
  lines: 0,
  created: 0,
  updated: 0,
  duplicate: 0,
  rejected: 0,
  total: '0',
  end: 0,
});

/** One booked (or refused) sale; `total` is '0' for a refused one. */
export interface TalliedSale {
  readonly status: SaleResult['status'];
  readonly lines: number;
  readonly total: string;
  readonly end: number;
}

export function tallyOf(sales: readonly TalliedSale[]): Tally {
  const counts = { created: 0, updated: 0, duplicate: 0, rejected: 0 };
  let lines = 0;
  let total = decimal('0');
  for (const sale of sales) {
    counts[sale.status] += 1;
    lines += sale.lines;
    if (sale.status !== 'rejected') total = add(total, decimal(sale.total));
  }
  return { sales: sales.length, lines, ...counts, total: plain(total), end: sales.at(-1)?.end ?? 0 };
}

/** `b` follows `a` in the file. */
export function addTallies(a: Tally, b: Tally): Tally {
  return {
    sales: a.sales + b.sales,
    lines: a.lines + b.lines,
    created: a.created + b.created,
    updated: a.updated + b.updated,
    duplicate: a.duplicate + b.duplicate,
    rejected: a.rejected + b.rejected,
    total: plain(add(decimal(a.total), decimal(b.total))),
    end: Math.max(a.end, b.end),
  };
}
