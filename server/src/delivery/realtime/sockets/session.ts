// One socket: what arrives is counted, read and handed on; what has lived too long is ended. Every answer goes through the
// batched writer, and every end of a socket through `close` or `ended`.

import { Channels } from '../channels/channels.ts';
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
    this.#allowance = new MessageAllowance(perSecond(limits.messagesPerSecondMax), this.#heardAtMs);
  }

  isOpen(): boolean {
    return this.#transport.isOpen();
  }

  /** The client does not read: what it was owed is gone. */
  overflowed(): void {
    this.#closeSlow();
  }

  /** Anything at all arrived from the client, a ping included: it lives. */
  heard(): void {
    this.#heardAtMs = this.#context.clock.monotonicMs();
  }

  receive(data: Buffer, isBinary: boolean): void {
    const { statistics } = this.#context;
    this.heard();
    if (this.#closedAtMs !== null) return;
    if (!this.#allowance.take(this.#heardAtMs)) {
      statistics.closed('flooding');
      this.close(closeReasons.flooding);
      return;
    }
    try {
      const message = this.#handshake.serializer.decode(data, isBinary);
      if (message === null) statistics.unreadable();
      else this.#handle(message);
    } catch (error) {
      // Thrown into the socket's listener it would end the process, and with it everybody else's sockets. What it left
      // half done in this one is not known, so its client begins anew.
      this.#context.onError(error);
      statistics.closed('failed');
      this.close(closeReasons.failed);
    }
  }

  /** Called every second or so, with the steady time and that since 1970: asked for once for thousands of sockets. */
  sweep(nowMs: number, epochMs: number): void {
    const { limits, statistics } = this.#context;
    if (this.#closedAtMs !== null) {
      // A peer that does not answer the close frame is cut off, or a stopped process would keep its socket for ever.
      if (nowMs - this.#closedAtMs >= limits.closeMs) this.#transport.cut();
      return;
    }
    const { blockedSinceMs } = this.#writer;
    if (blockedSinceMs !== null && nowMs - blockedSinceMs >= limits.stalledMs) {
      this.#closeSlow();
    } else if (nowMs - this.#heardAtMs >= limits.idleMs) {
      statistics.closed('idle');
      this.close(closeReasons.idle);
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
    if (message.fault !== undefined) {
      this.#outbox.refuse(message, message.fault);
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
    this.#context.statistics.closed('slow');
    this.#writer.end();
    this.close(closeReasons.slow);
  }
}
