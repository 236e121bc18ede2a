// What one socket, and all of them together, may take from this node. Every figure is answered by a reason when it is
// reached (errors.ts, or the close codes below), so that a client's author reads why instead of guessing.

export interface RealtimeLimits {
  /** Largest frame accepted from a client; beyond it `ws` closes with 1009. */
  readonly frameBytesMax: number;
  readonly channelsPerSocketMax: number;
  /** Streams of changes (`postgres_changes`) that one channel may ask for, and all channels of a socket together. */
  readonly bindingsPerChannelMax: number;
  readonly bindingsPerSocketMax: number;
  /** Sockets open on this node; beyond it the handshake is answered 429, which is how load is shed. */
  readonly socketsMax: number;
  /** Sockets let in a second; those that come faster wait in line, and are answered 503 where that would take too long. */
  readonly acceptsPerSecondMax: number;
  /** Longest wait in that line; clients do not know that they wait, and browsers are patient for a minute. */
  readonly acceptWaitMs: number;
  /** Sustained messages a second from one socket; a burst of twice as many is taken without complaint. */
  readonly messagesPerSecondMax: number;
  /** Sustained bytes a second from one socket, and a burst of twice as many: reading them is work, whatever they say. */
  readonly bytesPerSecondMax: number;
  /** The same for joins, which cost a look-up each. */
  readonly joinsPerSecondMax: number;
  /** Largest payload of one broadcast, and of what a member shows of itself (presence). */
  readonly broadcastBytesMax: number;
  readonly presenceBytesMax: number;
  /** All that the members of one room show: each join is sent all of it. */
  readonly presenceRoomBytesMax: number;
  /** Times that one channel may change what it shows, at once and again every half a minute. */
  readonly presenceCallsMax: number;
  /** Messages of before the join that a client may ask for at once. */
  readonly replayMessagesMax: number;
  /** Sustained broadcasts a second by HTTP from one key or person, and messages in one request. */
  readonly httpMessagesPerSecondMax: number;
  readonly httpMessagesMax: number;
  /** Largest change told whole, in bytes of JSON; of a larger one only the small values are told. */
  readonly changeBytesMax: number;
  /** Bytes kept for a channel that must wait for a decision or a new token. */
  readonly heldBytesMax: number;
  /** Time after its end that a token may be followed by another before the channel ends; meanwhile nothing is told. */
  readonly graceMs: number;
  /** Time without any byte of the client before the socket counts as dead; browsers throttle timers to once a minute. */
  readonly idleMs: number;
  /**
   * Time without a joined channel before the socket is closed: whoever has no right to anything must not keep a place.
   * Supabase's client itself lets a socket without channels go after 50 s.
   */
  readonly channellessMs: number;
  /** Bytes that one socket may be owed, behind a first frame that is large: our queue and what the kernel has not taken yet. */
  readonly queueBytesMax: number;
  /** Time a socket may leave its owed bytes untouched before it is closed, however few they are. */
  readonly stalledMs: number;
  /** Time that the database behind sign-in may take before a join is refused; below the client's own 10 s. */
  readonly joinMs: number;
  /** Between two cursors of one channel: at least, and at most where nothing happens (cursors.ts). */
  readonly cursorMinMs: number;
  readonly cursorMaxMs: number;
  /** When the node stops: time for all sockets to be closed one after the other, and for each if they are few. */
  readonly drainMs: number;
  readonly drainEachMs: number;
  /** Time that a closing socket has to answer the close frame before it is cut. */
  readonly closeMs: number;
}

export const defaultLimits: RealtimeLimits = Object.freeze({
  frameBytesMax: 1_048_576,
  channelsPerSocketMax: 100,
  bindingsPerChannelMax: 100,
  bindingsPerSocketMax: 1_000,
  socketsMax: 20_000,
  acceptsPerSecondMax: 1_000,
  acceptWaitMs: 5_000,
  messagesPerSecondMax: 200,
  bytesPerSecondMax: 2_097_152,
  joinsPerSecondMax: 100,
  broadcastBytesMax: 262_144,
  presenceBytesMax: 8_192,
  presenceRoomBytesMax: 262_144,
  presenceCallsMax: 30,
  replayMessagesMax: 1_000,
  httpMessagesPerSecondMax: 100,
  httpMessagesMax: 100,
  changeBytesMax: 1_048_576,
  heldBytesMax: 262_144,
  graceMs: 60_000,
  idleMs: 60_000,
  channellessMs: 60_000,
  queueBytesMax: 1_048_576,
  stalledMs: 30_000,
  joinMs: 8_000,
  cursorMinMs: 1_000,
  cursorMaxMs: 10_000,
  drainMs: 5_000,
  drainEachMs: 2,
  closeMs: 3_000,
});

/**
 * A topic's length in UTF-8 bytes, `realtime:` included. The binary frames of serializer 2.0.0 count it in one byte, so
 * a longer topic could be joined but never broadcast to.
 */
export const topicBytesMax = 255;

/** Levels of arrays and objects in a message: JSON.stringify ends the stack at a few thousand. */
export const jsonDepthMax = 100;

/** The latest moment, in milliseconds since 1970, that PostgreSQL reads as we write it: the end of the year 9999. */
export const momentMsMax = 253_402_300_799_999;

export const presenceKeyCharactersMax = 255;

/** The same byte counts the name of a broadcast's event. */
export const eventNameBytesMax = 255;

/** A client may change what it shows as often as `presenceCallsMax` says in this time. */
export const presenceWindowMs = 30_000;

/** Close codes, each with the sentence that a client's log shows. Clients reconnect after every one of them. */
export const closeReasons = {
  /** 1012 "service restart": the node stops in good order; another one, or its successor, takes the client back. */
  restarting: { code: 1012, reason: 'the server is restarting; reconnect' },
  idle: { code: 1001, reason: 'no heartbeat arrived in time; reconnect' },
  /** 1013 "try again later": what the client did not read is gone from the queue, but not from the log. */
  slow: { code: 1013, reason: 'too slow to take its messages; reconnect and read what was missed from the log' },
  flooding: { code: 1008, reason: 'too many messages or bytes a second; slow down' },
  channelless: { code: 1008, reason: 'no channel is joined; connect again when there is one to join' },
  failed: { code: 1011, reason: 'the server failed at a message; reconnect' },
} as const;

export type CloseReason = (typeof closeReasons)[keyof typeof closeReasons];
