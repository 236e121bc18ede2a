// Which rows were changed since an instant, without looking at the others: a month's poll must cost what it finds.

export class ChangeLog<Row extends object> {
  readonly #entries: { readonly at: number; readonly row: Row }[] = [];

  /** Instants must not go backwards. */
  note(row: Row, at: number): void {
    this.#entries.push({ at, row });
  }

  /** Every row that was changed at `from` or later, each once. */
  *since(from: number): Generator<Row, void, undefined> {
    const seen = new Set<Row>();
    for (let at = this.#firstAt(from); at < this.#entries.length; at++) {
      const row = this.#entries[at]?.row;
      if (row === undefined || seen.has(row)) continue;
      seen.add(row);
      yield row;
    }
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
