// How fast sockets are let in. When a node or a network comes back, thousands of clients knock in one second; taken all at
// once their joins and what they missed would hold up everybody who is in already. They are let in at a steady rate, in the
// order in which they came; who would have to wait for too long is told to come back, while telling is still cheap.
import type { Clock } from '../../../platform/clock.ts';
import type { RealtimeLimits } from '../limits.ts';
import { MessageAllowance } from '../message-allowance.ts';

/** Somebody at the door. */
export interface Arrival {
  /** False when it has gone away again: it takes nobody's turn. */
  isThere(): boolean;
  admit(): void;
  /** `afterSeconds`: by then there is room again. */
  turnAway(afterSeconds: number): void;
}

// Let in at most this often, in ms: between two rounds everybody else is served.
const roundMs = 20;
/** What is let in at once after a quiet time: a tenth of a second's worth, which nobody notices. */
const burstSeconds = 0.1;

export class Admission {
  readonly #limits: Pick<RealtimeLimits, 'acceptsPerSecondMax' | 'acceptWaitMs'>;
  readonly #clock: Clock;
  readonly #allowance: MessageAllowance;
  #waiting: Arrival[] = [];
  #timer: NodeJS.Timeout | null = null;

  constructor(limits: Pick<RealtimeLimits, 'acceptsPerSecondMax' | 'acceptWaitMs'>, clock: Clock) {
    const { acceptsPerSecondMax } = limits;
    this.#limits = limits;
    this.#clock = clock;
    const rate = { burst: Math.max(1, acceptsPerSecondMax * burstSeconds), perSecond: acceptsPerSecondMax };
    this.#allowance = new MessageAllowance(rate, clock.monotonicMs());
  }

  /** How many wait at the door. */
  get waiting(): number {
    return this.#waiting.length;
  }

  /** Lets it in now, or in its turn, or turns it away. */
  take(arrival: Arrival): void {
    if (this.#waiting.length === 0 && this.#allowance.take(this.#clock.monotonicMs())) {
      arrival.admit();
      return;
    }
    const { acceptsPerSecondMax, acceptWaitMs } = this.#limits;
    if (this.#waiting.length >= (acceptsPerSecondMax * acceptWaitMs) / 1_000) {
      arrival.turnAway(Math.ceil(this.#waiting.length / acceptsPerSecondMax));
      return;
    }
    this.#waiting.push(arrival);
    this.#timer ??= setTimeout(this.#round, roundMs);
  }

  /** Turns everybody away who waits. */
  close(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    for (const arrival of this.#waiting.splice(0)) arrival.turnAway(1);
  }

  readonly #round = (): void => {
    const nowMs = this.#clock.monotonicMs();
    let turn = 0;
    for (const arrival of this.#waiting) {
      if (arrival.isThere()) {
        if (!this.#allowance.take(nowMs)) break;
        arrival.admit();
      }
      turn++;
    }
    this.#waiting = this.#waiting.slice(turn);
    this.#timer = this.#waiting.length > 0 ? setTimeout(this.#round, roundMs) : null;
  };
}
