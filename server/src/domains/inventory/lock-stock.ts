// The lock that every writer of a shop's stock holds until its commit. Within it a stock is read, decided upon and
// written as if nobody else were there, and the ledger's rows are recorded in the order of their commits.
import type { Tx } from '../../platform/database.ts';
import { lockLocations } from './queries.ts';

/** A transaction over more shops would hold up too much of the business at once. */
export const lockedLocationsMax = 100;

/**
 * Locks the stock of these shops until the transaction ends. Must be the transaction's first statement on their stock:
 * a statement sees what was committed when it began, so a read before the lock, or together with it, would be stale.
 * Call it once a transaction, with all its shops: the order within one call is what keeps two callers from a deadlock.
 */
export async function lockStock(tx: Tx, locationIds: readonly string[]): Promise<void> {
  const distinct = [...new Set(locationIds)];
  if (distinct.length > lockedLocationsMax) {
    throw new RangeError(`A transaction locks at most ${lockedLocationsMax} shops, got ${distinct.length}`);
  }
  if (distinct.length > 0) await lockLocations(tx, distinct);
}
