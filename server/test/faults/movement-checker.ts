// Whether the ledger holds exactly the movements that the log's sales stand for, as a pure function from both to the list of
// violations, each a sentence; an empty list is the proof. movement-checker.test.ts shows it red.

/** One event of a sale, in the order of the log. */
export interface ToldSale {
  readonly sale: string;
  /** Thousandths of the product's unit; lines without a product move nothing. */
  readonly lines: readonly { readonly productId: string | null; readonly quantity: number }[];
}

export interface BookedMovement {
  readonly sale: string;
  readonly productId: string;
  /** Thousandths of the unit, signed: what it adds to the stock. */
  readonly quantity: number;
}

/**
 * The first event of a sale stands for a movement a line, each later one for the difference that it makes of a product.
 * Sums alone would not do: a movement that was booked twice can be made up for by another, and a sale has many.
 */
export function checkMovements(told: Iterable<ToldSale>, booked: Iterable<BookedMovement>): string[] {
  const expected = new Map<string, number>();
  const taken = new Map<string, ReadonlyMap<string, number>>();
  for (const { sale, lines } of told) {
    const sold = lines.flatMap(({ productId, quantity }) => (productId === null ? [] : [{ productId, quantity }]));
    const before = taken.get(sale);
    const after = sums(sold);
    taken.set(sale, after);
    const moves = before === undefined ? sold : differences(before, after);
    for (const { productId, quantity } of moves) if (quantity !== 0) count(expected, keyOf(sale, productId, -quantity));
  }
  const found = new Map<string, number>();
  for (const { sale, productId, quantity } of booked) count(found, keyOf(sale, productId, quantity));
  return [...new Set([...expected.keys(), ...found.keys()])]
    .filter((key) => expected.get(key) !== found.get(key))
    .map((key) => `${key} is in the ledger ${found.get(key) ?? 0} times, the log stands for ${expected.get(key) ?? 0}`);
}

function sums(sold: readonly { productId: string; quantity: number }[]): Map<string, number> {
  const byProduct = new Map<string, number>();
  for (const { productId, quantity } of sold) byProduct.set(productId, (byProduct.get(productId) ?? 0) + quantity);
  return byProduct;
}

function differences(before: ReadonlyMap<string, number>, after: ReadonlyMap<string, number>) {
  return [...new Set([...before.keys(), ...after.keys()])].map((productId) => ({
    productId,
    quantity: (after.get(productId) ?? 0) - (before.get(productId) ?? 0),
  }));
}

const keyOf = (sale: string, productId: string, quantity: number) => `${quantity} of ${productId} for sale ${sale}`;

function count(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
