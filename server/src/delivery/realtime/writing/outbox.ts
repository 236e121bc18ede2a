// What a session says, in its dialect, through its writer: the one way from a message to the socket.

import { frame } from '../protocol/frame.ts';
import type { Broadcast, InboundMessage, JsonObject, Reply, Serializer } from '../protocol/message.ts';
import { topicName } from '../protocol/topics.ts';
import type { BatchedWriter } from './batched-writer.ts';

/** The join that a push belongs to. */
export interface Address {
  readonly topic: string;
  readonly joinRef: string | null;
}

export interface SystemNotice {
  readonly extension: 'postgres_changes' | 'system';
  readonly status: 'ok' | 'error';
  readonly message: string;
}

export class Outbox {
  readonly #serializer: Serializer;
  readonly #writer: BatchedWriter;

  constructor(serializer: Serializer, writer: BatchedWriter) {
    this.#serializer = serializer;
    this.#writer = writer;
  }

  /** Answers a message, unless it came without a ref and so wants no answer. */
  reply({ joinRef, ref, topic }: InboundMessage, reply: Reply): void {
    if (ref !== null) this.#writer.push(frame(this.#serializer.encodeReply({ joinRef, ref, topic }, reply)));
  }

  refuse(message: InboundMessage, reason: string): void {
    this.reply(message, { status: 'error', response: { reason } });
  }

  push({ topic, joinRef }: Address, event: string, payload: JsonObject): void {
    const payloadJson = JSON.stringify(payload);
    this.#writer.push(frame(this.#serializer.encodePush({ joinRef, topic, event, payloadJson })));
  }

  /** Nothing is sent where the dialect cannot say it. */
  broadcast(broadcast: Broadcast): void {
    const encoded = this.#serializer.encodeBroadcast(broadcast);
    if (encoded !== null) this.#writer.push(frame(encoded));
  }

  /** A notice about the channel; it changes nothing in the client but reaches `.on('system', …)`. */
  system(address: Address, notice: SystemNotice): void {
    this.push(address, 'system', { ...notice, channel: topicName(address.topic) });
  }
}
