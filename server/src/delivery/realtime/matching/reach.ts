// Whose rows somebody may see, decided once at join from memberships or a key. Matching an event's owner with it is a
// look-up in sets, never a decision: an event's owner is fixed when it is written.
import type { StoredEvent } from '../../../events/index.ts';

export interface Reach {
  /** Brand-wide rights. */
  readonly franchiseIds: ReadonlySet<string>;
  readonly franchiseeIds: ReadonlySet<string>;
  readonly locationIds: ReadonlySet<string>;
  /** The person, for what is addressed to one; null for keys. */
  readonly userId: string | null;
}

/** The table whose rows belong to a person instead of a place. */
export const personalTable = 'notification_queue';

export function sees(reach: Reach, event: StoredEvent): boolean {
  if (event.table_name === personalTable) {
    return reach.userId !== null && recipientOf(event).includes(reach.userId);
  }
  return (
    reach.franchiseIds.has(event.franchise_id) ||
    (event.franchisee_id !== null && reach.franchiseeIds.has(event.franchisee_id)) ||
    (event.location_id !== null && reach.locationIds.has(event.location_id))
  );
}

/** To whom an event is addressed; empty for those that belong to a place. */
export function recipientOf(event: StoredEvent): string[] {
  const recipient = event.table_name === personalTable && (event.record ?? event.old_record)?.['recipient_id'];
  return typeof recipient === 'string' ? [recipient] : [];
}

/** Equal for equal reaches, so that subscribers with the same rights share their matching and their frames. */
export function reachKey(reach: Reach): string {
  const lists = [reach.franchiseIds, reach.franchiseeIds, reach.locationIds].map((ids) => [...ids].sort().join());
  return `${lists.join('|')}|${reach.userId ?? ''}`;
}
