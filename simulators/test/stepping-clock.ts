// A clock that stands still until a test moves it; whoever sleeps on it wakes when his time has come.

import type { Clock } from '../src/clock.ts';

export interface SteppingClock extends Clock {
  /** Moves the time on and wakes the sleepers that are due. */
  advance(ms: number): void;
  /** How many sleep at present. */
  readonly sleepers: () => number;
}

export function steppingClock(startsAt: number): SteppingClock {
  let instant = startsAt;
  const sleepers = new Set<{ readonly until: number; readonly wake: () => void }>();
  return {
    now: () => instant,
    sleep(ms, signal) {
      if (ms <= 0 || signal.aborted) return Promise.resolve();
      return new Promise((wake) => {
        const sleeper = { until: instant + ms, wake };
        sleepers.add(sleeper);
        signal.addEventListener(
          'abort',
          () => {
            sleepers.delete(sleeper);
            wake();
          },
          { once: true },
        );
      });
    },
    advance(ms) {
      instant += ms;
      for (const sleeper of [...sleepers].filter(({ until }) => until <= instant)) {
        sleepers.delete(sleeper);
        sleeper.wake();
      }
    },
    sleepers: () => sleepers.size,
  };
}
