// A business day at the vendor beside the same day in the books: how many and how much by tender, and what of it differs.
// Pure; figures are exact.
import { add, compare, type Decimal, decimal, plain, zero } from '../../../platform/decimal.ts';

/** One sale or refund as one of the two sides has it. Figures are plain decimals as text, negative for refunds. */
export interface DaySale {
  readonly kind: 'sale' | 'refund';
  readonly externalId: string;
  readonly version: number;
  readonly businessDate: string;
  readonly total: string;
  readonly tenders: readonly { readonly method: string; readonly amount: string }[];
}

export interface TenderTotal {
  readonly method: string;
  readonly count: number;
  readonly total: string;
}

export interface DayTotals {
  readonly count: number;
  readonly total: string;
  readonly tenders: readonly TenderTotal[];
}

export interface DayDifference {
  readonly kind: 'sale' | 'refund';
  readonly externalId: string;
  /** `missing` in the books, `unknown` to the vendor, or both have it and the totals differ. */
  readonly problem: 'missing' | 'unknown' | 'differs';
  readonly vendor: string | null;
  readonly booked: string | null;
}

export interface DayComparison {
  readonly vendor: DayTotals;
  readonly booked: DayTotals;
  readonly differences: readonly DayDifference[];
}

/** Listed in full up to here; the totals tell the rest. */
const differencesMax = 200;

/**
 * Both sides of one day. `known`: the vendor's sales of all days that were read, so that one which the two sides count for
 * different days is told as a difference of both days and not as missing.
 */
export function compareDay(vendor: readonly DaySale[], booked: readonly DaySale[]): DayComparison {
  const ours = new Map(booked.map((sale) => [keyOf(sale), sale]));
  const theirs = new Map(vendor.map((sale) => [keyOf(sale), sale]));
  const differences: DayDifference[] = [];
  for (const [key, sale] of theirs) {
    const own = ours.get(key);
    const { kind, externalId } = sale;
    if (own === undefined) {
      differences.push({ kind, externalId, problem: 'missing', vendor: sale.total, booked: null });
    } else if (own.version <= sale.version && !isSame(own, sale)) {
      differences.push({ kind, externalId, problem: 'differs', vendor: sale.total, booked: own.total });
    }
  }
  for (const [key, { kind, externalId, total }] of ours) {
    if (!theirs.has(key)) differences.push({ kind, externalId, problem: 'unknown', vendor: null, booked: total });
  }
  return { vendor: totalsOf(vendor), booked: totalsOf(booked), differences: differences.slice(0, differencesMax) };
}

const keyOf = ({ kind, externalId }: DaySale): string => `${kind}/${externalId}`;

function isSame(own: DaySale, sale: DaySale): boolean {
  const [a, b] = [tenderTotals([own]), tenderTotals([sale])];
  return equal(own.total, sale.total) && JSON.stringify(a) === JSON.stringify(b);
}

const equal = (a: string, b: string) => compare(decimal(a), decimal(b)) === 0;

/** How many and how much, by tender. */
export function totalsOf(sales: readonly DaySale[]): DayTotals {
  const total = sales.reduce((sum, sale) => add(sum, decimal(sale.total)), zero);
  return { count: sales.length, total: plain(total), tenders: tenderTotals(sales) };
}

function tenderTotals(sales: readonly DaySale[]): TenderTotal[] {
  const byMethod = new Map<string, { count: number; total: Decimal }>();
  for (const { method, amount } of sales.flatMap(({ tenders }) => tenders)) {
    const known = byMethod.get(method) ?? { count: 0, total: zero };
    byMethod.set(method, { count: known.count + 1, total: add(known.total, decimal(amount)) });
  }
  return [...byMethod]
    .map(([method, { count, total }]) => ({ method, count, total: plain(total) }))
    .sort((a, b) => (a.method < b.method ? -1 : 1));
}
