// How far everything is durable while several requests are under way: they end in any order, and the frontier stands
// where the first one is still missing. What is beyond it is sent again after a kill, and answered as a duplicate.
import { addTallies, type Tally } from './tally.ts';

export class Frontier {
  #reached: Tally;
  #next = 0;
  readonly #beyond = new Map<number, Tally>();

  constructor(from: Tally) {
    this.#reached = from;
  }

  /** Everything up to here is durable. */
  get reached(): Tally {
    return this.#reached;
  }

  /** The request `index`, counted from 0 in the order of the file, is durable. Answers whether the frontier moved. */
  pass(index: number, tally: Tally): boolean {
    this.#beyond.set(index, tally);
    const before = this.#next;
    for (let next = this.#beyond.get(this.#next); next !== undefined; next = this.#beyond.get(this.#next)) {
      this.#beyond.delete(this.#next);
      this.#reached = addTallies(this.#reached, next);
      this.#next += 1;
    }
    return this.#next > before;
  }
}
