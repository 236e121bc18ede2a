// Receipts that are missing: a till numbers them one after the other, so a hole in a day's numbers is a sale that nobody
// sent. Pure.

export interface ReceiptGap {
  /** First and last number that are missing; the same for one. */
  readonly from: number;
  readonly to: number;
  /** The till within the shop, where it says so. */
  readonly registerId: string | null;
}

export interface ReceiptNumber {
  readonly registerId: string | null;
  readonly receiptNumber: string;
}

const gapsMax = 100;
/** A wider hole is a till that counts otherwise: it began anew, or numbers are no sequence. */
const widthMax = 200;

/** The holes in the numbers of each register, in order. Numbers that are no whole numbers say nothing. */
export function findReceiptGaps(receipts: readonly ReceiptNumber[]): ReceiptGap[] {
  const byRegister = Map.groupBy(receipts, ({ registerId }) => registerId);
  const gaps: ReceiptGap[] = [];
  for (const [registerId, numbered] of byRegister) {
    const numbers = numbered
      .map(({ receiptNumber }) => (/^\d{1,15}$/.test(receiptNumber) ? Number(receiptNumber) : null))
      .filter((number) => number !== null)
      .sort((a, b) => a - b);
    for (const [index, number] of numbers.entries()) {
      const before = numbers[index - 1] ?? number;
      const width = number - before - 1;
      if (width > 0 && width <= widthMax) gaps.push({ from: before + 1, to: number - 1, registerId });
    }
  }
  return gaps.slice(0, gapsMax);
}
