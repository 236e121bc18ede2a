// Writes a refused edit down, with both sides, for whoever will settle it.
import { v7 as uuidv7 } from 'uuid';
import type { Caller } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Tx } from '../../platform/database.ts';
import type { RefusedEdit } from '../../platform/versioned-update.ts';
import type { ConflictKind } from './conflict-kind.ts';
import { insertConflict } from './queries.ts';

/** What platform/versioned-update calls after each edit that came too late; answers the conflict's id. */
export function createConflictKeeper(clock: Clock) {
  return async (tx: Tx, caller: Caller, refused: RefusedEdit<ConflictKind>): Promise<string> => {
    const { kind, entityId, owner, expectedVersion, currentVersion, mine, withheld, theirs } = refused;
    const id = uuidv7();
    const sides = { expectedVersion, currentVersion, mine, withheld, theirs };
    const written = { createdBy: caller.id, createdAt: clock.now() };
    await insertConflict(tx, { id, entityType: kind, entityId, ...owner, ...sides, ...written });
    return id;
  };
}
