// What goes wrong after a sale: a void (the cashier's mistake, minutes later) or a refund (the shopper returns). Both are
// a later version of the same sale with what is left of it, which is how the sales route takes them.

import type { Random } from './random.ts';
import type { Sale, SaleLine } from './sale.ts';
import { thousandths, totalOf } from './sale.ts';

/** Shares of all sales that are voided or refunded later the same day. */
export interface TakeBackRates {
  readonly voidRate: number;
  readonly refundRate: number;
}

export const usualTakeBacks: TakeBackRates = { voidRate: 0.006, refundRate: 0.012 };

const minuteMs = 60_000;

/** Decides whether `sale`, rung up at `at`, is taken back, and if so when and what is left of it. */
export function takeBack(
  random: Random,
  sale: Sale,
  rates: TakeBackRates,
): { delayMs: number; sale: Sale } | undefined {
  const fate = random.unit();
  if (fate < rates.voidRate) {
    return {
      delayMs: random.between(minuteMs / 2, 4 * minuteMs),
      sale: leaving(sale, 'voided', sale.lines.map(nothingOf)),
    };
  }
  if (fate < rates.voidRate + rates.refundRate) {
    return {
      delayMs: random.between(5 * minuteMs, 90 * minuteMs),
      sale: leaving(sale, 'refunded', refundedLines(random, sale)),
    };
  }
  return undefined;
}

function leaving(sale: Sale, status: Sale['status'], lines: readonly SaleLine[]): Sale {
  return { ...sale, version: sale.version + 1, status, total: totalOf(lines), lines };
}

const nothingOf = (line: SaleLine): SaleLine => ({ ...line, quantity: 0, total: 0 });

/** Half of the refunds return everything; the others return whole lines or single pieces, at least one of them. */
function refundedLines(random: Random, sale: Sale): readonly SaleLine[] {
  if (random.chance(0.5)) return sale.lines.map(nothingOf);
  const certain = random.between(0, sale.lines.length - 1);
  return sale.lines.map((line, at) => (at === certain || random.chance(0.2) ? lessOf(random, line) : line));
}

function lessOf(random: Random, line: SaleLine): SaleLine {
  const pieces = line.quantity;
  if (!Number.isInteger(pieces) || pieces <= 1) return nothingOf(line);
  const left = random.between(0, pieces - 1);
  // Whole pieces at a price of whole cents: the product of two integers, exact.
  const totalCents = Math.round(line.unitPrice * 100) * (thousandths(left) / 1000);
  return { ...line, quantity: left, total: totalCents / 100 };
}
