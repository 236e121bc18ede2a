// Remembers for a few seconds what a POS system is and whose, so that a till that sends every second does not cost a
// transaction a request. Only facts are remembered, never an answer about rights: those are taken from the caller anew.
import type { Caller } from '../../../identity/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import { noSuchSystem } from '../errors.ts';
import { findSystemFacts, type SystemFacts } from './queries.ts';

export interface SystemDirectory {
  /** The system, if it stands at a shop that the caller reaches; else `pos.system_not_found`. */
  find(caller: Caller, id: string): Promise<SystemFacts>;
}

/** Owner, currency and zone of a shop may be this old here; the booking itself reads them in its own transaction. */
const believedMs = 5_000;
const rememberedMax = 10_000;

export function createSystemDirectory({ db, clock }: { db: Database; clock: Clock }): SystemDirectory {
  const remembered = new Map<string, { facts: SystemFacts; atMs: number }>();
  return {
    async find(caller, id) {
      const known = remembered.get(id);
      if (known !== undefined && clock.monotonicMs() - known.atMs < believedMs && reaches(caller, known.facts)) {
        return known.facts;
      }
      const facts = await db.ask(caller, (tx) => findSystemFacts(tx, id));
      if (facts === null) throw noSuchSystem(`There is no POS system ${id}.`);
      // A Map keeps its order of insertion: the first one is the one that was loaded longest ago.
      remembered.delete(id);
      if (remembered.size >= rememberedMax) remembered.delete(remembered.keys().next().value ?? '');
      remembered.set(id, { facts, atMs: clock.monotonicMs() });
      return facts;
    },
  };
}

/** The row policy of shop tables, in memory. */
function reaches({ reach }: Caller, shop: SystemFacts): boolean {
  return (
    reach.franchises.includes(shop.franchiseId) ||
    (shop.franchiseeId !== null && reach.franchisees.includes(shop.franchiseeId)) ||
    reach.locations.includes(shop.locationId)
  );
}
