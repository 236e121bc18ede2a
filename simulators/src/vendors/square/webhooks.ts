// Square's webhooks: subscriptions, each with its own key, the events of the ledger's changes, and their replay.

import { createHmac } from 'node:crypto';
import { guid, mixedId } from '../external-ids.ts';
import { type Answer, type Ask, readRecord, recordOf, textOf, textsOf } from '../http-door.ts';
import type { WebhookFailure, WebhookSender } from '../webhook-sender.ts';
import { page } from './page.ts';
import { invalid, notFound } from './refusals.ts';
import { readInstant } from './search-orders.ts';
import { stamp } from './square-money.ts';

export interface SquareEvent {
  readonly type: string;
  /** The envelope's type has dots; this one underscores, and no verb where the thing comes in full. */
  readonly dataType: string;
  readonly locationId?: string;
  /** Of the thing the event is about. */
  readonly id: string;
  readonly object: Readonly<Record<string, unknown>>;
}

interface Subscription {
  readonly id: string;
  readonly url: string;
  key: string;
  readonly eventTypes: readonly string[];
  readonly createdAt: number;
}

interface KeptEvent {
  readonly id: string;
  readonly at: number;
  readonly envelope: Readonly<Record<string, unknown>>;
}

export interface SquareWebhooksPorts {
  readonly seed: string;
  readonly merchant: string;
  readonly now: () => number;
  readonly sender: WebhookSender;
  readonly eventsKeptDays: number;
}

/** HMAC-SHA256 of the notification URL and the raw body, under the key's own characters: not its base64 meaning. */
export const signSquare = (key: string, notificationUrl: string, body: string): string =>
  createHmac('sha256', key)
    .update(notificationUrl + body)
    .digest('base64');

/** The older header that still comes along: HMAC-SHA1 of the same. Receivers are to ignore it. */
const signLegacy = (key: string, notificationUrl: string, body: string): string =>
  createHmac('sha1', key)
    .update(notificationUrl + body)
    .digest('base64');

export class SquareWebhooks {
  readonly #ports: SquareWebhooksPorts;
  readonly #subscriptions = new Map<string, Subscription>();
  readonly #events: KeptEvent[] = [];
  #count = 0;
  #eventsEnabled = false;

  constructor(ports: SquareWebhooksPorts) {
    this.#ports = ports;
  }

  /** Sends the event to whoever subscribed to its type, and keeps it for the Events API. */
  publish(event: SquareEvent): void {
    const { now, seed, merchant, eventsKeptDays } = this.#ports;
    const at = now();
    const id = guid(seed, 'event', ++this.#count);
    const envelope = {
      merchant_id: merchant,
      ...(event.locationId === undefined ? {} : { location_id: event.locationId }),
      type: event.type,
      event_id: id,
      created_at: this.#unevenStamp(at),
      data: { type: event.dataType, id: event.id, object: event.object },
    };
    if (this.#eventsEnabled) {
      const oldest = at - eventsKeptDays * 86_400_000;
      while ((this.#events[0]?.at ?? at) < oldest) this.#events.shift();
      this.#events.push({ id, at, envelope });
    }
    for (const subscription of this.#subscriptions.values()) {
      const { eventTypes } = subscription;
      if (eventTypes.length === 0 || eventTypes.includes(event.type)) this.#send(subscription, envelope);
    }
  }

  subscribe(
    url: string,
    eventTypes: readonly string[] = [],
    signatureKey?: string,
  ): { id: string; signatureKey: string } {
    const n = ++this.#count;
    const key = signatureKey ?? mixedId(22, this.#ports.seed, 'signature-key', n);
    const id = `wbhk_${guid(this.#ports.seed, 'subscription', n).replaceAll('-', '')}`;
    this.#subscriptions.set(id, { id, url, key, eventTypes, createdAt: this.#ports.now() });
    return { id, signatureKey: key };
  }

  createSubscription(ask: Ask): Answer {
    const given = recordOf(readRecord(ask.text)?.['subscription']) ?? {};
    const url = textOf(given['notification_url']);
    if (!url)
      throw invalid('MISSING_REQUIRED_PARAMETER', 'notification_url is needed', 'subscription.notification_url');
    const { id } = this.subscribe(url, textsOf(given['event_types']) ?? []);
    return { status: 200, body: { subscription: this.#render(this.#subscription(id)) } };
  }

  listSubscriptions(): Answer {
    return {
      status: 200,
      body: { subscriptions: [...this.#subscriptions.values()].map((each) => this.#render(each)) },
    };
  }

  deleteSubscription(id: string | undefined): Answer {
    this.#subscriptions.delete(this.#subscription(id).id);
    return { status: 200, body: {} };
  }

  rotateKey(id: string | undefined): Answer {
    const subscription = this.#subscription(id);
    subscription.key = mixedId(22, this.#ports.seed, 'signature-key', ++this.#count);
    return { status: 200, body: { signature_key: subscription.key } };
  }

  /** Sends a test event; there is no handshake at Square. */
  async test(id: string | undefined): Promise<Answer> {
    const subscription = this.#subscription(id);
    const eventId = guid(this.#ports.seed, 'test-event', ++this.#count);
    const body = JSON.stringify({
      merchant_id: this.#ports.merchant,
      type: 'webhooks.test_notification',
      event_id: eventId,
      created_at: this.#unevenStamp(this.#ports.now()),
      data: { type: 'webhooks', id: guid(this.#ports.seed, 'test', this.#count) },
    });
    const status = await this.#ports.sender.post(this.#message(subscription, body));
    return { status: 200, body: { subscription_test_result: { status_code: status, payload: body } } };
  }

  enableEvents(enabled: boolean): Answer {
    this.#eventsEnabled = enabled;
    return { status: 200, body: {} };
  }

  searchEvents(ask: Ask): Answer {
    const body = readRecord(ask.text) ?? {};
    const { cursor, ...query } = body;
    const filter = recordOf(recordOf(body['query'])?.['filter']) ?? {};
    const types = textsOf(filter['event_types']);
    const created = recordOf(filter['created_at']) ?? {};
    const from = readInstant(created['start_at'], 'start_at') ?? 0;
    const to = readInstant(created['end_at'], 'end_at') ?? Number.POSITIVE_INFINITY;
    const kept = this.#events.filter(
      ({ at, envelope }) => at >= from && at <= to && (!types || types.includes(String(envelope['type']))),
    );
    const found = page({
      query: JSON.stringify(query),
      cursor: textOf(cursor),
      end: this.#ports.now(),
      limit: Math.min(Number(body['limit'] ?? 100), 100),
      ascending: false,
      keyOf: ({ at }) => at,
      rows: () => kept,
    });
    return {
      status: 200,
      body: {
        events: found.rows.map(({ envelope }) => envelope),
        ...(found.cursor === undefined ? {} : { cursor: found.cursor }),
      },
    };
  }

  #send(subscription: Subscription, envelope: Readonly<Record<string, unknown>>): void {
    this.#ports.sender.send(this.#message(subscription, JSON.stringify(envelope)));
  }

  #message(subscription: Subscription, body: string) {
    const { url } = subscription;
    const first = stamp(this.#ports.now());
    return {
      url,
      body,
      headers: (attempt: number, failure: WebhookFailure | undefined) => ({
        // Signed when it is sent: a key that was changed meanwhile is used for what is repeated.
        'x-square-hmacsha256-signature': signSquare(subscription.key, url, body),
        'x-square-signature': signLegacy(subscription.key, url, body),
        'square-environment': 'Production',
        'square-initial-delivery-timestamp': first,
        ...(attempt === 1
          ? {}
          : {
              'square-retry-number': String(attempt - 1),
              'square-retry-reason': failure === 'timeout' ? 'http_timeout' : reasonOf(failure),
            }),
      }),
    };
  }

  #subscription(id: string | undefined): Subscription {
    const found = this.#subscriptions.get(id ?? '');
    if (!found) throw notFound('There is no such subscription.');
    return found;
  }

  #render(subscription: Subscription) {
    return {
      id: subscription.id,
      name: 'Sales',
      enabled: true,
      event_types: subscription.eventTypes,
      notification_url: subscription.url,
      signature_key: subscription.key,
      created_at: stamp(subscription.createdAt),
    };
  }

  /** Events are stamped with three to nine decimals: nobody may compare them as text. */
  #unevenStamp(at: number): string {
    return stamp(at).replace('Z', `${'339943'.slice(0, this.#count % 7)}Z`);
  }
}

const reasonOf = (failure: WebhookFailure | undefined) => (typeof failure === 'number' ? 'http_error' : 'other_error');
