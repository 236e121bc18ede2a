// The channels of one socket, from join to end. A channel is known by (topic, join_ref); at most one join of a topic is
// current, and a decision that arrives for another one is thrown away.
import { authoriseChannel } from './authorise-channel.ts';
import type { BatchedWriter } from './batched-writer.ts';
import { type Channel, isForChannel } from './channel.ts';
import { type CompiledJoin, compileJoin } from './compile-join.ts';
import { ourFault, Refusal, refusalReason } from './errors.ts';
import type { FeedTable } from './feed.ts';
import { cleanToken, type JoinConfig, parseJoinConfig } from './join-config.ts';
import { type InboundMessage, isJsonObject, type JsonObject } from './message.ts';
import type { Outbox } from './outbox.ts';
import type { Handshake, SessionContext } from './session-context.ts';
import { chooseToken, isApiKey, isExpired, type Subscriber } from './subscriber.ts';
import { isTooLong, topicName } from './topics.ts';

/** A join under way: its message, what it asked for, and the key or token that it goes by. */
interface Join {
  readonly message: InboundMessage;
  readonly asked: CompiledJoin;
  readonly token: string | null;
}

export class Channels {
  readonly #writer: BatchedWriter;
  readonly #outbox: Outbox;
  readonly #handshake: Handshake;
  readonly #context: SessionContext;
  readonly #tables: readonly FeedTable[];
  readonly #byTopic = new Map<string, Channel>();

  constructor(out: { writer: BatchedWriter; outbox: Outbox }, handshake: Handshake, context: SessionContext) {
    this.#writer = out.writer;
    this.#outbox = out.outbox;
    this.#handshake = handshake;
    this.#context = context;
    this.#tables = [...context.hall.tables.values()];
  }

  join(message: InboundMessage): void {
    const { topic, joinRef, ref } = message;
    const config = parseJoinConfig(message.payload);
    const tooMuch = this.#refusalOf(topic, config);
    // What is too much is not even looked at.
    const asked = compileJoin(tooMuch === null ? config.bindings : [], this.#tables);
    const refusal = tooMuch ?? refusalToWait(config, asked);
    if (refusal !== null) {
      this.#refuseJoin(message, refusal);
      return;
    }
    const replaced = this.#byTopic.get(topic);
    // The client has moved on from the old join; its close carries the old ref, by which the client knows to ignore it.
    if (replaced !== undefined) this.#end(replaced, 'phx_close', {});
    const channel: Channel = {
      topic,
      joinRef: joinRef ?? ref,
      bindings: asked.bindings,
      live: null,
      decision: 0,
      isDoubtful: false,
    };
    this.#byTopic.set(topic, channel);
    this.#context.statistics.channels++;
    const token = chooseToken(config.accessToken, this.#handshake.apiKey);
    void this.#admit(channel, { message, asked, token });
  }

  leave(message: InboundMessage): void {
    const channel = this.#byTopic.get(message.topic);
    this.#outbox.reply(message, { status: 'ok', response: {} });
    // A leave of an earlier join may arrive after the rejoin (React mounts twice): the new channel stays.
    if (channel !== undefined && isForChannel(channel, message)) this.#end(channel, 'phx_close', {});
  }

  /** Any other message to a channel. Of a join that is over it is ignored; without any join it is refused. */
  handle(message: InboundMessage): void {
    const channel = this.#byTopic.get(message.topic);
    if (channel === undefined) {
      this.#outbox.refuse(message, 'unmatched topic');
    } else if (!isForChannel(channel, message)) {
      return;
    } else if (message.event === 'access_token') {
      this.#takeToken(channel, message.payload);
    } else {
      const event = message.event.slice(0, 50);
      this.#outbox.refuse(message, `UnknownEvent: this server takes no "${event}" from clients`);
    }
  }

  /** Rights of this actor changed: what stands on them is decided anew. */
  reconsider(actorId: string): void {
    for (const channel of this.#byTopic.values()) {
      if (channel.live === null) channel.isDoubtful = true;
      else if (channel.live.subscriber.actorId === actorId) void this.#renew(channel, channel.live.token);
    }
  }

  endExpired(): void {
    const nowMs = this.#context.clock.now().getTime();
    for (const channel of [...this.#byTopic.values()]) {
      if (channel.live !== null && isExpired(channel.live.subscriber, nowMs)) {
        this.#endWithReason(channel, 'InvalidJWTToken: Token has expired');
      }
    }
  }

  /** The socket closes: nobody is told, since a close frame says it for all. */
  forgetAll(): void {
    for (const channel of [...this.#byTopic.values()]) this.#forget(channel);
  }

  #refusalOf(topic: string, { bindings }: JoinConfig): Refusal | null {
    const { bindingsPerChannelMax, channelsPerSocketMax } = this.#context.limits;
    const name = topicName(topic);
    if (name === null) return new Refusal('TopicNameRequired', 'a topic begins with "realtime:"');
    if (name === '') return new Refusal('TopicNameRequired', 'You must provide a topic name');
    if (isTooLong(topic)) return new Refusal('TopicTooLong', 'a topic has at most 255 bytes, "realtime:" included');
    if (bindings.length > bindingsPerChannelMax) {
      return new Refusal('TooManyBindings', `a channel takes ${bindingsPerChannelMax} postgres_changes at most`);
    }
    if (!this.#byTopic.has(topic) && this.#byTopic.size >= channelsPerSocketMax) {
      return new Refusal('ChannelRateLimitReached', 'Too many channels');
    }
    return null;
  }

  async #admit(channel: Channel, { message, asked, token }: Join): Promise<void> {
    try {
      const { topic } = channel;
      const subscriber = await authoriseChannel({ topic, token }, this.#context);
      if (!this.#isCurrent(channel)) return;
      // Registered first, answered second, in one tick: whatever is delivered from now on queues behind the answer.
      this.#goLive(channel, subscriber, token);
      this.#outbox.reply(message, { status: 'ok', response: { postgres_changes: asked.echo } });
      this.#reportBindings(channel, asked);
      if (channel.isDoubtful) await this.#renew(channel, token);
    } catch (error) {
      if (!this.#isCurrent(channel)) return;
      this.#forget(channel);
      this.#refuseJoin(message, error);
    }
  }

  /** The protocol's `access_token`: nothing is answered when it is taken. */
  #takeToken(channel: Channel, payload: unknown): void {
    const token = chooseToken(cleanToken(isJsonObject(payload) ? payload['access_token'] : null), null);
    const { live } = channel;
    if (live === null || token === null || token === live.token) return;
    // supabase-js falls back to its key whenever it has no session at hand. A key never replaces a good user token.
    const isGoodUser =
      live.subscriber.kind === 'user' && !isExpired(live.subscriber, this.#context.clock.now().getTime());
    if (isApiKey(token) && isGoodUser) return;
    void this.#renew(channel, token);
  }

  async #renew(channel: Channel, token: string | null): Promise<void> {
    const decision = ++channel.decision;
    const isMoot = () => !this.#isCurrent(channel) || channel.decision !== decision;
    try {
      const { topic } = channel;
      const subscriber = await authoriseChannel({ topic, token }, this.#context);
      if (!isMoot()) this.#goLive(channel, subscriber, token);
    } catch (error) {
      if (isMoot()) return;
      const reason = refusalReason(error);
      // Where the fault is ours, the rights of before stand until they expire.
      if (reason === null) this.#context.onError(error);
      else this.#endWithReason(channel, reason);
    }
  }

  #goLive(channel: Channel, subscriber: Subscriber, token: string | null): void {
    const { audiences } = this.#context.hall;
    const { topic, bindings, live } = channel;
    if (live !== null) audiences.leave(this.#writer, live.audience);
    const wish = { topic, serializer: this.#handshake.serializer, reach: subscriber.reach, bindings };
    channel.live = { token, subscriber, audience: audiences.enter(this.#writer, wish) };
  }

  #reportBindings(channel: Channel, { echo, complaints }: CompiledJoin): void {
    const extension = 'postgres_changes';
    for (const message of complaints) this.#outbox.system(channel, { extension, status: 'error', message });
    if (echo.length === 0 || complaints.length > 0) return;
    this.#outbox.system(channel, { extension, status: 'ok', message: 'Subscribed to PostgreSQL' });
  }

  /** phx_error, not phx_close: the client comes back by itself, with its newest token, and hears the reason if refused. */
  #endWithReason(channel: Channel, reason: string): void {
    this.#outbox.system(channel, { extension: 'system', status: 'error', message: reason });
    this.#end(channel, 'phx_error', { reason });
  }

  #end(channel: Channel, event: 'phx_close' | 'phx_error', payload: JsonObject): void {
    this.#forget(channel);
    this.#outbox.push(channel, event, payload);
  }

  #forget(channel: Channel): void {
    if (this.#byTopic.delete(channel.topic)) this.#context.statistics.channels--;
    if (channel.live !== null) this.#context.hall.audiences.leave(this.#writer, channel.live.audience);
    channel.live = null;
  }

  #isCurrent(channel: Channel): boolean {
    return this.#byTopic.get(channel.topic) === channel;
  }

  #refuseJoin(message: InboundMessage, error: unknown): void {
    const reason = refusalReason(error);
    if (reason === null) this.#context.onError(error);
    this.#context.statistics.refused('join');
    this.#outbox.refuse(message, reason ?? ourFault.message);
  }
}

/** A client that waits wants all or nothing; others are told by a notice, and what can be served is served. */
function refusalToWait({ wait }: JoinConfig, { complaints }: CompiledJoin): Refusal | null {
  const [complaint] = complaints;
  return wait && complaint !== undefined ? new Refusal('RealtimeDisabledForConfiguration', complaint) : null;
}
