// The open sockets of this node: from the upgrade request to the last of them being gone.
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import { closeReasons } from '../limits.ts';
import type { Handshake, SessionContext } from '../session-context.ts';
import { Admission } from './admission.ts';
import { closeInSlices } from './close-in-slices.ts';
import { readHandshake, refuseHandshake } from './handshake.ts';
import { Session } from './session.ts';
import { WebSocketTransport } from './transport.ts';

export class Sockets {
  readonly #context: SessionContext;
  readonly #server: WebSocketServer;
  readonly #sessions = new Set<Session>();
  readonly #admission: Admission;
  readonly #allGone = Promise.withResolvers<void>();
  #isClosing = false;

  constructor(context: SessionContext) {
    this.#context = context;
    this.#admission = new Admission(context.limits, context.clock);
    this.#server = new WebSocketServer({
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: context.limits.frameBytesMax,
    });
  }

  /** Listener for the HTTP server's `upgrade`. */
  readonly takeUpgrade = (request: IncomingMessage, stream: Duplex, head: Buffer): void => {
    // Until the handshake is done nobody else listens, and an unheard error ends the process.
    stream.on('error', destroy);
    const handshake = readHandshake(request);
    const refuse = (status: number, reason: string, afterSeconds?: number) => {
      this.#context.statistics.refused('handshake');
      refuseHandshake(stream, { status, reason, ...(afterSeconds !== undefined && { afterSeconds }) });
    };
    if (handshake === null) {
      refuseHandshake(stream, { status: 404, reason: 'There is no WebSocket at this path' });
    } else if (handshake === 'no key') {
      refuse(401, 'API key is missing');
    } else if (this.#isClosing) {
      refuse(503, 'Realtime is restarting, please standby');
    } else if (this.#sessions.size + this.#admission.waiting >= this.#context.limits.socketsMax) {
      refuse(429, 'Too many connected users');
    } else {
      this.#admission.take({
        isThere: () => !stream.destroyed,
        admit: () =>
          this.#server.handleUpgrade(request, stream, head, (webSocket) => this.#open(webSocket, stream, handshake)),
        turnAway: (afterSeconds) => refuse(503, 'Too many clients come back at once, please standby', afterSeconds),
      });
    }
  };

  /** Clients that wait to be let in. */
  get waiting(): number {
    return this.#admission.waiting;
  }

  sweep(): void {
    const { clock } = this.#context;
    const [nowMs, epochMs] = [clock.monotonicMs(), clock.now().getTime()];
    for (const session of this.#sessions) session.sweep(nowMs, epochMs);
  }

  reconsider(actorId: string): void {
    for (const session of this.#sessions) session.reconsider(actorId);
  }

  /** Events were lost on the way here: every subscriber is told to read anew what it shows. */
  resync(): void {
    for (const session of this.#sessions) session.resync();
  }

  /** Takes no more sockets, closes the open ones and resolves when they are gone, if need be without their consent. */
  async closeAll(): Promise<void> {
    this.#isClosing = true;
    this.#admission.close();
    if (this.#sessions.size === 0) return;
    await closeInSlices(this.#sessions, (session) => session.close(closeReasons.restarting), this.#context.limits);
    if (this.#sessions.size === 0) return;
    const timer = setTimeout(() => {
      for (const session of this.#sessions) session.cut();
    }, this.#context.limits.closeMs);
    await this.#allGone.promise;
    clearTimeout(timer);
  }

  #open(webSocket: WebSocket, stream: Duplex, handshake: Handshake): void {
    const { statistics } = this.#context;
    const session = new Session(new WebSocketTransport(webSocket, stream), handshake, this.#context);
    this.#sessions.add(session);
    statistics.sockets++;
    webSocket.on('message', (data, isBinary) => session.receive(toBuffer(data), isBinary));
    const heard = () => session.heard();
    webSocket.on('ping', heard).on('pong', heard);
    // A broken frame, or one over the limit: `ws` sends the close frame itself, and 'close' follows.
    webSocket.on('error', () => session.broke());
    webSocket.on('close', () => {
      session.ended();
      this.#sessions.delete(session);
      statistics.sockets--;
      if (this.#isClosing && this.#sessions.size === 0) this.#allGone.resolve();
    });
  }
}

/** By itself, because a listener made for each socket would keep its request for as long as the socket lives. */
function destroy(this: Duplex): void {
  this.destroy();
}

function toBuffer(data: Buffer | ArrayBuffer | Buffer[]): Buffer {
  if (Array.isArray(data)) return Buffer.concat(data);
  return Buffer.isBuffer(data) ? data : Buffer.from(data);
}
