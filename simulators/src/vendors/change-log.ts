// Which rows were changed since an instant, without looking at the others: a month's poll must cost what it finds.

/** Both ends included. */
export interface ChangeWindow {
  readonly from: number;
  readonly until: number;
}

/** Of every change there ever was. */
export const allChanges: ChangeWindow = { from: 0, until: Number.POSITIVE_INFINITY };

export class ChangeLog<Row extends object> {
  readonly #entries: { readonly at: number; readonly row: Row }[] = [];

  /** Instants must not go backwards. */
  note(row: Row, at: number): void {
    this.#entries.push({ at, row });
  }

  /**
   * Every row that was changed in the window, each once. Whoever wants those whose last change is in the window
   * finds them among these.
   */
  *between({ from, until }: ChangeWindow): Generator<Row, void, undefined> {
    const seen = new Set<Row>();
    for (let n = this.#firstAt(from); n < this.#entries.length; n++) {
      const { at, row } = this.#entries[n] ?? {};
      if (at === undefined || row === undefined || at > until) return;
      if (seen.has(row)) continue;
      seen.add(row);
      yield row;
    }
  }

  /** Forgets all changes before `instant`. */
  forget(instant: number): void {
    this.#entries.splice(0, this.#firstAt(instant));
  }

  #firstAt(from: number): number {
    let [low, high] = [0, this.#entries.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.#entries[middle]?.at ?? 0) < from) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
