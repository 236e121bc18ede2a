// Books in the background what has become bookable: lines whose SKU has come into the catalogue, and the long queues of a
// mapping that its request did not finish. It needs no event and no list of its own: every run walks on through the names
// under which lines wait and looks whether they are known by now, so that nothing that happened elsewhere, while no
// booker ran or between two statements of a killed one, is ever missed. Two nodes may run it at once: the shop's lock
// lets one of them book a line, and the other no longer finds it.
import { backgroundActor } from '../../../platform/actor.ts';
import { createLoop, type Loop } from '../../../platform/loop.ts';
import { type BookingParts, bookName, chunkLinesDefault } from './book-name.ts';
import { type WaitingName, type WalkedName, type WalkPlace, walkWaiting } from './queries.ts';

export interface BookerLimits {
  /** Pause between two runs, in ms. */
  readonly intervalMs: number;
  /** Names that one run looks at; the next one goes on behind them. */
  readonly namesMax: number;
  /** Lines of one name that are booked before the next name has its turn. */
  readonly turnLinesMax: number;
  readonly chunkLines: number;
  /** For so long a name is left alone of which a line could not be booked, in ms. */
  readonly refusedPauseMs: number;
}

export const bookerDefaults: BookerLimits = {
  intervalMs: 10_000,
  namesMax: 10_000,
  turnLinesMax: 2_000,
  chunkLines: chunkLinesDefault,
  refusedPauseMs: 600_000,
};

const pageNames = 1_000;
/** Names that wait for their next turn; those that find no room are found again by the walk. */
const turnsMax = 10_000;

export interface WaitingBooker {
  readonly loop: Loop;
  /** Has this name looked at now. */
  readonly bookLater: (name: WaitingName) => void;
}

export interface BookerParts extends BookingParts, Partial<BookerLimits> {
  readonly onError: (error: unknown) => void;
}

export function createWaitingBooker(parts: BookerParts): WaitingBooker {
  const booker = new Booker(parts);
  const loop = createLoop({
    name: 'waiting lines',
    intervalMs: parts.intervalMs ?? bookerDefaults.intervalMs,
    onError: parts.onError,
    work: async (signal) => {
      if (await booker.run(signal)) loop.wake();
    },
  });
  return {
    loop,
    bookLater(name) {
      booker.queue(name);
      loop.wake();
    },
  };
}

const actor = backgroundActor('waiting-lines');

class Booker {
  readonly #parts: BookerParts;
  readonly #limits: BookerLimits;
  readonly #turns = new Map<string, WaitingName>();
  /** When a name may have its next turn, on the monotonic clock. */
  readonly #pausedUntilMs = new Map<string, number>();
  #place: WalkPlace | null = null;

  constructor(parts: BookerParts) {
    this.#parts = parts;
    this.#limits = { ...bookerDefaults, ...parts };
  }

  queue(name: WaitingName): void {
    if (this.#turns.size < turnsMax) this.#turns.set(keyOf(name), name);
  }

  /** One run; true where a name has lines left that are to be booked at once. */
  async run(signal: AbortSignal): Promise<boolean> {
    // What was asked for first, then what the walk finds; a turn each, so that no name waits for another's long queue.
    await this.#takeTurns(signal);
    await this.#walk(signal);
    await this.#takeTurns(signal);
    return this.#turns.size > 0;
  }

  async #walk(signal: AbortSignal): Promise<void> {
    for (let looked = 0; looked < this.#limits.namesMax && !signal.aborted; ) {
      const namesMax = Math.min(pageNames, this.#limits.namesMax - looked);
      const names = await this.#parts.db.transaction(actor, (tx) => walkWaiting(tx, this.#place, namesMax));
      for (const name of names.filter(({ isMapped, isListed }) => isMapped || isListed).map(toBook)) {
        if (!this.#isPaused(name)) this.queue(name);
      }
      looked += names.length;
      this.#place = names.length < namesMax ? null : (names.at(-1) ?? null);
      if (this.#place === null) return;
    }
  }

  async #takeTurns(signal: AbortSignal): Promise<void> {
    const turns = [...this.#turns.values()];
    this.#turns.clear();
    for (const name of turns) {
      if (signal.aborted) return;
      try {
        await this.#takeTurn(name);
      } catch (error) {
        // A shop whose lines cannot be booked at the moment holds up no other; the walk comes by again.
        this.#parts.onError(error);
      }
    }
  }

  async #takeTurn(name: WaitingName): Promise<void> {
    const { chunkLines, turnLinesMax, refusedPauseMs } = this.#limits;
    const result = await bookName(this.#parts, name, { chunkLines, linesMax: turnLinesMax });
    if (result.refused > 0) {
      if (this.#pausedUntilMs.size >= turnsMax) this.#pausedUntilMs.clear();
      this.#pausedUntilMs.set(keyOf(name), this.#nowMs() + refusedPauseMs);
    } else if (!result.isDone && result.booked > 0) {
      this.queue(name);
    }
  }

  #isPaused(name: WaitingName): boolean {
    const key = keyOf(name);
    const untilMs = this.#pausedUntilMs.get(key);
    if (untilMs === undefined) return false;
    if (this.#nowMs() < untilMs) return true;
    this.#pausedUntilMs.delete(key);
    return false;
  }

  #nowMs(): number {
    return this.#parts.clock.monotonicMs();
  }
}

/** A mapping makes all lines of its reference known; a product, those that bear its SKU. */
function toBook({ locationId, franchiseId, posSystemId, externalProductId, sku, isMapped }: WalkedName): WaitingName {
  return { locationId, franchiseId, posSystemId, externalProductId, sku: isMapped ? null : sku };
}

const keyOf = ({ locationId, posSystemId, externalProductId, sku }: WaitingName): string =>
  JSON.stringify([locationId, posSystemId, externalProductId, sku]);
