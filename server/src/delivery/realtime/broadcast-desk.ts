// Broadcasts that come by HTTP: whoever may join a topic may speak there without joining. All of a request's messages are
// checked before the first is sent, so that a refusal means that nothing was.

import { AppError } from '../../platform/errors.ts';
import { authoriseChannel } from './channels/authorise-channel.ts';
import { type Subscriber, usableToken } from './channels/subscriber.ts';
import {
  batchTooLarge,
  credentialMissing,
  invalidBroadcast,
  payloadTooLarge,
  Refusal,
  tooManyBroadcasts,
  topicForbidden,
} from './errors.ts';
import { MessageAllowance, perSecond } from './message-allowance.ts';
import { channelTopic, isTooLong } from './protocol/topics.ts';
import { readBroadcast } from './rooms/read-broadcast.ts';
import type { Told } from './rooms/room.ts';
import { roomAddress } from './rooms/room-address.ts';
import type { SessionContext } from './session-context.ts';

export interface PostedBroadcast {
  /** Without `realtime:`. */
  readonly topic: string;
  readonly event: string;
  /** JSON, or a Buffer of raw bytes. */
  readonly payload: unknown;
  readonly isPrivate: boolean;
}

/** Actors whose allowance is remembered; beyond it the unused ones are forgotten. */
const actorsMax = 10_000;

export class BroadcastDesk {
  readonly #context: SessionContext;
  readonly #allowances = new Map<string, MessageAllowance>();

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /**
   * Sends all of them, or none. `credential` is a key or token. Throws the `identity.*` refusals for a credential that is
   * none, and `realtime.*` for a message that cannot be sent.
   */
  async post(credential: string | null, messages: readonly PostedBroadcast[]): Promise<void> {
    const { limits, rooms, statistics } = this.#context;
    if (messages.length > limits.httpMessagesMax) {
      throw batchTooLarge(`Too many messages to broadcast, please reduce the batch size to ${limits.httpMessagesMax}.`);
    }
    // Whoever says nothing is asked who it is all the same: an answer of 202 would take any key for a good one.
    if (messages.length === 0) await this.#context.authenticate(tokenOf(credential));
    const speeches: { address: string; said: Told }[] = [];
    for (const message of messages) {
      const subscriber = await this.#authorise(credential, message);
      if (speeches.length === 0) this.#count(subscriber, messages.length);
      speeches.push({ address: this.#addressOf(message, subscriber), said: this.#read(message) });
    }
    for (const { address, said } of speeches) {
      statistics.broadcast('http');
      rooms.broadcast(address, said, null);
    }
  }

  async #authorise(credential: string | null, { topic, isPrivate }: PostedBroadcast): Promise<Subscriber> {
    const token = tokenOf(credential);
    try {
      const config = { isPrivate, accessToken: token };
      return await authoriseChannel({ topic: channelTopic(topic), token, config }, this.#context);
    } catch (error) {
      if (error instanceof AppError || !(error instanceof Refusal)) throw error;
      throw topicForbidden(error.message);
    }
  }

  #addressOf({ topic, isPrivate }: PostedBroadcast, subscriber: Subscriber): string {
    const full = channelTopic(topic);
    if (topic === '' || isTooLong(full)) throw invalidBroadcast('A topic has 1 to 246 bytes.');
    const address = roomAddress(full, isPrivate, subscriber);
    if (address !== null) return address;
    throw topicForbidden('You belong to several franchises; use a topic that names the place: franchise:<id>:<name>.');
  }

  #read({ event, payload }: PostedBroadcast): Told {
    try {
      return readBroadcast({ event, payload }, this.#context.limits.broadcastBytesMax);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.code === 'PayloadTooLarge') throw payloadTooLarge(`Payload size exceeds the limit: ${error.message}.`);
      throw invalidBroadcast(error.message);
    }
  }

  #count({ actorId }: Subscriber, messages: number): void {
    const { clock, limits } = this.#context;
    const nowMs = clock.monotonicMs();
    if (this.#allowances.size >= actorsMax) {
      for (const [actor, allowance] of this.#allowances) if (allowance.isFull(nowMs)) this.#allowances.delete(actor);
    }
    const rate = perSecond(limits.httpMessagesPerSecondMax);
    const allowance = this.#allowances.get(actorId) ?? new MessageAllowance(rate, nowMs);
    this.#allowances.set(actorId, allowance);
    if (allowance.take(nowMs, messages)) return;
    throw tooManyBroadcasts('You have exceeded your rate limit.', { headers: { 'retry-after': '1' } });
  }
}

function tokenOf(credential: string | null): string {
  const token = usableToken(credential);
  if (token === null) throw credentialMissing('The request carries neither a token nor an API key.');
  return token;
}
