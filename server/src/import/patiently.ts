// What waits for the database while it restarts. Everything that an import does may be done twice, so whatever was cut
// off is simply done again.
import { setTimeout as pause } from 'node:timers/promises';
import { faultOf } from '../domains/pos/index.ts';
import type { Clock } from '../platform/clock.ts';
import { AppError } from '../platform/errors.ts';
import { ImportRefused } from './import-refused.ts';

export interface Patience {
  readonly clock: Clock;
  /** Whoever is told to stop waits no longer. */
  readonly signal: AbortSignal;
}

/** A restart takes seconds; after this long it is a matter for the operator. */
const patienceMs = 60_000;
const pauseMsMax = 2_000;

/** Does `work` again while the database is out of reach; throws ImportRefused when it stays so, and any other error as it is. */
export async function patiently<T>({ clock, signal }: Patience, work: () => Promise<T>): Promise<T> {
  const startedMs = clock.monotonicMs();
  for (let attempt = 0; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      const mayPass = error instanceof AppError ? error.status === 503 : faultOf(error) === 'database';
      if (!mayPass) throw error;
      if (signal.aborted || clock.monotonicMs() - startedMs > patienceMs) {
        const words = 'The database does not answer. Give the same command again, and it goes on where it was.';
        throw new ImportRefused(words, { cause: error });
      }
    }
    await pause(Math.min(pauseMsMax, 50 * 2 ** attempt) * (0.5 + Math.random() / 2));
  }
}
