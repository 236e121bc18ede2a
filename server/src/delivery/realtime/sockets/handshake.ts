// The upgrade request: is it for us, and what did the client show? A bad key is no reason to refuse here. Clients cannot
// see why a handshake failed and only retry in silence; a refused join says why. Only shedding load refuses the socket, and
// having no key at all, which no client of the protocol does.
import type { IncomingMessage } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { serializerFor } from '../protocol/serializer.ts';
import type { Handshake } from '../session-context.ts';

const paths = ['/realtime/v1/websocket', '/socket/websocket', '/websocket'];
const keyCharactersMax = 4_096;

/** What the client showed; null when the path is none of ours, no key when there is none. Unknown parameters are ignored. */
export function readHandshake(request: IncomingMessage): Handshake | 'no key' | null {
  const url = URL.parse(request.url ?? '', 'ws://localhost');
  if (url === null || !paths.includes(url.pathname)) return null;
  const header = request.headers['x-api-key'];
  const apiKey = typeof header === 'string' ? header : url.searchParams.get('apikey');
  const isUsable = apiKey !== null && apiKey !== '' && apiKey.length <= keyCharactersMax;
  if (!isUsable) return 'no key';
  const { searchParams } = url;
  return { apiKey, serializer: serializerFor(searchParams.get('vsn')), wantsCursors: searchParams.has('cursors') };
}

export interface HandshakeRefusal {
  readonly status: number;
  readonly reason: string;
  /** When to come back, of those whom it would help: 5 s unless said otherwise. */
  readonly afterSeconds?: number;
}

/** Answers an upgrade with plain HTTP and ends the connection. */
export function refuseHandshake(stream: Duplex, { status, reason, afterSeconds = 5 }: HandshakeRefusal): void {
  const body = JSON.stringify({ error: reason });
  stream.end(
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}\r\n` +
      'Content-Type: application/json\r\n' +
      `Content-Length: ${Buffer.byteLength(body)}\r\n` +
      (status === 429 || status === 503 ? `Retry-After: ${afterSeconds}\r\n` : '') +
      `Connection: close\r\n\r\n${body}`,
  );
}
