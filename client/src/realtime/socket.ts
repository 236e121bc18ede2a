// The socket: realtime-js with our address, credential, heartbeat and a reconnect delay that does not stampede.
import { RealtimeClient, type RealtimeClientOptions } from '@supabase/realtime-js';
import { answerTimeoutMs, currentAccessToken, serverAddress, type TillstreamOptions } from '../options.ts';
import { keepOpening } from './keep-opening.ts';

/** A dead link is noticed after one to two of these: 10 to 20 s instead of realtime-js's 25 to 50. */
const heartbeatIntervalMs = 10_000;

/** Closed for longer than this, nobody opens it any more: the longest pause between two attempts is half of it. */
const closedMs = 15_000;

/**
 * We close a socket without channels before realtime-js would (realtime-service.ts): what is joined over one that it closes
 * waits for ever. Short all the same, because this timer may be left behind, and keeps a program of Node from ending.
 */
const emptySocketMs = 5_000;

/** Delays before the first, second, … attempt to reconnect; the last one repeats. */
const reconnectDelaysMs = [500, 1_000, 2_000, 3_000, 5_000];

/**
 * Milliseconds before the given attempt (1 = the first): the step's delay, spread over half to one and a half of it,
 * so that a restarted server does not meet all its screens in the same instant.
 */
export function reconnectDelayMs(attempt: number, random: () => number = Math.random): number {
  const step = Math.min(Math.max(attempt, 1), reconnectDelaysMs.length) - 1;
  return Math.round((reconnectDelaysMs[step] ?? 5_000) * (0.5 + random()));
}

/** Shown at the handshake by who signs in with an access token. */
const tokenComesWithJoin = 'access-token';

export type Socket = {
  readonly client: RealtimeClient;
  /** For good; resolves when it is closed. */
  close(): Promise<void>;
};

/** What the socket says about itself: `ok` for each heartbeat answered, `timeout` when the link is dead. */
export type HeartbeatListener = (status: string) => void;

/**
 * Opens nothing yet: the socket connects when the first place is joined. Resolves with the access token already set,
 * since realtime-js would send the first join without one. A token that cannot be fetched makes the join be refused,
 * and it is asked for again on each attempt.
 */
export async function createSocket(options: TillstreamOptions, onHeartbeat: HeartbeatListener): Promise<Socket> {
  const address = serverAddress(options).replace(/^http/, 'ws');
  let attempts = 0;
  const settings: RealtimeClientOptions = {
    // realtime-js insists on an apikey. A person's token is not put there: addresses end up in logs, and this one would
    // be the old token after a reconnect. It travels in each join instead.
    // `cursors` asks the server to tell where the log stands, from which a feed goes on after a break.
    params: { apikey: options.apiKey ?? tokenComesWithJoin, cursors: '1' },
    heartbeatIntervalMs: options.heartbeatMs ?? heartbeatIntervalMs,
    heartbeatCallback: (status) => {
      if (status === 'ok') attempts = 0;
      onHeartbeat(status);
    },
    // realtime-js counts anew once a socket is open. A server that has no time for more than that would be opened again
    // and again in the shortest time by all of its screens, and have less: so a socket counts when a heartbeat was answered.
    reconnectAfterMs: () => reconnectDelayMs(++attempts),
    disconnectOnEmptyChannelsAfterMs: emptySocketMs,
  };
  if (options.fetch !== undefined) settings.fetch = options.fetch;
  if (options.WebSocket !== undefined) settings.transport = options.WebSocket;
  if (options.accessToken !== undefined) {
    settings.accessToken = async () => (await currentAccessToken(options)) ?? null;
  }
  const client = new RealtimeClient(`${address}/realtime/v1`, settings);
  if (options.accessToken !== undefined) await client.setAuth();
  const rest = keepOpening(client, { openingMs: answerTimeoutMs(options), closedMs });
  return {
    client,
    async close() {
      rest();
      await client.disconnect();
    },
  };
}
