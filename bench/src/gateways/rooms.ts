// The rooms of the gateways that we compare with: who has said `join ROOM` is told what the feed says for it.
import { createServer, type Server } from 'node:http';
import type { Duplex } from 'node:stream';
import { type WebSocket, WebSocketServer } from 'ws';
import type { FeedMessage } from './serve-gateway.ts';

/** Counts itself in where its member wants; `member` makes what a room holds of a socket. */
export class Rooms<Member> {
  readonly server: Server = createServer();
  readonly #rooms = new Map<string, Set<Member>>();

  constructor(member: (webSocket: WebSocket, stream: Duplex) => Member) {
    const sockets = new WebSocketServer({ noServer: true, clientTracking: false, perMessageDeflate: false });
    this.server.on('upgrade', (request, stream: Duplex, head) => {
      sockets.handleUpgrade(request, stream, head, (webSocket) => {
        webSocket.on('message', (data) => {
          this.#join(String(data).slice('join '.length), member(webSocket, stream));
          webSocket.send('joined');
        });
        webSocket.on('error', () => webSocket.terminate());
      });
    });
  }

  membersOf({ room }: FeedMessage): Iterable<Member> {
    return this.#rooms.get(room) ?? [];
  }

  #join(room: string, member: Member): void {
    const members = this.#rooms.get(room) ?? new Set();
    this.#rooms.set(room, members.add(member));
  }
}
