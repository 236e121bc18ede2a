// Who is behind a channel. Sign-in belongs to identity/; the gateway knows only what it answers: whose rows somebody sees,
// until when, and which named topics they may join.
import type { StoredEvent } from '../../../events/index.ts';
import type { Reach } from '../matching/reach.ts';
import type { TopicOwner } from '../protocol/topics.ts';

export interface Subscriber {
  /** The actor's id, `user:<id>` or `key:<id>`, by which a change of rights finds its channels. */
  readonly actorId: string;
  readonly kind: 'user' | 'key';
  /** Milliseconds since 1970 at which the token ends; null for keys without an end. */
  readonly expiresAtMs: number | null;
  readonly reach: Reach;
  /** The franchises that it belongs to in any way. */
  readonly brands: readonly string[];
  /** Whether the subscriber may join the topic of this place or person. */
  mayJoin(owner: TopicOwner): Promise<boolean>;
}

/** Checks an API key or a token. Rejects with an AppError or Refusal that says why; anything else is a failure. */
export type Authenticate = (token: string) => Promise<Subscriber>;

export interface SubscriberSource {
  readonly authenticate: Authenticate;
  /** Whose rights the event changes, as an actor's id; null for all other events. What is open on them is decided anew. */
  readonly changedBy: (event: StoredEvent) => string | null;
  /** The broadcasts that a topic's listeners were told from the log; the newest, oldest first. */
  readonly readBroadcasts: (owner: TopicOwner, range: ReplayRange) => Promise<StoredEvent[]>;
}

export interface ReplayRange {
  /** Milliseconds since 1970; what was recorded then or later. */
  readonly sinceMs: number;
  readonly limit: number;
}

const keyPrefix = 'tsk_';
// Keys of the original, which its clients send along out of habit; they mean nothing here.
const foreignKeyPrefix = 'sb_';

export function isApiKey(token: string): boolean {
  return token.startsWith(keyPrefix);
}

/** A token that a client gave, unless it is none of ours: then the handshake's key is what it goes by. */
export function usableToken(token: string | null): string | null {
  return token?.startsWith(foreignKeyPrefix) === true ? null : token;
}

export function isExpired({ expiresAtMs }: Pick<Subscriber, 'expiresAtMs'>, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}
