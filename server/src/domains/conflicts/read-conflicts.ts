// The conflicts that somebody may settle: those about what it reaches and may edit.
import { z } from 'zod';
import { type Caller, may, narrowTo } from '../../identity/index.ts';
import type { Database } from '../../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../platform/http-lists.ts';
import { conflictKinds, editing } from './conflict-kind.ts';
import { conflictNotFound, entityNotFound } from './errors.ts';
import { type Conflict, type ConflictState, findConflict, isThing, listConflicts } from './queries.ts';

const list = 'sync-conflicts';

export interface ConflictQuery extends ListQuery {
  readonly state?: ConflictState;
  readonly entityId?: string;
}

/** One page, newest first. Throws `identity.forbidden`, `conflicts.entity_not_found` or `request.invalid_cursor`. */
export async function readConflicts(db: Database, caller: Caller, query: ConflictQuery): Promise<Page<Conflict>> {
  const { limit, state = null, entityId = null } = query;
  const reader = narrowTo(caller, 'conflicts.read');
  const after = decodeCursor(list, query.after, z.tuple([z.uuid()]))?.[0] ?? null;
  const kinds = conflictKinds.filter((kind) => may(caller, editing[kind]));
  const rows = await db.transaction(reader, (tx) =>
    listConflicts(tx, { kinds, state, entityId }, { limit: limit + 1, after }),
  );
  // "No conflict" is said of what there is; whose right to settle it ends at another place still knows the thing.
  if (entityId !== null && rows.length === 0 && !(await db.transaction(caller, (tx) => isThing(tx, entityId)))) {
    throw entityNotFound(`There is nothing ${entityId}.`);
  }
  return makePage(rows, limit, { list, keyOf: ({ id }) => [id] });
}

/** Throws `conflicts.not_found`, also for one about what the caller may not edit, or `identity.forbidden`. */
export async function readConflict(db: Database, caller: Caller, id: string): Promise<Conflict> {
  const conflict = await db.transaction(narrowTo(caller, 'conflicts.read'), (tx) => findConflict(tx, id));
  return mayEdit(caller, conflict) ?? missing(id);
}

/** The conflict, if the caller may edit what it is about. */
export function mayEdit(caller: Caller, conflict: Conflict | undefined): Conflict | undefined {
  return conflict !== undefined && may(caller, editing[conflict.entityType], conflict) ? conflict : undefined;
}

export function missing(id: string): never {
  throw conflictNotFound(`There is no conflict ${id}.`);
}
