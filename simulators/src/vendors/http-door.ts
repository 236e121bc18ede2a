// The HTTP side that all simulated vendors have in common: a table of routes, and answers as plain values.

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Ask {
  readonly method: string;
  readonly path: string;
  /** The parts of the path that the route names with a colon. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly text: string;
}

export interface Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Written as JSON; nothing is written if left out. */
  readonly body?: unknown;
}

export type Route = readonly [method: string, pattern: string, handle: (ask: Ask) => Answer | Promise<Answer>];

export interface DoorPorts {
  readonly port?: number;
  /** Milliseconds since 1970: the Date header of every answer, which readers bound their windows by. */
  readonly now: () => number;
  readonly routes: readonly Route[];
  /** Looks at each request before its route does: faults, limits, rights. `cut` ends the connection without an answer. */
  readonly guard: (ask: Ask) => Answer | 'cut' | undefined | Promise<Answer | 'cut' | undefined>;
  readonly unknownPath: (ask: Ask) => Answer;
  /** A request that a route could not read. */
  readonly broken: (error: unknown) => Answer;
  /** Called once for each answer, with the headers that every answer of this vendor bears. */
  readonly always?: (ask: Ask) => Readonly<Record<string, string>>;
  readonly answered?: (ask: Ask) => void;
  /** Called when a request is over, answered or cut. */
  readonly over?: (ask: Ask) => void;
}

export interface Door {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  close(): Promise<void>;
}

const bodyBytesMax = 1_048_576;

export async function openDoor(ports: DoorPorts): Promise<Door> {
  const server = createServer((request, response) => void answerTo(ports, request, response));
  server.keepAliveTimeout = 60_000;
  await new Promise<void>((listening, failed) => {
    server.once('error', failed);
    server.listen(ports.port ?? 0, '127.0.0.1', listening);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((closed) => {
        server.close(() => closed());
        server.closeAllConnections();
      }),
  };
}

async function answerTo(ports: DoorPorts, request: IncomingMessage, response: ServerResponse): Promise<void> {
  response.sendDate = false;
  const ask = await readAsk(request).catch(() => undefined);
  if (!ask) return void response.destroy();
  const found = findRoute(ports.routes, ask);
  const answer = await decide(ports, { ...ask, params: found?.params ?? {} }, found?.handle).catch(ports.broken);
  ports.over?.(ask);
  if (answer === 'cut') return void response.destroy();
  const body = answer.body === undefined ? '' : JSON.stringify(answer.body);
  response.writeHead(answer.status, {
    date: new Date(ports.now()).toUTCString(),
    ...(answer.body === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
    'content-length': Buffer.byteLength(body),
    ...ports.always?.(ask),
    ...answer.headers,
  });
  response.end(body);
  ports.answered?.(ask);
}

async function decide(ports: DoorPorts, ask: Ask, handle: Route[2] | undefined): Promise<Answer | 'cut'> {
  return (await ports.guard(ask)) ?? (handle ? handle(ask) : ports.unknownPath(ask));
}

async function readAsk(request: IncomingMessage): Promise<Ask> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bodyBytesMax) throw new RangeError('the body is too large');
    chunks.push(chunk);
  }
  const url = new URL(request.url ?? '/', 'http://door');
  const headers: Record<string, string | undefined> = {};
  for (const [name, value] of Object.entries(request.headers)) headers[name] = Array.isArray(value) ? value[0] : value;
  const text = Buffer.concat(chunks).toString('utf8');
  return { method: request.method ?? 'GET', path: url.pathname, params: {}, query: url.searchParams, headers, text };
}

function findRoute(
  routes: readonly Route[],
  ask: Ask,
): { handle: Route[2]; params: Record<string, string> } | undefined {
  const parts = ask.path.split('/');
  for (const [method, pattern, handle] of routes) {
    const wanted = pattern.split('/');
    if (method !== ask.method || wanted.length !== parts.length) continue;
    const params: Record<string, string> = {};
    const fits = wanted.every((want, at) => {
      const part = decodeURIComponent(parts[at] ?? '');
      if (want.startsWith(':')) params[want.slice(1)] = part;
      return want.startsWith(':') || want === part;
    });
    if (fits) return { handle, params };
  }
  return undefined;
}

/** A body as a record, or undefined if it is none. Lists and scalars are no records. */
export function readRecord(text: string): Readonly<Record<string, unknown>> | undefined {
  try {
    return recordOf(JSON.parse(text));
  } catch {
    return undefined;
  }
}

export function recordOf(value: unknown): Readonly<Record<string, unknown>> | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined;
  return value as Record<string, unknown>;
}

export const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A list of texts, or undefined if it is none. */
export function textsOf(value: unknown): readonly string[] | undefined {
  return Array.isArray(value) && value.every((each) => typeof each === 'string') ? value : undefined;
}

/** The token of `Authorization: Bearer …`. */
export const bearerOf = (ask: Ask): string | undefined =>
  /^Bearer (\S+)$/.exec(ask.headers['authorization'] ?? '')?.[1];
