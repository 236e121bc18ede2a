// A node that has just started remembers nothing, and everybody whom the one before it served comes back to it at once, each
// with a question about the same few seconds. The first who asks has the memory completed back to where it stands: the log
// is read once, and not once for each of them.
import { backgroundActor } from '../platform/actor.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Position } from './position.ts';
import { readPage } from './read-log.ts';
import type { RecentEvents } from './recent-events.ts';
import { parseSnapshot, type Snapshot } from './snapshot.ts';
import { contains } from './snapshot-order.ts';

export interface LookBackOptions {
  readonly db: Pick<Database, 'transaction'>;
  readonly recent: Pick<RecentEvents, 'beginningAfter' | 'extend'>;
  /** Most events that are read at once; who has missed more reads them from the log alone. */
  readonly eventsMax?: number;
}

/** Resolves when the memory reaches back to the position, or it is clear that it will not. Throws what the database does. */
export type LookBack = (position: Position) => Promise<void>;

const actor = backgroundActor('look back');

export function createLookBack({ db, recent, eventsMax = 5_000 }: LookBackOptions): LookBack {
  let reading: Promise<void> | null = null;
  /** From here it was too much. */
  let tooFar: Snapshot | null = null;

  async function complete(from: Position, beginning: Position): Promise<void> {
    const page = await db.transaction(actor, (tx) => readPage(tx, from, { limit: eventsMax, until: beginning }));
    if (page.caughtUp) recent.extend(page.events, { from, beginning, nowMs: systemClock.monotonicMs() });
    else tooFar = parseSnapshot(from.from);
  }

  return async function lookBack(position) {
    const snapshot = parseSnapshot(position.from);
    for (;;) {
      // Who comes while somebody else's part is read waits for it, and then needs little or nothing more.
      await reading?.catch(() => undefined);
      const beginning = recent.beginningAfter(position);
      if (beginning === null || (tooFar !== null && contains(tooFar, snapshot))) return;
      if (reading !== null) continue;
      reading = complete(position, beginning).finally(() => {
        reading = null;
      });
      await reading;
      return;
    }
  };
}
