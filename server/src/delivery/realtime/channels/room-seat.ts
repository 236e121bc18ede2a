// What a channel does in its room: it hears and is heard (broadcast), sees and shows itself (presence). A limit that is
// reached is answered with a reason; nobody is thrown out for it.

import { Refusal } from '../errors.ts';
import { presenceWindowMs } from '../limits.ts';
import { MessageAllowance } from '../message-allowance.ts';
import type { JoinConfig } from '../protocol/join-config.ts';
import { type InboundMessage, isJsonObject, type JsonObject, type Serializer } from '../protocol/message.ts';
import { readBroadcast } from '../rooms/read-broadcast.ts';
import type { Room, RoomMember } from '../rooms/room.ts';
import { roomAddress } from '../rooms/room-address.ts';
import { presenceState, sizeOf } from '../rooms/room-presence.ts';
import { newPresenceKey } from '../rooms/rooms.ts';
import type { SocketMeans } from '../session-context.ts';
import type { FrameSink } from '../writing/channel-sink.ts';
import type { Subscriber } from './subscriber.ts';

export interface SeatOptions {
  readonly topic: string;
  readonly config: Omit<JoinConfig, 'bindings'>;
  readonly serializer: Serializer;
  readonly sink: FrameSink;
}

export class RoomSeat {
  readonly #config: SeatOptions['config'];
  readonly #means: SocketMeans;
  readonly #member: RoomMember;
  #room: Room | null = null;
  #changes: MessageAllowance | null = null;

  constructor({ topic, config, serializer, sink }: SeatOptions, means: SocketMeans) {
    this.#config = config;
    this.#means = means;
    this.#member = {
      topic,
      serializer,
      sink,
      hearsItself: config.broadcast.self,
      seesPresence: config.presence.enabled,
      presenceKey: config.presence.key === '' ? newPresenceKey() : config.presence.key,
      shown: null,
    };
  }

  /** Takes the seat, or changes it where the subscriber's franchise is another now. */
  stand(subscriber: Subscriber): void {
    const address = roomAddress(this.#member.topic, this.#config.isPrivate, subscriber);
    if (address === (this.#room?.address ?? null)) return;
    this.leave();
    if (address !== null) this.#room = this.#means.context.rooms.enter(this.#member, address);
  }

  leave(): void {
    if (this.#room !== null) this.#means.context.rooms.leave(this.#member, this.#room);
    this.#room = null;
  }

  /** Sent at each join that asked for presence, also when nobody is there: the client shows nothing before it. */
  tellState(joinRef: string | null): void {
    if (!this.#member.seesPresence) return;
    const state = presenceState(this.#room?.presence.entries() ?? []);
    this.#means.outbox.push({ topic: this.#member.topic, joinRef }, 'presence_state', state);
  }

  take(message: InboundMessage): void {
    const { outbox } = this.#means;
    try {
      if (message.event === 'broadcast') this.#speak(message);
      else this.#show(message);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      // The original's word for it, which clients hand to their users.
      const known = error.code === 'PayloadTooLarge' ? { error: 'payload_size_exceeded' } : {};
      outbox.reply(message, { status: 'error', response: { ...known, reason: error.message } });
    }
  }

  #speak(message: InboundMessage): void {
    const { context, outbox } = this.#means;
    const said = readBroadcast(message.payload, context.limits.broadcastBytesMax);
    context.statistics.broadcast('socket');
    context.rooms.broadcast(this.#roomOrRefuse().address, said, this.#member);
    if (this.#config.broadcast.ack) outbox.reply(message, { status: 'ok', response: {} });
  }

  #show(message: InboundMessage): void {
    const { context, outbox } = this.#means;
    const { event, payload } = isJsonObject(message.payload) ? message.payload : {};
    const room = this.#roomOrRefuse();
    const verb = typeof event === 'string' ? event.toLowerCase() : '';
    if (verb === 'untrack') {
      this.#count();
      context.rooms.show(this.#member, room, null);
    } else if (verb === 'track') {
      this.#track(room, payload ?? {});
    } else {
      throw new Refusal('InvalidMessage', 'a presence message has the event "track" or "untrack"');
    }
    outbox.reply(message, { status: 'ok', response: {} });
  }

  #track(room: Room, meta: unknown): void {
    const { presenceBytesMax, presenceRoomBytesMax } = this.#means.context.limits;
    if (!isJsonObject(meta)) throw new Refusal('InvalidMessage', 'Presence track payload must be a map');
    // A state with this key at its top would be taken for a change of a row, and break the other clients.
    if (this.#member.presenceKey === 'ids') throw new Refusal('InvalidMessage', 'the presence key must not be "ids"');
    const text = JSON.stringify(meta);
    const { shown } = this.#member;
    if (shown !== null && JSON.stringify(shown.meta) === text) return;
    const bytes = Buffer.byteLength(text);
    if (bytes > presenceBytesMax) {
      throw new Refusal('PayloadTooLarge', `what is tracked has at most ${presenceBytesMax} bytes`);
    }
    // What it shows already makes room for what comes in its place.
    const others = room.presence.bytes - (shown === null ? 0 : sizeOf(shown));
    if (others + bytes > presenceRoomBytesMax) {
      throw new Refusal('PresenceRoomFull', `all that a room tracks has at most ${presenceRoomBytesMax} bytes`);
    }
    this.#count();
    this.#means.context.rooms.show(this.#member, room, withoutRefs(meta));
  }

  #count(): void {
    const { clock, limits } = this.#means.context;
    const burst = limits.presenceCallsMax;
    const nowMs = clock.monotonicMs();
    this.#changes ??= new MessageAllowance({ burst, perSecond: (burst * 1_000) / presenceWindowMs }, nowMs);
    if (this.#changes.take(nowMs)) return;
    const seconds = presenceWindowMs / 1_000;
    throw new Refusal(
      'PresenceRateLimitReached',
      `at most ${burst} changes in ${seconds} s; the last one taken stands`,
    );
  }

  #roomOrRefuse(): Room {
    if (this.#room !== null) return this.#room;
    throw new Refusal(
      'RoomUnknown',
      'you belong to several franchises; use a topic that names the place, such as franchise:<id>:<name>',
    );
  }
}

/** The refs are the server's to give. */
function withoutRefs({ phx_ref: _ref, phx_ref_prev: _before, ...meta }: JsonObject): JsonObject {
  return meta;
}
