// What a program says once about the server it talks to; every other part of the client takes its piece from here.
import type { RealtimeClientOptions } from '@supabase/realtime-js';

/** A WebSocket class: the browser's, Node's own (24 and newer), or the one of the package `ws`. */
export type WebSocketClass = NonNullable<RealtimeClientOptions['transport']>;

/** An access token, or a function that fetches a fresh one; it is called before each request and on each heartbeat. */
export type AccessTokenSource = string | (() => string | Promise<string>);

export type TillstreamOptions = {
  /** The server's address without a path, such as `https://tills.example.com` (a path prefix of a proxy is kept). */
  url: string;
  /** An API key, `tsk_…`. For tills, importers and other programs. */
  apiKey?: string;
  /** A person's access token (a JWT). When both are given it decides over HTTP and on the socket. */
  accessToken?: AccessTokenSource;
  /** Replaces the global fetch. */
  fetch?: typeof globalThis.fetch;
  /** Replaces the global WebSocket. */
  WebSocket?: WebSocketClass;
  /** Milliseconds between two heartbeats; a dead link is noticed after one to two of them. 10,000 unless told. */
  heartbeatMs?: number;
  /**
   * Milliseconds after which an unanswered request fails with `client.timeout`, a socket that does not open is tried anew,
   * and a token that does not come is gone without. 30,000 unless told.
   */
  timeoutMs?: number;
  /** How often an unanswered or overloaded request is sent again, 0 to 3; 2 unless told. The server does it once. */
  retries?: number;
};

/** The server's address without a trailing slash. Throws a TypeError on what is not an http(s) address. */
export function serverAddress(options: TillstreamOptions): string {
  const address = URL.parse(options.url);
  if (address?.protocol !== 'http:' && address?.protocol !== 'https:') {
    throw new TypeError(`url must be an address such as https://tills.example.com, got "${options.url}".`);
  }
  return `${address.origin}${address.pathname.replace(/\/+$/, '')}`;
}

/** Longest wait for an answer unless the program says otherwise. A sales request of 1,000 sales takes well under 5 s. */
const timeoutMsDefault = 30_000;

export function answerTimeoutMs({ timeoutMs = timeoutMsDefault }: TillstreamOptions): number {
  return timeoutMs;
}

/**
 * The present access token, or undefined when the program goes by API key or has no credential. Rejects when the program's
 * function does, or takes longer than an answer may: whoever waits for it could not even be told to try again.
 */
export async function currentAccessToken(options: TillstreamOptions): Promise<string | undefined> {
  if (typeof options.accessToken !== 'function') return options.accessToken;
  const late = Promise.withResolvers<never>();
  const ms = answerTimeoutMs(options);
  const timer = setTimeout(() => late.reject(new Error(`accessToken has not resolved for ${ms} ms.`)), ms);
  try {
    return await Promise.race([options.accessToken(), late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
