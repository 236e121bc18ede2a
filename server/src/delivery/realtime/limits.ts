// What one socket, and all of them together, may take from this node. Every figure is answered by a reason when it is
// reached (errors.ts, or the close codes below), so that a client's author reads why instead of guessing.

export interface RealtimeLimits {
  /** Largest frame accepted from a client; beyond it `ws` closes with 1009. */
  readonly frameBytesMax: number;
  readonly channelsPerSocketMax: number;
  readonly bindingsPerChannelMax: number;
  /** Sockets open on this node; beyond it the handshake is answered 429, which is how load is shed. */
  readonly socketsMax: number;
  /** Sustained messages a second from one socket; a burst of twice as many is taken without complaint. */
  readonly messagesPerSecondMax: number;
  /** Time without any byte of the client before the socket counts as dead; browsers throttle timers to once a minute. */
  readonly idleMs: number;
  /** Bytes that one socket may be owed: our queue and what the kernel has not taken yet. */
  readonly queueBytesMax: number;
  /** Time a socket may leave its owed bytes untouched before it is closed, however few they are. */
  readonly stalledMs: number;
  /** Time that the database behind sign-in may take before a join is refused; below the client's own 10 s. */
  readonly joinMs: number;
  /** Time that a closing socket has to answer the close frame before it is cut. */
  readonly closeMs: number;
}

export const defaultLimits: RealtimeLimits = Object.freeze({
  frameBytesMax: 1_048_576,
  channelsPerSocketMax: 100,
  bindingsPerChannelMax: 100,
  socketsMax: 20_000,
  messagesPerSecondMax: 200,
  idleMs: 60_000,
  queueBytesMax: 1_048_576,
  stalledMs: 30_000,
  joinMs: 8_000,
  closeMs: 3_000,
});

/**
 * A topic's length in UTF-8 bytes, `realtime:` included. The binary frames of serializer 2.0.0 count it in one byte, so
 * a longer topic could be joined but never broadcast to.
 */
export const topicBytesMax = 255;

/** Close codes, each with the sentence that a client's log shows. Clients reconnect after every one of them. */
export const closeReasons = {
  /** 1012 "service restart": the node stops in good order; another one, or its successor, takes the client back. */
  restarting: { code: 1012, reason: 'the server is restarting; reconnect' },
  idle: { code: 1001, reason: 'no heartbeat arrived in time; reconnect' },
  /** 1013 "try again later": what the client did not read is gone from the queue, but not from the log. */
  slow: { code: 1013, reason: 'too slow to take its messages; reconnect and read what was missed from the log' },
  flooding: { code: 1008, reason: 'too many messages a second; slow down' },
} as const;

export type CloseReason = (typeof closeReasons)[keyof typeof closeReasons];
