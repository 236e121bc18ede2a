// Settles a conflict: the chosen side is applied to what it is about and the conflict closed, in one transaction, as
// whoever decided. He has seen `theirs` at one version, so that is the version edited: has it moved again, nothing is
// applied, the conflict stays open, shows the new state, and the answer is the 409 of any other late edit. Deciding for
// `theirs` changes nothing, so it needs no version.
import { type Caller, requirePermission } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database, Tx } from '../../platform/database.ts';
import { keepDespiteRefusal } from '../../platform/held-transaction.ts';
import { conflictError, type Shown, StaleEdit } from '../../platform/versioned-update.ts';
import type { Resolved } from '../../platform/versioned-update-resolution.ts';
import type { ResolutionTable } from './conflict-kind.ts';
import { alreadyResolved, fieldWithheld } from './errors.ts';
import { type Conflict, lockConflict, renewTheirs, type Side, settleConflict } from './queries.ts';
import { mayEdit, missing } from './read-conflicts.ts';

export interface Decision {
  readonly id: string;
  readonly resolution: Side;
  /** What is to be changed on top of `theirs`, as a PATCH of the thing would say it; for `merged` and only then. */
  readonly merged?: Shown;
  readonly reason: string;
}

export interface ResolveParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly apply: ResolutionTable;
}

/** The closed conflict, and what it was about as it is now. */
export interface SettledConflict {
  readonly conflict: Conflict;
  readonly entity: Shown;
}

/**
 * Throws `conflicts.not_found`, `conflicts.already_resolved`, `conflicts.field_withheld`, `identity.forbidden`,
 * `version.conflict`, and whatever an edit of the thing is refused for.
 */
export async function resolveConflict(
  parts: ResolveParts,
  caller: Caller,
  decision: Decision,
): Promise<SettledConflict> {
  requirePermission(caller, 'conflicts.manage');
  try {
    return await parts.db.transaction(caller, (tx) => settle(parts, { tx, caller }, decision));
  } catch (error) {
    if (!(error instanceof MovedAgain)) throw error;
    const { conflict, resolved } = error;
    const { version, view: theirs } = resolved;
    await parts.db.transaction(caller, (tx) => renewTheirs(tx, { id: conflict.id, version, theirs }));
    keepDespiteRefusal();
    const { currentVersion: expectedVersion, mine } = conflict;
    throw conflictError(conflict.id, { expectedVersion, currentVersion: version, mine, theirs });
  }
}

async function settle(
  { clock, apply }: ResolveParts,
  { tx, caller }: { tx: Tx; caller: Caller },
  { id, resolution, merged, reason }: Decision,
): Promise<SettledConflict> {
  const conflict = mayEdit(caller, await lockConflict(tx, id)) ?? missing(id);
  if (conflict.state === 'resolved') {
    const { resolvedBy, resolvedAt } = conflict;
    throw alreadyResolved(
      `${resolvedBy} settled the conflict at ${resolvedAt?.toISOString()} as ${conflict.resolution}.`,
    );
  }
  const changes = changesOf(conflict, resolution, merged);
  const { entityType, entityId, currentVersion: expectedVersion } = conflict;
  const resolved = await apply[entityType](tx, caller, { entityId, expectedVersion, changes }).catch(
    (error: unknown) => {
      throw error instanceof StaleEdit ? new MovedAgain(conflict, error.current as Resolved) : error;
    },
  );
  const settled = { resolvedVersion: resolved.version, resolvedBy: caller.id, resolvedAt: clock.now() };
  return { conflict: await settleConflict(tx, { id, resolution, reason, ...settled }), entity: resolved.view };
}

/** What the decision changes on top of the present state; null for nothing. */
function changesOf({ mine, withheld }: Conflict, resolution: Side, merged: Shown | undefined): Shown | null {
  if (resolution === 'theirs') return null;
  if (resolution === 'merged') return merged ?? {};
  if (withheld.length > 0) throw fieldWithheld(`Not kept: ${withheld.join(', ')}.`);
  return mine;
}

/** What the conflict is about was edited since the decision was made. */
class MovedAgain extends Error {
  readonly conflict: Conflict;
  readonly resolved: Resolved;

  constructor(conflict: Conflict, resolved: Resolved) {
    super(`${conflict.entityType} ${conflict.entityId} has moved again`);
    this.conflict = conflict;
    this.resolved = resolved;
  }
}
