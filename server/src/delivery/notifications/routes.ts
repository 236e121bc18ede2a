// The address of notifications.
import { forbidden } from '../../identity/index.ts';
import type { Database } from '../../platform/database.ts';
import type { HttpApp } from '../../platform/http.ts';
import { listOf, listQuery } from '../../platform/http-lists.ts';
import { listNotifications } from './list-notifications.ts';
import { notificationView } from './schema.ts';

export function addNotificationRoutes(app: HttpApp, { db }: { readonly db: Database }): void {
  app.get(
    '/v1/notifications',
    {
      schema: {
        tags: ['notifications'],
        summary: 'The caller’s messages, newest first',
        querystring: listQuery,
        response: { 200: listOf(notificationView) },
      },
      config: { errors: [forbidden] },
    },
    ({ caller, query }) => listNotifications(db, caller, query),
  );
}
