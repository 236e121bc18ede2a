// Queues messages to people and tells the log of each, so that the recipient's open screens show it at once.
import { v7 as uuidv7 } from 'uuid';
import { append } from '../../events/index.ts';
import type { Tx } from '../../platform/database.ts';
import type { NotificationRequest } from './notification-request.ts';
import { insertNotifications } from './queries.ts';

/** Writes the queue's rows and their events; what the recipient was told before is left out. */
export async function sendNotifications(tx: Tx, requests: readonly NotificationRequest[]): Promise<void> {
  if (requests.length === 0) return;
  const rows = await insertNotifications(
    tx,
    requests.map((request) => ({ ...request, id: uuidv7() })),
  );
  await append(
    tx,
    rows.map(({ record, created_at }) => ({
      type: 'notification.queued' as const,
      owner: {
        franchiseId: record.franchise_id,
        franchiseeId: record.franchisee_id,
        locationId: record.location_id,
      },
      entityId: record.id,
      operation: 'INSERT' as const,
      record: { ...record },
      changeData: {
        notificationId: record.id,
        recipientId: record.recipient_id,
        notificationType: record.notification_type,
      },
      sourceSystem: 'system',
      timestamp: created_at,
    })),
  );
}
