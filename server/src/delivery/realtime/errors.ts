// Why a join is refused, in words that reach the application: the client shows a reply's `reason` as the message of its
// CHANNEL_ERROR and tries again after 1, 2, 5, 10 s. The code before the colon is stable; known ones are the original's.
import { AppError } from '../../platform/errors.ts';

export type RefusalCode =
  | 'TopicNameRequired'
  | 'TopicTooLong'
  | 'ApiKeyMissing'
  | 'Unauthorized'
  | 'InvalidJWTToken'
  | 'ChannelRateLimitReached'
  | 'TooManyBindings'
  | 'RealtimeDisabledForConfiguration'
  | 'UnableToConnectToProject';

/** A refusal that the client's author can act on. */
export class Refusal extends Error {
  constructor(code: RefusalCode, text: string) {
    super(`${code}: ${text}`);
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
