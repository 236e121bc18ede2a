// One join of one topic on one socket, from the decision on it to its end. A rejoin is another channel: what arrives for the
// old one, by its join_ref, is no longer anybody's.

import { Refusal, refusalReason } from '../errors.ts';
import type { Audience } from '../matching/audience.ts';
import type { CompiledBinding } from '../matching/compile-binding.ts';
import { type CompiledJoin, compileJoin } from '../matching/compile-join.ts';
import { type Binding, cleanToken, type JoinConfig } from '../protocol/join-config.ts';
import { type InboundMessage, isJsonObject, type JsonObject } from '../protocol/message.ts';
import type { SocketMeans } from '../session-context.ts';
import { ChannelSink } from '../writing/channel-sink.ts';
import { authoriseChannel } from './authorise-channel.ts';
import { fetchReplay } from './replay.ts';
import { RoomSeat } from './room-seat.ts';
import { isApiKey, isExpired, type Subscriber, usableToken } from './subscriber.ts';

/** Of a join, what its channel goes by for as long as it lives; the bindings live on in its audience. */
export type ChannelConfig = Omit<JoinConfig, 'bindings'>;

export interface ChannelWish {
  readonly topic: string;
  readonly joinRef: string | null;
  readonly config: ChannelConfig;
  /** Streams of changes that it asks for, those that cannot be served included. */
  readonly bindingCount: number;
}

export interface ChannelOwner {
  /** Called once, when the channel is over. */
  ended(channel: Channel): void;
}

/** A join to be decided on and answered. */
export interface Join {
  readonly message: InboundMessage;
  readonly bindings: readonly Binding[];
}

/**
 * What a live channel stands on, and where it stands. Thousands of channels are open while nothing happens, so it keeps no
 * more than that: the rest of a subscriber is asked for anew when it is needed.
 */
interface Standing {
  /** The key or token last taken. */
  readonly token: string;
  readonly subscriber: Pick<Subscriber, 'actorId' | 'kind' | 'expiresAtMs'>;
  readonly audience: Audience;
}

export class Channel {
  readonly topic: string;
  readonly joinRef: string | null;
  readonly bindingCount: number;
  readonly #config: ChannelConfig;
  readonly #owner: ChannelOwner;
  readonly #means: SocketMeans;
  readonly #sink: ChannelSink;
  readonly #seat: RoomSeat;
  /** Null while the join is being decided, and when it is over. */
  #live: Standing | null = null;
  #isOver = false;
  #isAnswered = false;
  /** A token that the client gave and that is still to be decided on; what went wrong on our side is tried again. */
  #wanted: string | null = null;
  /** Counts the decisions on its rights, so that one which took long does not undo a later one. */
  #decision = 0;
  #isDeciding = false;
  /** Whose rights changed since the decision in flight began: it is told only at its end whom it is about. */
  #changed: Set<string> | null = null;
  /** Its rights changed and have not been decided anew: nothing is told until they are. */
  #isDoubtful = false;
  /** Its token has ended: nothing is told until another comes, or the grace is over. */
  #isInGrace = false;

  constructor({ topic, joinRef, config, bindingCount }: ChannelWish, owner: ChannelOwner, means: SocketMeans) {
    this.topic = topic;
    this.joinRef = joinRef;
    this.bindingCount = bindingCount;
    this.#config = config;
    this.#owner = owner;
    this.#means = means;
    this.#sink = new ChannelSink(means.writer, means.context.limits.heldBytesMax);
    const { serializer } = means.handshake;
    this.#seat = new RoomSeat({ topic, config, serializer, sink: this.#sink }, means);
  }

  get isJoined(): boolean {
    return this.#isAnswered && !this.#isOver;
  }

  /** Whether a message speaks of this join; some clients send no join_ref, which is taken as "the current". */
  isMeantBy(message: InboundMessage): boolean {
    return message.joinRef === null || message.joinRef === this.joinRef;
  }

  /**
   * Decides on the join and answers it. Registered first, answered second, in one tick: whatever is delivered from the
   * registration on queues behind the answer. Rejects with the reason, having registered nothing.
   */
  async admit({ message, bindings }: Join): Promise<void> {
    const { context, handshake, outbox } = this.#means;
    const config = this.#config;
    const token = usableToken(config.accessToken) ?? handshake.apiKey;
    const { topic } = this;
    const asked = await this.#decide(token, (subscriber) => {
      // Only now: what a stranger asks for is not worth the work.
      const compiled = compileJoin(bindings, [...context.hall.tables.values()]);
      refuseToWait(config, compiled);
      this.#sink.hold();
      this.#stand(subscriber, token, compiled.bindings);
      return compiled;
    });
    if (asked === null) return;
    if (handshake.wantsCursors) context.cursors.join(this.#sink, { topic, serializer: handshake.serializer });
    const replay = await fetchReplay({ topic, config }, context);
    const before = this.#live?.audience;
    // What rights that are taken would have matched is never let go, however long the answer takes.
    while (this.#isDoubtful && !this.#isOver) {
      this.#isDoubtful = false;
      await this.#decide(token, (subscriber) => this.#stand(subscriber, token, asked.bindings));
    }
    if (this.#isOver) return;
    this.#isAnswered = true;
    this.#sink.suppress(replay.ids);
    outbox.reply(message, { status: 'ok', response: { postgres_changes: asked.echo } });
    for (const broadcast of replay.broadcasts) outbox.broadcast(broadcast);
    this.#seat.tellState(this.joinRef);
    this.#reportBindings(asked);
    if (replay.complaint !== null) this.#complain(replay.complaint);
    this.#goOn(this.#live?.audience === before);
    const given = this.#wanted;
    this.#wanted = null;
    if (given !== null) this.#take(given);
  }

  /** The protocol's `access_token`: nothing is answered when it is taken. */
  takeToken(payload: unknown): void {
    const token = usableToken(cleanToken(isJsonObject(payload) ? payload['access_token'] : null));
    if (token === null) return;
    if (this.#isAnswered) this.#take(token);
    else this.#wanted = token;
  }

  /** A broadcast or presence message of the client's; answered in every case that concerns it. */
  takeSpeech(message: InboundMessage): void {
    const reason = this.#whyMute();
    if (reason === null) this.#seat.take(message);
    else this.#means.outbox.refuse(message, reason);
  }

  /** Rights of this actor changed: what stands on them is decided anew. Until then nothing is told. */
  reconsider(actorId: string): void {
    this.#changed?.add(actorId);
    if (this.#live?.subscriber.actorId !== actorId) return;
    this.#isDoubtful = true;
    this.#sink.hold();
    // A join that has not been answered settles it before it is.
    if (this.#isAnswered) void this.#renew();
  }

  /** Called every second or so: tokens end, and what could not be decided is tried again. */
  sweep(epochMs: number): void {
    const live = this.#live;
    if (live === null || !this.#isAnswered) return;
    const { graceMs } = this.#means.context.limits;
    const { expiresAtMs } = live.subscriber;
    if (expiresAtMs !== null && expiresAtMs + graceMs <= epochMs) {
      this.#endWithReason('InvalidJWTToken: Token has expired');
      return;
    }
    const hasEnded = isExpired(live.subscriber, epochMs);
    if (hasEnded) this.#beginGrace();
    const isUndecided = this.#wanted !== null || (this.#isDoubtful && !hasEnded);
    if (isUndecided && !this.#isDeciding) void this.#renew();
  }

  /** What it was owed may have holes; the client's channel stays as it is. */
  resync(): void {
    this.#complain('resync: changes may have been missed; read what you show anew');
    this.#means.context.cursors.owe(this.#sink);
  }

  end(event: 'phx_close' | 'phx_error', payload: JsonObject): void {
    this.forget();
    this.#means.outbox.push(this, event, payload);
  }

  /** Ends without a word: the client has been told otherwise, or there is nobody to tell. */
  forget(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    if (this.#live !== null) this.#means.context.hall.audiences.leave(this.#sink, this.#live.audience);
    this.#live = null;
    this.#means.context.cursors.leave(this.#sink);
    this.#seat.leave();
    this.#owner.ended(this);
  }

  #take(token: string): void {
    const live = this.#live;
    if (live === null || token === (this.#wanted ?? live.token)) return;
    // supabase-js falls back to its key whenever it has no session at hand. A key never replaces a good user token.
    const isGoodUser = live.subscriber.kind === 'user' && !isExpired(live.subscriber, this.#nowMs());
    if (isApiKey(token) && isGoodUser) return;
    this.#wanted = token;
    void this.#renew();
  }

  /**
   * Looks the rights up, and again for as long as those of whom it is about change meanwhile: what was read before may be
   * what was taken. `use` runs in the very step that has seen this. Null where the channel has ended or moved on.
   */
  async #decide<T>(token: string, use: (subscriber: Subscriber) => T): Promise<T | null> {
    const { topic } = this;
    const decision = ++this.#decision;
    for (;;) {
      const changed = new Set<string>();
      this.#changed = changed;
      const subscriber = await authoriseChannel({ topic, token, config: this.#config }, this.#means.context);
      if (this.#isOver || this.#decision !== decision) return null;
      if (changed.has(subscriber.actorId)) continue;
      this.#changed = null;
      return use(subscriber);
    }
  }

  /** On the token that is wanted, or else once more on the one that it has. */
  async #renew(): Promise<void> {
    const { context } = this.#means;
    const token = this.#wanted ?? this.#live?.token;
    if (token === undefined) return;
    const decision = this.#decision + 1;
    const isMoot = () => this.#isOver || this.#decision !== decision;
    this.#isDeciding = true;
    try {
      await this.#decide(token, (subscriber) => {
        const before = this.#live?.audience;
        if (before === undefined) return;
        const audience = this.#stand(subscriber, token, before.bindings);
        this.#wanted = null;
        this.#isDoubtful = false;
        this.#isInGrace = false;
        this.#goOn(audience === before);
      });
    } catch (error) {
      if (isMoot()) return;
      if (token === this.#live?.token && isExpired(this.#live.subscriber, this.#nowMs())) {
        // Nothing new is said about a token that had its end coming: its grace goes on.
        this.#beginGrace();
        return;
      }
      const reason = refusalReason(error);
      // Where the fault is ours the channel is neither trusted nor ended: the next sweep tries again.
      if (reason === null) context.onError(error);
      else this.#endWithReason(reason);
    } finally {
      if (!isMoot()) this.#isDeciding = false;
    }
  }

  /** Equal rights to equal bindings stand in the same audience: who stays in it misses nothing. */
  #stand(subscriber: Subscriber, token: string, bindings: readonly CompiledBinding[]): Audience {
    const { context, handshake } = this.#means;
    const { audiences } = context.hall;
    const wish = { topic: this.topic, serializer: handshake.serializer, reach: subscriber.reach, bindings };
    const audience = audiences.enter(this.#sink, wish);
    if (this.#live !== null && this.#live.audience !== audience) audiences.leave(this.#sink, this.#live.audience);
    const { actorId, kind, expiresAtMs } = subscriber;
    this.#live = { token, subscriber: { actorId, kind, expiresAtMs }, audience };
    this.#seat.stand(subscriber);
    return audience;
  }

  /** Lets through what was held, if it was matched by rights that still hold; tells the client of any gap. */
  #goOn(areRightsTheSame: boolean): void {
    const isWhole = areRightsTheSame ? this.#sink.release() : this.#sink.discard();
    if (!isWhole) this.resync();
  }

  /** Who is not told anything is not heard either: for as long as the database is away, rights that were taken would speak. */
  #whyMute(): string | null {
    if (this.#isInGrace) return 'InvalidJWTToken: Token has expired; send a new one by access_token';
    if (this.#live === null) return 'unmatched topic';
    return this.#isDoubtful ? 'Unauthorized: your rights have changed and are looked up just now; send it again' : null;
  }

  #beginGrace(): void {
    if (this.#isInGrace) return;
    this.#isInGrace = true;
    this.#sink.hold();
    const seconds = Math.round(this.#means.context.limits.graceMs / 1_000);
    this.#complain(`Token has expired; nothing is sent until a new one arrives, and the channel ends in ${seconds} s`);
  }

  #reportBindings(asked: CompiledJoin): void {
    const { outbox } = this.#means;
    const extension = 'postgres_changes';
    for (const message of asked.complaints) outbox.system(this, { extension, status: 'error', message });
    if (asked.echo.length > 0 && asked.complaints.length === 0) {
      outbox.system(this, { extension, status: 'ok', message: 'Subscribed to PostgreSQL' });
    }
    if (this.#config.broadcast.replicationReady) {
      outbox.system(this, { extension: 'system', status: 'ok', message: 'Replication connection established' });
    }
  }

  /** phx_error, not phx_close: the client comes back by itself, with its newest token, and hears the reason if refused. */
  #endWithReason(reason: string): void {
    this.#complain(reason);
    this.end('phx_error', { reason });
  }

  #complain(message: string): void {
    if (this.#live !== null) this.#means.outbox.system(this, { extension: 'system', status: 'error', message });
  }

  #nowMs(): number {
    return this.#means.context.clock.now().getTime();
  }
}

/** A client that waits wants all or nothing; others are told by a notice, and what can be served is served. */
function refuseToWait({ wait }: ChannelConfig, { complaints }: CompiledJoin): void {
  const [complaint] = complaints;
  if (wait && complaint !== undefined) throw new Refusal('RealtimeDisabledForConfiguration', complaint);
}
