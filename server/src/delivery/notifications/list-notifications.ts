// The caller's own messages, newest first. The row policies show nobody else's.
import { z } from 'zod';
import { type Caller, requirePermission } from '../../identity/index.ts';
import type { Database } from '../../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../platform/http-lists.ts';
import { selectNotifications } from './queries.ts';
import type { NotificationView } from './schema.ts';

const list = 'notifications';
const sortKey = z.tuple([z.uuid()]);

export async function listNotifications(
  db: Database,
  caller: Caller,
  { limit, after }: ListQuery,
): Promise<Page<NotificationView>> {
  requirePermission(caller, 'notifications.read');
  const [before] = decodeCursor(list, after, sortKey) ?? [null];
  const rows = await db.transaction(caller, (tx) => selectNotifications(tx, { limit: limit + 1, before }));
  const page = makePage(rows, limit, { list, keyOf: (row) => [row.id] });
  const items = page.items.map((row) => ({
    id: row.id,
    notificationType: row.notification_type,
    title: row.title,
    message: row.message,
    data: row.data,
    priority: row.priority,
    status: row.status,
    locationId: row.location_id,
    createdAt: row.created_at.toISOString(),
    readAt: row.read_at?.toISOString() ?? null,
  }));
  return { items, nextCursor: page.nextCursor };
}
