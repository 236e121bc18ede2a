// Remembers the newest event ids, so that an event that comes twice is handed over once.

/**
 * A set of at most `idsMax` ids; the oldest are forgotten first. An event can come twice around a reconnect, where the
 * overlap is seconds long: 10,000 ids cover ten seconds of a brand that sells 1,000 times a second.
 */
export class SeenIds {
  readonly #ids = new Set<string>();
  readonly #idsMax: number;

  constructor(idsMax = 10_000) {
    this.#idsMax = idsMax;
  }

  /** True the first time that an id is shown, false while it is remembered. */
  add(id: string): boolean {
    if (this.#ids.has(id)) return false;
    this.#ids.add(id);
    if (this.#ids.size > this.#idsMax) {
      const [oldest] = this.#ids;
      if (oldest !== undefined) this.#ids.delete(oldest);
    }
    return true;
  }

  clear(): void {
    this.#ids.clear();
  }

  get size(): number {
    return this.#ids.size;
  }
}
