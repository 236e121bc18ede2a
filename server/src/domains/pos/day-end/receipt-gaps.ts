// Receipts that are missing: a till numbers them one after the other, so a hole in a day's numbers is a sale that nobody
// sent. Pure.

export interface ReceiptGap {
  /** First and last number that are missing; the same for one. */
  readonly from: number;
  readonly to: number;
  /** The till within the shop, where it says so. */
  readonly registerId: string | null;
}

/** As it stands in the books of a day. */
export interface ReceiptNumber {
  readonly registerId: string | null;
  readonly receiptNumber: string;
}

const gapsMax = 100;
/** A wider hole is a till that counts otherwise: it began anew, or numbers are no sequence. */
const widthMax = 200;

/**
 * The holes in the numbers of each register, in order. `before`: those of the days before, whose last one is where the day
 * goes on, unless the till began anew. Numbers that are no whole numbers say nothing.
 */
export function findReceiptGaps(
  receipts: readonly ReceiptNumber[],
  before: readonly (ReceiptNumber & { readonly businessDate: string })[] = [],
): ReceiptGap[] {
  const byRegister = Map.groupBy(receipts, ({ registerId }) => registerId);
  const gaps: ReceiptGap[] = [];
  for (const [registerId, numbered] of byRegister) {
    const own = wholeNumbers(numbered);
    const last = lastOf(before.filter((receipt) => receipt.registerId === registerId));
    const numbers = last !== null && last < (own[0] ?? 0) ? [last, ...own] : own;
    for (const [index, number] of numbers.entries()) {
      const before = numbers[index - 1] ?? number;
      const width = number - before - 1;
      if (width > 0 && width <= widthMax) gaps.push({ from: before + 1, to: number - 1, registerId });
    }
  }
  return gaps.slice(0, gapsMax);
}

/** In order. */
function wholeNumbers(receipts: readonly ReceiptNumber[]): number[] {
  return receipts
    .map(({ receiptNumber }) => (/^\d{1,15}$/.test(receiptNumber) ? Number(receiptNumber) : null))
    .filter((number) => number !== null)
    .sort((a, b) => a - b);
}

/** The highest one of the last day that has some: a shop is closed on some days. */
function lastOf(receipts: readonly (ReceiptNumber & { readonly businessDate: string })[]): number | null {
  const day = receipts.reduce((last, { businessDate }) => (businessDate > last ? businessDate : last), '');
  return wholeNumbers(receipts.filter(({ businessDate }) => businessDate === day)).at(-1) ?? null;
}
