// What a session needs of its WebSocket: the stream underneath, which we write whole frames to ourselves, and the closing
// handshake, which stays with `ws`.
import type { Duplex } from 'node:stream';
import { WebSocket } from 'ws';

export interface Transport {
  readonly stream: Duplex;
  /** True until a close frame was sent or received. */
  isOpen(): boolean;
  /** Sends the close frame behind everything written so far. */
  close(code: number, reason: string): void;
  /** Ends the connection without asking. */
  cut(): void;
}

/** `stream` is the very socket of the upgrade: writing to it between `ws`'s own frames is safe, as both write whole ones. */
export class WebSocketTransport implements Transport {
  readonly stream: Duplex;
  readonly #webSocket: WebSocket;

  constructor(webSocket: WebSocket, stream: Duplex) {
    this.#webSocket = webSocket;
    this.stream = stream;
  }

  isOpen(): boolean {
    return this.#webSocket.readyState === WebSocket.OPEN;
  }

  close(code: number, reason: string): void {
    this.#webSocket.close(code, reason);
  }

  cut(): void {
    this.#webSocket.terminate();
  }
}
