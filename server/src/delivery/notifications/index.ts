// Notifications: tells the right people of what the log says. A durable follower turns events into rows of the queue, and
// each row is an event itself, which the realtime gateway shows on its recipient's screens.
// Tables owned: notification_queue. Events appended: notification.queued.
export { createNotificationFollower } from './follow-events.ts';
export type { NotificationRequest } from './notification-request.ts';
export { addNotificationRoutes } from './routes.ts';
export { sendNotifications } from './send-notifications.ts';
