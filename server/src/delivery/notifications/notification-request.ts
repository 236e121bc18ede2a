// What it takes to tell one person something by one way.
import type { StoredEvent } from '../../events/index.ts';

export interface NotificationRequest {
  /** What it is about. A recipient is told of an event once a delivery method, however often it is asked for. */
  readonly event: StoredEvent;
  readonly recipientId: string;
  readonly notificationType: string;
  readonly title: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
  readonly deliveryMethod: 'in_app' | 'email' | 'push';
  /** 1 (most urgent) to 10. */
  readonly priority: number;
}
