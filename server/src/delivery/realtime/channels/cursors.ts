// Tells the channels that want to know it where the log stands behind what they were sent: the cursor from which a client
// goes on over `/v1/events` after a break. Never with an event, which would double every frame; a `system` message that
// clients who know nothing of it pass over.
import { encodePosition, type LogStream, type StoredEvent } from '../../../events/index.ts';
import { frame } from '../protocol/frame.ts';
import type { Serializer } from '../protocol/message.ts';
import { topicName, topicOwner } from '../protocol/topics.ts';
import type { FrameSink } from '../writing/channel-sink.ts';

/** Knows up to where everything has been delivered. */
export type LogStand = Pick<LogStream, 'position' | 'isFresh'>;

export interface CursorTimes {
  /** Least time between two cursors of one channel, in ms. */
  readonly cursorMinMs: number;
  /** Most time between them, in ms: a screen that hears nothing learns that there was nothing to hear. */
  readonly cursorMaxMs: number;
}

interface Recipient {
  readonly topic: string;
  readonly serializer: Serializer;
  /** The place that the topic stands for; null for a free name, which may be about anything. */
  readonly ownerId: string | null;
  isOwed: boolean;
  /** Null until the first sweep: joins do not look at the clock. */
  times: { toldAtMs: number; dueAtMs: number } | null;
}

export class Cursors {
  readonly #log: LogStand | null;
  readonly #times: CursorTimes;
  readonly #recipients = new Map<FrameSink, Recipient>();
  /** The places that had events since the last sweep. */
  readonly #busy = new Set<string>();

  constructor(log: LogStand | null, times: CursorTimes) {
    this.#log = log;
    this.#times = times;
  }

  /**
   * Begins with the cursor of this moment: call it in the tick in which the channel is registered, before anything is
   * delivered to it, so that what comes over the channel and what lies before the cursor are exactly everything.
   */
  join(sink: FrameSink, { topic, serializer }: Pick<Recipient, 'topic' | 'serializer'>): void {
    const ownerId = topicOwner(topicName(topic) ?? '')?.id ?? null;
    const recipient: Recipient = { topic, serializer, ownerId, isOwed: true, times: null };
    this.#recipients.set(sink, recipient);
    const position = this.#log?.position() ?? null;
    if (position === null) return;
    recipient.isOwed = false;
    sink.push(cursorFrame(recipient, encodePosition(position)));
  }

  leave(sink: FrameSink): void {
    this.#recipients.delete(sink);
  }

  /** Has been delivered. */
  note({ location_id, franchisee_id, franchise_id }: StoredEvent): void {
    if (this.#recipients.size === 0) return;
    for (const id of [location_id, franchisee_id, franchise_id]) if (id !== null) this.#busy.add(id);
  }

  /** Something was lost on the way to this channel: it is told soon where it goes on. */
  owe(sink: FrameSink): void {
    const recipient = this.#recipients.get(sink);
    if (recipient !== undefined) recipient.isOwed = true;
  }

  /** Called every half second or so; `nowMs` is monotonic. A cursor vouches for the present, so a stale one is not told. */
  sweep(nowMs: number): void {
    const position = this.#log?.isFresh() === true ? this.#log.position() : null;
    if (position === null || this.#recipients.size === 0) return;
    const { cursorMinMs, cursorMaxMs } = this.#times;
    const cursor = encodePosition(position);
    const frames = new Map<string, Buffer>();
    for (const [sink, recipient] of this.#recipients) {
      const { topic, serializer, ownerId } = recipient;
      recipient.times ??= firstTimes(recipient, nowMs, cursorMaxMs);
      recipient.isOwed ||= ownerId === null ? this.#busy.size > 0 : this.#busy.has(ownerId);
      const { toldAtMs, dueAtMs } = recipient.times;
      if (nowMs < (recipient.isOwed ? toldAtMs + cursorMinMs : dueAtMs)) continue;
      const key = `${serializer.vsn} ${topic}`;
      const framed = frames.get(key) ?? cursorFrame(recipient, cursor);
      frames.set(key, framed);
      sink.push(framed);
      recipient.isOwed = false;
      recipient.times = { toldAtMs: nowMs, dueAtMs: nowMs + cursorMaxMs };
    }
    this.#busy.clear();
  }
}

/** The first was told at the join, if it could be. Spread from there: thousands who come together are not told together. */
function firstTimes({ isOwed }: Recipient, nowMs: number, cursorMaxMs: number) {
  return { toldAtMs: isOwed ? Number.NEGATIVE_INFINITY : nowMs, dueAtMs: nowMs + Math.random() * cursorMaxMs };
}

function cursorFrame({ topic, serializer }: Recipient, cursor: string): Buffer {
  const payload = { extension: 'cursor', status: 'ok', message: 'cursor', cursor, channel: topicName(topic) };
  return frame(serializer.encodePush({ joinRef: null, topic, event: 'system', payloadJson: JSON.stringify(payload) }));
}
