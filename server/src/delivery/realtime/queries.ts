// Every SQL statement of the gateway: it reads the log once more for those who ask what they were told before they joined.
import { sql } from 'kysely';
import { eventColumns, readEvents, type StoredEvent } from '../../events/index.ts';
import type { Tx } from '../../platform/database.ts';
import type { ReplayRange } from './channels/subscriber.ts';

/** The newest notifications of the person since then, in the order in which they were told. */
export async function findNotifications(
  tx: Tx,
  userId: string,
  { sinceMs, limit }: ReplayRange,
): Promise<StoredEvent[]> {
  const newest = sql`
    select * from (
      select ${eventColumns} from sync_events
      where event_type = 'notification.queued' and record->>'recipient_id' = ${userId}
        and recorded_at >= ${new Date(sinceMs).toISOString()}::timestamptz
        and operation = 'INSERT' and record->>'delivery_method' = 'in_app'
      order by seq desc limit ${limit}
    ) as newest order by seq
  `;
  return readEvents(tx, newest);
}
