// Where in the tree the place stands that a topic or a scope names, as far as whoever asks sees it. Remembered for a moment:
// thousands of screens that come back at once name the same few shops, and each of them would ask the database.
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { Caller } from './caller.ts';
import type { Target } from './permissions.ts';
import { findPlace } from './queries.ts';
import { Recall } from './recall.ts';

export interface Places {
  /**
   * The place of a location, a franchisee or a franchise; null where there is none, or none that the caller sees. What
   * the caller may do there is still to be decided: the answer may be two seconds old, though a place never moves.
   */
  find(caller: Caller, id: string): Promise<Target | null>;
}

export interface PlacesOptions {
  readonly db: Database;
  readonly clock: Clock;
}

const lifetimeMs = 2_000;
const entriesMax = 10_000;

class NotThere extends Error {}

export function createPlaces({ db, clock }: PlacesOptions): Places {
  const known = new Recall<Target>({ clock, lifetimeMs, entriesMax }, (place) => place.franchiseId);
  return {
    async find(caller, id) {
      try {
        return await known.get(`${caller.id} ${id}`, async () => {
          const place = await db.transaction(caller, (tx) => findPlace(tx, id));
          // Not remembered, as failures are not: who is given the right to a place sees it at once.
          if (place === undefined) throw new NotThere();
          return place;
        });
      } catch (error) {
        if (error instanceof NotThere) return null;
        throw error;
      }
    },
  };
}
