// The channels of one socket: which join of a topic is current, and to which a message belongs.

import { ourFault, Refusal, refusalReason } from '../errors.ts';
import { presenceKeyCharactersMax } from '../limits.ts';
import { MessageAllowance, perSecond } from '../message-allowance.ts';
import { type JoinConfig, parseJoinConfig } from '../protocol/join-config.ts';
import type { InboundMessage } from '../protocol/message.ts';
import { isTooLong, topicName } from '../protocol/topics.ts';
import type { SocketMeans } from '../session-context.ts';
import { Channel, type ChannelOwner, type Join } from './channel.ts';

export class Channels implements ChannelOwner {
  readonly #means: SocketMeans;
  readonly #byTopic = new Map<string, Channel>();
  readonly #joins: MessageAllowance;

  constructor(means: SocketMeans) {
    const { clock, limits } = means.context;
    this.#means = means;
    this.#joins = new MessageAllowance(perSecond(limits.joinsPerSecondMax), clock.monotonicMs());
  }

  join(message: InboundMessage): void {
    const { topic } = message;
    // The client has moved on from the old join, whatever becomes of this one; the close carries the old ref, by which the
    // client knows to ignore it.
    this.#byTopic.get(topic)?.end('phx_close', {});
    const config = parseJoinConfig(message.payload);
    const refusal = this.#refusalOf(message, config);
    if (refusal !== null) {
      this.#refuseJoin(message, refusal);
      return;
    }
    const { bindings, ...kept } = config;
    const joinRef = message.joinRef ?? message.ref;
    const channel = new Channel({ topic, joinRef, config: kept, bindingCount: bindings.length }, this, this.#means);
    this.#byTopic.set(topic, channel);
    this.#means.context.statistics.channels++;
    void this.#admit(channel, { message, bindings });
  }

  leave(message: InboundMessage): void {
    const channel = this.#byTopic.get(message.topic);
    this.#means.outbox.reply(message, { status: 'ok', response: {} });
    // A leave of an earlier join may arrive after the rejoin (React mounts twice): the new channel stays.
    if (channel?.isMeantBy(message)) channel.end('phx_close', {});
  }

  /** Any other message to a channel. Of a join that is over it is ignored; without any join it is refused. */
  handle(message: InboundMessage): void {
    const { outbox } = this.#means;
    const channel = this.#byTopic.get(message.topic);
    if (channel === undefined) {
      outbox.refuse(message, 'unmatched topic');
    } else if (!channel.isMeantBy(message)) {
      return;
    } else if (message.event === 'access_token') {
      channel.takeToken(message.payload);
    } else if (message.event === 'broadcast' || message.event === 'presence') {
      channel.takeSpeech(message);
    } else {
      const event = message.event.slice(0, 50);
      outbox.refuse(message, `UnknownEvent: this server takes no "${event}" from clients`);
    }
  }

  /** Rights of this actor changed: what stands on them is decided anew. */
  reconsider(actorId: string): void {
    for (const channel of this.#byTopic.values()) channel.reconsider(actorId);
  }

  hasJoined(): boolean {
    for (const channel of this.#byTopic.values()) if (channel.isJoined) return true;
    return false;
  }

  sweep(epochMs: number): void {
    // A channel that ends meanwhile strikes itself off, which does not disturb the others' turn.
    for (const channel of this.#byTopic.values()) channel.sweep(epochMs);
  }

  /** Events were lost on the way here: the client's channels stay as they are, and their applications read anew. */
  resync(): void {
    for (const channel of this.#byTopic.values()) channel.resync();
  }

  /** The socket closes: nobody is told, since a close frame says it for all. */
  forgetAll(): void {
    for (const channel of [...this.#byTopic.values()]) channel.forget();
  }

  ended(channel: Channel): void {
    this.#means.context.statistics.channels--;
    if (this.#byTopic.get(channel.topic) === channel) this.#byTopic.delete(channel.topic);
  }

  #refusalOf({ topic, fault }: InboundMessage, { bindings, presence }: JoinConfig): Refusal | null {
    const { clock, limits } = this.#means.context;
    const { bindingsPerChannelMax, bindingsPerSocketMax, channelsPerSocketMax } = limits;
    const name = topicName(topic);
    if (!this.#joins.take(clock.monotonicMs())) {
      return new Refusal('ClientJoinRateLimitReached', 'Too many joins per second');
    }
    if (name === null) return new Refusal('TopicNameRequired', 'a topic begins with "realtime:"');
    if (name === '') return new Refusal('TopicNameRequired', 'You must provide a topic name');
    if (isTooLong(topic)) return new Refusal('TopicTooLong', 'a topic has at most 255 bytes, "realtime:" included');
    if (bindings.length > bindingsPerChannelMax) {
      return new Refusal('TooManyBindings', `a channel takes ${bindingsPerChannelMax} postgres_changes at most`);
    }
    if (fault !== undefined) return new Refusal('InvalidMessage', fault);
    if (presence.key.length > presenceKeyCharactersMax) {
      return new Refusal('InvalidMessage', `a presence key has at most ${presenceKeyCharactersMax} characters`);
    }
    if (this.#byTopic.size >= channelsPerSocketMax) {
      return new Refusal('ChannelRateLimitReached', 'Too many channels');
    }
    // Each is looked up or tested for what happens: one socket must not fill the index of all.
    if (this.#countBindings() + bindings.length > bindingsPerSocketMax) {
      return new Refusal(
        'TooManyBindings',
        `all channels of a socket take ${bindingsPerSocketMax} postgres_changes at most`,
      );
    }
    return null;
  }

  #countBindings(): number {
    let count = 0;
    for (const { bindingCount } of this.#byTopic.values()) count += bindingCount;
    return count;
  }

  async #admit(channel: Channel, join: Join): Promise<void> {
    try {
      await channel.admit(join);
    } catch (error) {
      if (this.#byTopic.get(channel.topic) !== channel) return;
      channel.forget();
      this.#refuseJoin(join.message, error);
    }
  }

  #refuseJoin(message: InboundMessage, error: unknown): void {
    const { context, outbox } = this.#means;
    const reason = refusalReason(error);
    if (reason === null) context.onError(error);
    context.statistics.refused('join');
    outbox.refuse(message, reason ?? ourFault.message);
  }
}
