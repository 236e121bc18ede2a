// Why a join is refused, in words that reach the application: the client shows a reply's `reason` as the message of its
// CHANNEL_ERROR and tries again after 1, 2, 5, 10 s. The code before the colon is stable; known ones are the original's.
import { AppError, defineError } from '../../platform/errors.ts';

export type RefusalCode =
  | 'TopicNameRequired'
  | 'TopicTooLong'
  | 'AccessTokenMissing'
  | 'Unauthorized'
  | 'InvalidJWTToken'
  | 'ChannelRateLimitReached'
  | 'ClientJoinRateLimitReached'
  | 'TooManyBindings'
  | 'RealtimeDisabledForConfiguration'
  | 'UnableToReplayMessages'
  | 'RoomUnknown'
  | 'InvalidMessage'
  | 'PayloadTooLarge'
  | 'PresenceRateLimitReached'
  | 'PresenceRoomFull'
  | 'UnableToConnectToProject';

/** A refusal that the client's author can act on. */
export class Refusal extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode, text: string) {
    super(`${code}: ${text}`);
    this.code = code;
  }
}

/** The reason to send for whatever went wrong, or null where it is no refusal but a failure of ours. */
export function refusalReason(error: unknown): string | null {
  if (error instanceof Refusal) return error.message;
  // Sign-in's own refusals (a revoked key, an expired token) carry their documented code. Its 5xx are failures.
  if (error instanceof AppError && error.status < 500) return `${error.code}: ${error.detail}`;
  return null;
}

/** What the client is told when the fault is ours; the details are in the log. */
export const ourFault = new Refusal(
  'UnableToConnectToProject',
  'Realtime could not check your rights just now; the client tries again by itself',
);

// By HTTP the same reasons are problems with a status.

export const credentialMissing = defineError('realtime.credential_missing', {
  status: 401,
  title: 'The broadcast carries no credential',
  advice: 'Send an API key or a token as "Authorization: Bearer <credential>", or a key as the header "apikey".',
});

export const topicForbidden = defineError('realtime.topic_forbidden', {
  status: 403,
  title: 'The credential may not speak on this topic',
  advice: 'Use a topic of a place that the credential reaches; whoever may join a topic may also speak there.',
});

export const payloadTooLarge = defineError('realtime.payload_too_large', {
  status: 413,
  title: 'The broadcast is too large',
  advice: 'Send less, or send where the data can be fetched.',
});

export const invalidBroadcast = defineError('realtime.invalid_broadcast', {
  status: 422,
  title: 'The broadcast cannot be sent',
  advice: 'Give a topic without "realtime:", an event and a payload; docs/realtime.md has both forms of the request.',
});

export const batchTooLarge = defineError('realtime.batch_too_large', {
  status: 422,
  title: 'The request holds too many broadcasts',
  advice: 'Split the batch into several requests.',
});

export const tooManyBroadcasts = defineError('realtime.too_many_broadcasts', {
  status: 429,
  title: 'Too many broadcasts a second',
  advice: 'Wait for as long as Retry-After says, or send over a joined channel.',
});
