// What must hold after sales have gone from tills to books and screens, as pure functions from a recorded history to the
// list of its violations, each a sentence; an empty list is the proof. checkers.test.ts shows each of them red.

/** What was asked of the server and what it shows at the end; keys are sales, named by POS system and external id. */
export interface SetHistory {
  /** The server answered that it has them. */
  readonly acknowledged: Iterable<string>;
  /** Sent, but no answer came: they may be there or not, once. */
  readonly unknown?: Iterable<string>;
  /** Every row found, so a sale that was booked twice is listed twice. */
  readonly present: Iterable<string>;
}

/** Each acknowledged sale is there exactly once, each unanswered one at most once, and nothing that nobody sent. */
export function checkSetFull(history: SetHistory): string[] {
  const found = countOf(history.present);
  const acknowledged = new Set(history.acknowledged);
  const asked = new Set([...acknowledged, ...(history.unknown ?? [])]);
  return [
    ...[...acknowledged].filter((key) => !found.has(key)).map((key) => `${key} was acknowledged and is not there`),
    ...[...found].filter(([, times]) => times > 1).map(([key, times]) => `${key} is there ${times} times`),
    ...[...found.keys()].filter((key) => !asked.has(key)).map((key) => `${key} is there and was never sent`),
  ];
}

/** Figures by shop and product, in whole thousandths of the product's unit; a missing figure is 0. */
export interface StockHistory {
  readonly opening: ReadonlyMap<string, number>;
  readonly sold: ReadonlyMap<string, number>;
  readonly stock: ReadonlyMap<string, number>;
  /** The sum of the ledger's movements, the opening among them. */
  readonly ledger: ReadonlyMap<string, number>;
}

/** Stock is what was there less what was sold, and the ledger says the same. */
export function checkConservation({ opening, sold, stock, ledger }: StockHistory): string[] {
  const keys = new Set([...opening.keys(), ...sold.keys(), ...stock.keys(), ...ledger.keys()]);
  return [...keys].flatMap((key) => {
    const expected = (opening.get(key) ?? 0) - (sold.get(key) ?? 0);
    const [has, booked] = [stock.get(key) ?? 0, ledger.get(key) ?? 0];
    return [
      ...(has === expected ? [] : [`${key}: the stock is ${has}, opening less sold is ${expected}`]),
      ...(booked === has ? [] : [`${key}: the ledger's movements add up to ${booked}, the stock is ${has}`]),
    ];
  });
}

/** Whole cents by shop. */
export function checkRevenue(expected: ReadonlyMap<string, number>, booked: ReadonlyMap<string, number>): string[] {
  return [...new Set([...expected.keys(), ...booked.keys()])]
    .filter((shop) => (expected.get(shop) ?? 0) !== (booked.get(shop) ?? 0))
    .map((shop) => `${shop}: ${booked.get(shop) ?? 0} cents are booked, ${expected.get(shop) ?? 0} were sold`);
}

/** One change as a subscriber saw it. */
export interface SeenChange {
  readonly key: string;
  readonly operation: string;
  readonly version: number;
}

/**
 * A subscriber saw each sale appear exactly once, then only newer versions of it, ending with the final one, and nothing
 * that is not its own. `expected` is the final version by sale.
 */
export function checkChannel(expected: ReadonlyMap<string, number>, seen: Iterable<SeenChange>): string[] {
  const violations: string[] = [];
  const latest = new Map<string, number>();
  for (const { key, operation, version } of seen) {
    const before = latest.get(key);
    if (!expected.has(key)) violations.push(`${key} is not this subscriber's`);
    else if (before === undefined && operation !== 'INSERT') violations.push(`${key} began with ${operation}`);
    else if (before !== undefined && operation === 'INSERT') violations.push(`${key} was inserted twice`);
    else if (before !== undefined && version <= before)
      violations.push(`${key}: version ${version} came after ${before}`);
    latest.set(key, version);
  }
  for (const [key, version] of expected) {
    const last = latest.get(key);
    if (last === undefined) violations.push(`${key} was never seen`);
    else if (last !== version) violations.push(`${key}: the last version seen is ${last}, the final one is ${version}`);
  }
  return violations;
}

function countOf(keys: Iterable<string>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const key of keys) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}
