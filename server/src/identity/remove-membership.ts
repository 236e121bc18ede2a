// Takes a role from a person, and tells the log, so that open sockets lose what came with it at once.
import { append } from '../events/index.ts';
import type { Tx } from '../platform/database.ts';
import { deleteMembership } from './queries.ts';

/** Removes the membership and appends access.changed; one that is gone already is left so. `at` is the event's time. */
export async function removeMembership(tx: Tx, { id, at }: { id: string; at: Date }): Promise<void> {
  const removed = await deleteMembership(tx, id);
  if (!removed) return;
  const { userId, franchiseId, franchiseeId, locationId } = removed;
  await append(tx, [
    {
      type: 'access.changed',
      owner: { franchiseId, franchiseeId, locationId },
      entityId: userId,
      operation: 'DELETE',
      record: null,
      changeData: { subjectKind: 'user', subjectId: userId, change: 'revoked' },
      sourceSystem: 'api',
      timestamp: at,
    },
  ]);
}
