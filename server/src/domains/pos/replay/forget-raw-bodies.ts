// Deletes the bytes of refused sales that have been booked since: they may hold personal data, and nothing can need them
// any more. Those of open errors stay, however old, since they are all that is left of a sale that happened.
import { backgroundActor } from '../../../platform/actor.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import { createLoop, type Loop } from '../../../platform/loop.ts';
import { forgetRawBodies } from './queries.ts';

/** Bytes are kept for so long after their sale was booked. */
export const rawBodyDaysMax = 30;

const intervalMs = 3_600_000;
const rowsAtOnce = 1_000;
const dayMs = 86_400_000;
const actor = backgroundActor('raw bodies');

export interface ForgetParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Two nodes may run it at once. */
export function createRawBodyKeeper({ db, clock, onError }: ForgetParts): Loop {
  return createLoop({
    name: 'raw bodies',
    intervalMs,
    onError,
    async work(signal) {
      const before = new Date(clock.now().getTime() - rawBodyDaysMax * dayMs);
      // In small commits: a long backlog must not hold its rows against a till that sends one of them again.
      for (let forgotten = rowsAtOnce; forgotten === rowsAtOnce && !signal.aborted; ) {
        forgotten = await db.transaction(actor, (tx) => forgetRawBodies(tx, { before, rowsMax: rowsAtOnce }));
      }
    },
  });
}
