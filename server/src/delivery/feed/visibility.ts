// What a reader of the feed may see of events that no row policy has looked at, because they come from memory; and what
// the policies cannot say, because they know places and not persons.
import type { StoredEvent } from '../../events/index.ts';
import type { Caller } from '../../identity/index.ts';

type Reach = Caller['reach'];

/** As the policies of `sync_events` decide it. */
export function sees(event: StoredEvent, { franchises, franchisees, locations }: Reach): boolean {
  return (
    franchises.includes(event.franchise_id) ||
    (event.franchisee_id !== null && franchisees.includes(event.franchisee_id)) ||
    (event.location_id !== null && locations.includes(event.location_id))
  );
}

/** What is addressed to one person is theirs alone, wherever they work: the live feed shows it to nobody else either. */
export function isAddressee(event: StoredEvent, { userId }: Reach): boolean {
  if (event.table_name !== 'notification_queue') return true;
  return userId !== null && (event.record ?? event.old_record)?.['recipient_id'] === userId;
}
