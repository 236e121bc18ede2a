// When Toast stops calling a receiver that fails: for a minute after fifty errors, and for good after nine such pauses.

export interface DeliveryBreaker {
  failed(): void;
  /** How long deliveries wait, in milliseconds; Infinity once they are stopped. */
  holdMs(): number;
  /** What Toast's support does when it is asked to. */
  restart(): void;
}

const minuteMs = 60_000;
const errorsMax = 50;
const errorsWithinMs = 5 * minuteMs;
const pausesMax = 9;
const pausesWithinMs = 10 * minuteMs;

export function deliveryBreaker(now: () => number): DeliveryBreaker {
  let errors: number[] = [];
  let pauses: number[] = [];
  let pausedUntil = 0;
  return {
    failed() {
      errors = [...errors.filter((at) => at > now() - errorsWithinMs), now()];
      if (errors.length < errorsMax || pausedUntil > now()) return;
      errors = [];
      pauses = [...pauses.filter((at) => at > now() - pausesWithinMs), now()];
      pausedUntil = pauses.length >= pausesMax ? Number.POSITIVE_INFINITY : now() + minuteMs;
    },
    holdMs: () => Math.max(0, pausedUntil - now()),
    restart() {
      errors = [];
      pauses = [];
      pausedUntil = 0;
    },
  };
}
