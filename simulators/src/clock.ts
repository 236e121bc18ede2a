// Time as the driver of the shoppers sees it. `now` is the caller's, so that a server's injected clock (or a test's) is
// the only one.

import { setTimeout as sleepFor } from 'node:timers/promises';

export interface Clock {
  /** Milliseconds since 1970. */
  now(): number;
  /** Resolves after `ms` of this clock, or as soon as `signal` is aborted. Never rejects. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

// Node's timers hold 31 bits of milliseconds and fire at once beyond them.
const sleepMaxMs = 2 ** 31 - 1;

/** Sleeps in real time; the half of a Clock that nobody needs to inject outside tests. */
export async function realSleep(ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted || ms <= 0) return;
  await sleepFor(Math.min(ms, sleepMaxMs), undefined, { signal }).catch(() => undefined);
}
