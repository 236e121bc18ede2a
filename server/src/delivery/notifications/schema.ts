// The wire shapes of notifications.
import { z } from 'zod';

export const notificationView = z.object({
  id: z.uuid(),
  notificationType: z.string(),
  title: z.string(),
  message: z.string(),
  data: z.record(z.string(), z.unknown()),
  priority: z.int(),
  status: z.string(),
  locationId: z.uuid().nullable(),
  createdAt: z.iso.datetime(),
  readAt: z.iso.datetime().nullable(),
});

export type NotificationView = z.infer<typeof notificationView>;
