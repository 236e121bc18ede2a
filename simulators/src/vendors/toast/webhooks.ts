// Toast's webhooks: the whole order in each message, signed over the body and a timestamp, and three tries.

import { createHmac } from 'node:crypto';
import { guid, mixedId } from '../external-ids.ts';
import type { WebhookSender } from '../webhook-sender.ts';
import type { ToastSwitches } from './switches.ts';

export interface ToastWebhooksPorts {
  readonly seed: string;
  readonly now: () => number;
  readonly sender: WebhookSender;
  readonly switches: ToastSwitches;
}

export type ToastCategory = 'order_updated' | 'menus';

interface Subscription {
  readonly url: string;
  readonly category: ToastCategory;
  secret: string;
}

export interface ToastMessage {
  readonly category: ToastCategory;
  readonly eventType: string;
  readonly restaurant: string;
  readonly details: () => Record<string, unknown>;
}

/** HMAC-SHA256 over the raw body and, right behind it, the timestamp. */
export const signToast = (secret: string, body: string, timestamp: string): string =>
  createHmac('sha256', secret)
    .update(body + timestamp)
    .digest('base64');

export class ToastWebhooks {
  readonly #ports: ToastWebhooksPorts;
  readonly #subscriptions: Subscription[] = [];
  readonly #waiting = new Map<string, ToastMessage>();
  #count = 0;

  constructor(ports: ToastWebhooksPorts) {
    this.#ports = ports;
  }

  /** A secret for each subscription; no handshake. */
  subscribe(url: string, category: ToastCategory): { readonly secret: string } {
    const secret = mixedId(40, this.#ports.seed, 'webhook-secret', ++this.#count);
    this.#subscriptions.push({ url, category, secret });
    return { secret };
  }

  /** Several changes of the same thing at once are one message, with what it came to. */
  publish(key: string, message: ToastMessage): void {
    if (!this.#subscriptions.some(({ category }) => category === message.category)) return;
    if (this.#waiting.size === 0) queueMicrotask(() => this.#flush());
    this.#waiting.set(key, message);
  }

  #flush(): void {
    const messages = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const message of messages) {
      for (const subscription of this.#subscriptions.filter(({ category }) => category === message.category)) {
        this.#send(message, subscription);
      }
    }
  }

  #send(message: ToastMessage, { url, secret }: Subscription): void {
    const { seed, now, sender, switches } = this.#ports;
    const timestamp = new Date(now()).toISOString();
    const body = JSON.stringify({
      timestamp,
      eventCategory: message.category,
      eventType: message.eventType,
      guid: guid(seed, 'event', ++this.#count),
      details: { restaurantGuid: message.restaurant, ...message.details() },
    });
    const inHeader = switches.signedTimestamp === 'in-header';
    sender.send({
      url,
      body,
      headers: (attempt) => {
        // Of the attempt, where it is not the body's.
        const signed = inHeader ? new Date(now() + 1).toISOString() : timestamp;
        return {
          'Toast-Signature': signToast(secret, body, signed),
          'Toast-Attempt-Number': String(attempt),
          'Toast-Event-Type': message.eventType,
          'Toast-Event-Category': message.category,
          'Toast-Restaurant-External-ID': message.restaurant,
          ...(inHeader ? { 'Toast-Timestamp': signed } : {}),
        };
      },
    });
  }
}
