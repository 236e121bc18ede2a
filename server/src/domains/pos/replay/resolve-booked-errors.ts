// A refused sale is often mended where it was made: the till sends it again, or the vendor's next answer can be read. Then
// the error is settled, and a list in which settled things stay is a list that nobody reads. A look at the open ones now
// and then instead of one in each group commit: errors are few, sales are many.
import { backgroundActor } from '../../../platform/actor.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import { createLoop, type Loop } from '../../../platform/loop.ts';
import { resolveBookedErrors } from './queries.ts';

export interface ResolverParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

const intervalMs = 15_000;
const actor = backgroundActor('sync errors');

/** Two nodes may run it at once. */
export function createErrorResolver({ db, clock, onError }: ResolverParts): Loop {
  return createLoop({
    name: 'sync errors',
    intervalMs,
    onError,
    async work() {
      await db.transaction(actor, (tx) => resolveBookedErrors(tx, { by: actor.id, at: clock.now() }));
    },
  });
}
