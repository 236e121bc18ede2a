// A clock that stands still until a test moves it; it stands in for platform/clock, the one thing that tests may fake.
import type { Clock } from '../../src/platform/clock.ts';

export class ManualClock implements Clock {
  #nowMs: number;
  #monotonicMs = 0;

  constructor(start: Date | string) {
    this.#nowMs = new Date(start).getTime();
  }

  now(): Date {
    return new Date(this.#nowMs);
  }

  monotonicMs(): number {
    return this.#monotonicMs;
  }

  /** Moves both times forward by `ms`; time does not run backwards, so a negative step is a mistake in the test. */
  advance(ms: number): void {
    if (!(ms >= 0)) throw new RangeError(`advance() takes milliseconds of at least 0, got ${ms}`);
    this.#nowMs += ms;
    this.#monotonicMs += ms;
  }
}
