// The only reader of time. Everything else is handed a Clock, so that a test can move a day forward without waiting.

export interface Clock {
  /** Wall-clock time, for what is stored and shown. May jump when the machine's clock is set. */
  now(): Date;
  /** Milliseconds since an arbitrary start that never go backwards, for measuring how long something took. */
  monotonicMs(): number;
}

export const systemClock: Clock = Object.freeze({
  now: () => new Date(),
  monotonicMs: () => performance.now(),
});
