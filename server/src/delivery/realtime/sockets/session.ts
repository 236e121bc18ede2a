// One socket: what arrives is counted, read and handed on; what has lived too long is ended. Every answer goes through the
// batched writer, and every end of a socket through `close` or `ended`.

import { Channels } from '../channels/channels.ts';
import { Refusal } from '../errors.ts';
import { type CloseReason, closeReasons } from '../limits.ts';
import { MessageAllowance, perSecond } from '../message-allowance.ts';
import type { InboundMessage } from '../protocol/message.ts';
import type { Handshake, SessionContext } from '../session-context.ts';
import { BatchedWriter, type WriterOwner } from '../writing/batched-writer.ts';
import { Outbox } from '../writing/outbox.ts';
import type { Transport } from './transport.ts';

export class Session implements WriterOwner {
  readonly #transport: Transport;
  readonly #handshake: Handshake;
  readonly #context: SessionContext;
  readonly #writer: BatchedWriter;
  readonly #outbox: Outbox;
  readonly #channels: Channels;
  readonly #allowance: MessageAllowance;
  readonly #bytes: MessageAllowance;
  #channellessSinceMs: number | null;
  #heardAtMs: number;
  #closedAtMs: number | null = null;

  constructor(transport: Transport, handshake: Handshake, context: SessionContext) {
    const { clock, limits, scheduler } = context;
    this.#transport = transport;
    this.#handshake = handshake;
    this.#context = context;
    this.#writer = new BatchedWriter(transport.stream, scheduler, this);
    this.#outbox = new Outbox(handshake.serializer, this.#writer);
    this.#channels = new Channels({ writer: this.#writer, outbox: this.#outbox, handshake, context });
    this.#heardAtMs = clock.monotonicMs();
    this.#channellessSinceMs = this.#heardAtMs;
    this.#allowance = new MessageAllowance(perSecond(limits.messagesPerSecondMax), this.#heardAtMs);
    this.#bytes = new MessageAllowance(perSecond(limits.bytesPerSecondMax), this.#heardAtMs);
  }

  isOpen(): boolean {
    return this.#transport.isOpen();
  }

  /** The client does not read: what it was owed is gone. */
  overflowed(): void {
    this.#closeSlow();
  }

  /** A ping or pong arrived: the client lives. It counts as a message, since it is answered like one. */
  heard(): void {
    this.#heardAtMs = this.#context.clock.monotonicMs();
    // `ws` itself has cut whoever does not wait for its pongs.
    const isCut = !this.#transport.isOpen();
    if (!this.#allowance.take(this.#heardAtMs) || isCut) this.#closeFor('flooding');
  }

  receive(data: Buffer, isBinary: boolean): void {
    this.heard();
    if (this.#closedAtMs !== null) return;
    if (!this.#bytes.take(this.#heardAtMs, data.length)) {
      this.#closeFor('flooding');
      return;
    }
    try {
      const message = this.#handshake.serializer.decode(data, isBinary);
      if (message === null) this.#context.statistics.unreadable();
      else this.#handle(message);
    } catch (error) {
      // Thrown into the socket's listener it would end the process, and with it everybody else's sockets. What it left
      // half done in this one is not known, so its client begins anew.
      this.#context.onError(error);
      this.#closeFor('failed');
    }
  }

  /** What arrived is no WebSocket, or more than a frame may hold: `ws` has answered with the code for it. */
  broke(): void {
    if (this.#closedAtMs === null) this.#context.statistics.closed('broken');
    this.ended();
  }

  /** Called every second or so, with the steady time and that since 1970: asked for once for thousands of sockets. */
  sweep(nowMs: number, epochMs: number): void {
    const { limits } = this.#context;
    if (this.#closedAtMs !== null) {
      // A peer that does not answer the close frame is cut off, or a stopped process would keep its socket for ever.
      if (nowMs - this.#closedAtMs >= limits.closeMs) this.#transport.cut();
      return;
    }
    if (this.#channels.hasJoined()) this.#channellessSinceMs = null;
    else this.#channellessSinceMs ??= nowMs;
    const { blockedSinceMs } = this.#writer;
    if (blockedSinceMs !== null && nowMs - blockedSinceMs >= limits.stalledMs) {
      this.#closeSlow();
    } else if (nowMs - this.#heardAtMs >= limits.idleMs) {
      this.#closeFor('idle');
    } else if (this.#channellessSinceMs !== null && nowMs - this.#channellessSinceMs >= limits.channellessMs) {
      this.#closeFor('channelless');
    } else {
      this.#channels.sweep(epochMs);
    }
  }

  /** Rights of this actor changed. */
  reconsider(actorId: string): void {
    this.#channels.reconsider(actorId);
  }

  /** What its channels were owed may have holes. */
  resync(): void {
    if (this.#closedAtMs === null) this.#channels.resync();
  }

  /** Sends what is owed, then the close frame. Clients reconnect after any of them. */
  close({ code, reason }: CloseReason): void {
    if (this.#closedAtMs !== null) return;
    this.#closedAtMs = this.#context.clock.monotonicMs();
    this.#channels.forgetAll();
    this.#writer.flushAndEnd();
    this.#transport.close(code, reason);
  }

  /** The socket is gone, for whatever reason. */
  ended(): void {
    this.#closedAtMs ??= this.#context.clock.monotonicMs();
    this.#channels.forgetAll();
    this.#writer.end();
  }

  cut(): void {
    this.#transport.cut();
  }

  #handle(message: InboundMessage): void {
    if (message.fault !== undefined && message.event !== 'phx_join') {
      this.#outbox.refuse(message, new Refusal('InvalidMessage', message.fault).message);
    } else if (message.topic === 'phoenix' && message.event === 'heartbeat') {
      this.#outbox.reply(message, { status: 'ok', response: {} });
    } else if (message.event === 'phx_join') {
      this.#channels.join(message);
    } else if (message.event === 'phx_leave') {
      this.#channels.leave(message);
    } else {
      this.#channels.handle(message);
    }
  }

  #closeSlow(): void {
    this.#writer.end();
    this.#closeFor('slow');
  }

  #closeFor(reason: 'slow' | 'idle' | 'flooding' | 'channelless' | 'failed'): void {
    if (this.#closedAtMs !== null) return;
    this.#context.statistics.closed(reason);
    this.close(closeReasons[reason]);
  }
}
