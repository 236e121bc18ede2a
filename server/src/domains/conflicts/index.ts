// Conflicts: edits that came too late, kept with both sides until somebody settles them. Editing itself is not done here:
// the slices refuse a stale edit through platform/versioned-update, which writes it down by the keeper of this slice, and
// a resolution goes back to them by a complete table, kind -> operation, that app.ts passes in.
// Tables owned: sync_conflicts. Events appended: none of its own (a resolution appends those of the edit that it makes).
export { type ConflictKind, conflictKinds, type ResolutionTable } from './conflict-kind.ts';
export { createConflictKeeper } from './keep-conflict.ts';
export type { ResolveParts } from './resolve-conflict.ts';
export { addConflictRoutes } from './routes.ts';
