// The durable follower: events in, rows of the queue out, in the transaction that moves its position. A kill between
// event and message therefore loses no message and sends none twice.
import { createFollower, type FollowerOptions, type StoredEvent } from '../../events/index.ts';
import type { Tx } from '../../platform/database.ts';
import type { Loop } from '../../platform/loop.ts';
import type { NotificationRequest } from './notification-request.ts';
import { findShopAudience } from './queries.ts';
import { announcedKinds, announcementOf } from './rules.ts';
import { sendNotifications } from './send-notifications.ts';

export function createNotificationFollower(options: Pick<FollowerOptions, 'db' | 'onError'>): Loop {
  return createFollower({ ...options, name: 'notifications', kinds: announcedKinds, handle: notifyOf });
}

async function notifyOf(tx: Tx, events: readonly StoredEvent[]): Promise<void> {
  const announced = events.flatMap((event) => {
    const announcement = announcementOf(event);
    return announcement ? [{ event, announcement }] : [];
  });
  if (announced.length === 0) return;
  const people = await findShopAudience(
    tx,
    announced.map(({ event }) => event.scope_id),
  );
  await sendNotifications(
    tx,
    announced.flatMap(({ event, announcement }) =>
      (people.get(event.scope_id) ?? []).map((recipientId): NotificationRequest => {
        const { notificationType, title, message, data, priority } = announcement;
        return { event, recipientId, notificationType, title, message, data, priority, deliveryMethod: 'in_app' };
      }),
    ),
  );
}
