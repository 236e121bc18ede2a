// Who is behind a channel. Sign-in belongs to identity/; the gateway knows only what it answers: whose rows somebody sees,
// until when, and which named topics they may join.
import type { StoredEvent } from '../../events/index.ts';
import type { Reach } from './reach.ts';
import type { TopicOwner } from './topics.ts';

export interface Subscriber {
  /** The actor's id, `user:<id>` or `key:<id>`, by which a change of rights finds its channels. */
  readonly actorId: string;
  readonly kind: 'user' | 'key';
  /** Milliseconds since 1970 at which the token ends; null for keys without an end. */
  readonly expiresAtMs: number | null;
  readonly reach: Reach;
  /** Whether the subscriber may join the topic of this place or person. */
  mayJoin(owner: TopicOwner): Promise<boolean>;
}

/** Checks an API key or a token. Rejects with an AppError or Refusal that says why; anything else is a failure. */
export type Authenticate = (token: string) => Promise<Subscriber>;

export interface SubscriberSource {
  readonly authenticate: Authenticate;
  /** Whose rights the event changes, as an actor's id; null for all other events. What is open on them is decided anew. */
  readonly changedBy: (event: StoredEvent) => string | null;
}

const keyPrefix = 'tsk_';
// Keys of the original, which its clients send along out of habit; they mean nothing here.
const foreignKeyPrefix = 'sb_';

export function isApiKey(token: string): boolean {
  return token.startsWith(keyPrefix);
}

/** The token to go by: the one in the message, unless there is none or it is a foreign key; else the handshake's key. */
export function chooseToken(accessToken: string | null, apiKey: string | null): string | null {
  return accessToken === null || accessToken.startsWith(foreignKeyPrefix) ? apiKey : accessToken;
}

export function isExpired({ expiresAtMs }: Subscriber, nowMs: number): boolean {
  return expiresAtMs !== null && expiresAtMs <= nowMs;
}
