// The checker of the relay's promise, over what writers committed and what a reader was given: nothing missed, nothing
// doubled, nothing invented, and per entity in the order of its changes. Pure, so that it can be shown to fail.

export interface Committed {
  readonly id: string;
  readonly entity: string;
  /** The entity's own counter, taken under its lock: 1, 2, 3, … */
  readonly n: number;
}

export interface DeliveryVerdict {
  readonly missed: string[];
  readonly doubled: string[];
  readonly invented: string[];
  readonly outOfOrder: string[];
}

/** Compares the committed events with the delivered ones (in the order of delivery). All lists empty: exact. */
export function checkDelivery(committed: readonly Committed[], delivered: readonly Committed[]): DeliveryVerdict {
  const wanted = new Set(committed.map((event) => event.id));
  const seen = new Set<string>();
  const newest = new Map<string, number>();
  const verdict: DeliveryVerdict = { missed: [], doubled: [], invented: [], outOfOrder: [] };
  for (const { id, entity, n } of delivered) {
    if (seen.has(id)) verdict.doubled.push(id);
    if (!wanted.has(id)) verdict.invented.push(id);
    if (n < (newest.get(entity) ?? 0)) verdict.outOfOrder.push(id);
    seen.add(id);
    newest.set(entity, n);
  }
  verdict.missed.push(...[...wanted].filter((id) => !seen.has(id)));
  return verdict;
}

export const exactDelivery: DeliveryVerdict = { missed: [], doubled: [], invented: [], outOfOrder: [] };
