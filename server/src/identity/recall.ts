// A short memory for what a credential stands for, so that a till which sends a hundred requests a second is looked up
// once in a while and not a hundred times. Taken rights bite at once all the same: forget() is called after each change
// on this node and for each access.changed of the log; the short lifetime covers a wake-up that never arrives.
import type { Clock } from '../platform/clock.ts';

export interface RecallOptions {
  readonly clock: Clock;
  readonly lifetimeMs: number;
  readonly entriesMax: number;
}

interface Remembered<V> {
  readonly value: Promise<V>;
  /** Whom it is about; null while the look-up runs. */
  subject: string | null;
  readonly untilMs: number;
}

export class Recall<V> {
  readonly #options: RecallOptions;
  readonly #subjectOf: (value: V) => string;
  // In the order of loading: the first is the oldest.
  readonly #entries = new Map<string, Remembered<V>>();

  constructor(options: RecallOptions, subjectOf: (value: V) => string) {
    this.#options = options;
    this.#subjectOf = subjectOf;
  }

  /** The remembered value, or that of `load`. Callers at the same time share one look-up; failures are not remembered. */
  get(key: string, load: () => Promise<V>): Promise<V> {
    const { clock, lifetimeMs, entriesMax } = this.#options;
    const nowMs = clock.monotonicMs();
    const known = this.#entries.get(key);
    if (known && known.untilMs > nowMs) return known.value;
    this.#entries.delete(key);
    // What is too old is of no use: kept, it would be memory for each of the thousands who came once and stayed.
    for (const [old, { untilMs }] of this.#entries) {
      if (untilMs > nowMs && this.#entries.size < entriesMax) break;
      this.#entries.delete(old);
    }
    const entry: Remembered<V> = { value: load(), subject: null, untilMs: nowMs + lifetimeMs };
    this.#entries.set(key, entry);
    entry.value.then(
      (value) => {
        entry.subject = this.#subjectOf(value);
      },
      () => this.#drop(key, entry),
    );
    return entry.value;
  }

  /** Forgets the subject, and every look-up under way: it may have read what is no longer so. */
  forget(subject: string): void {
    for (const [key, entry] of this.#entries) {
      if (entry.subject === null || entry.subject === subject) this.#entries.delete(key);
    }
  }

  #drop(key: string, entry: Remembered<V>): void {
    if (this.#entries.get(key) === entry) this.#entries.delete(key);
  }
}
