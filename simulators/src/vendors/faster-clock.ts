// A clock that runs faster than another one, from an instant of its own: a month in three quarters of an hour.

import type { Clock } from '../clock.ts';

/** `speed` is 1 to 10,000 times the base's; the new clock shows `startsAt` when it is made. */
export function fasterClock(base: Clock, startsAt: number, speed: number): Clock {
  if (!(speed >= 1 && speed <= 10_000)) throw new RangeError(`speed must be 1 to 10,000, got ${speed}`);
  const madeAt = base.now();
  return {
    // Whole milliseconds: stamps and ids are made of it.
    now: () => Math.floor(startsAt + (base.now() - madeAt) * speed),
    sleep: (ms, signal) => base.sleep(ms / speed, signal),
  };
}
