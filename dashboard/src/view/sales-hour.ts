// The sales of the last sixty minutes: each sale once, at its highest version, summed per minute as they come.
import { toHundredths } from '../format/money.ts';
import type { Sale } from './sale.ts';

export const minuteMs = 60_000;
/** Minutes on the chart: the present one, which is still filling, and the 59 before it. */
export const minutesShown = 60;

export type Minute = {
  startMs: number;
  /** Sales that were not voided. */
  count: number;
  /** Revenue per currency, in hundredths. */
  revenue: ReadonlyMap<string, number>;
};

export type HourTotals = { count: number; revenue: ReadonlyMap<string, number> };

type Bucket = { count: number; revenue: Map<string, number> };

/** Start of the minute that a time falls into. */
export function minuteOf(timeMs: number): number {
  return Math.floor(timeMs / minuteMs) * minuteMs;
}

/** Start of the first minute that is shown at `nowMs`. */
export function hourStart(nowMs: number): number {
  return minuteOf(nowMs) - (minutesShown - 1) * minuteMs;
}

/**
 * Sales may be applied in any order and any number of times: the highest version of a sale decides, so a snapshot and
 * the events around it may overlap. The sums per minute are kept as sales come and go, not recomputed for each screen.
 */
export class SalesHour {
  readonly #sales = new Map<string, Sale>();
  readonly #minutes = new Map<number, Bucket>();

  /** Takes a sale, or a later version of it. False when this version or a later one is already known. */
  apply(sale: Sale): boolean {
    const known = this.#sales.get(sale.id);
    if (known !== undefined && known.version >= sale.version) return false;
    if (known !== undefined) {
      this.#count(known, -1);
      this.#sales.delete(sale.id);
    }
    // A correction keeps its place in the ticker's time: it was recorded anew, so it comes to the top.
    this.#sales.set(sale.id, sale);
    this.#count(sale, 1);
    return true;
  }

  /** Forgets the sales that have left the hour at `nowMs`. */
  forgetOld(nowMs: number): void {
    const start = hourStart(nowMs);
    for (const [id, sale] of this.#sales) {
      if (sale.occurredAtMs < start) this.#sales.delete(id);
    }
    for (const minute of this.#minutes.keys()) if (minute < start) this.#minutes.delete(minute);
  }

  /** The sixty minutes up to `nowMs`, oldest first, empty ones included. */
  minutes(nowMs: number): Minute[] {
    const start = hourStart(nowMs);
    return Array.from({ length: minutesShown }, (_, index) => {
      const startMs = start + index * minuteMs;
      const bucket = this.#minutes.get(startMs);
      return { startMs, count: bucket?.count ?? 0, revenue: bucket?.revenue ?? new Map() };
    });
  }

  /** Count and revenue of those sixty minutes. */
  totals(nowMs: number): HourTotals {
    let count = 0;
    const revenue = new Map<string, number>();
    for (const minute of this.minutes(nowMs)) {
      count += minute.count;
      for (const [currency, hundredths] of minute.revenue) {
        revenue.set(currency, (revenue.get(currency) ?? 0) + hundredths);
      }
    }
    return { count, revenue };
  }

  /** The sales that the server recorded last, newest first; a corrected sale counts from its correction. */
  newest(salesMax: number): Sale[] {
    return [...this.#sales.values()]
      .sort((one, other) => other.recordedAtMs - one.recordedAtMs || other.occurredAtMs - one.occurredAtMs)
      .slice(0, salesMax);
  }

  get size(): number {
    return this.#sales.size;
  }

  #count(sale: Sale, sign: 1 | -1): void {
    const minute = minuteOf(sale.occurredAtMs);
    const bucket = this.#minutes.get(minute) ?? { count: 0, revenue: new Map<string, number>() };
    this.#minutes.set(minute, bucket);
    if (sale.status !== 'voided' && !sale.isRefund) bucket.count += sign;
    const sum = (bucket.revenue.get(sale.currency) ?? 0) + sign * toHundredths(sale.totalAmount);
    // A currency whose sales are all gone leaves no zero behind: it would show as "· €0.00".
    if (sum === 0) bucket.revenue.delete(sale.currency);
    else bucket.revenue.set(sale.currency, sum);
  }
}
