// The decision on a join, and again on each new token or change of rights: who it is, and whether the topic is theirs.
// Registers nothing, so that it may take its time and be thrown away if the client has moved on.
import { Refusal } from '../errors.ts';
import type { JoinConfig } from '../protocol/join-config.ts';
import { topicName, topicOwner } from '../protocol/topics.ts';
import type { SessionContext } from '../session-context.ts';
import { isExpired, type Subscriber, usableToken } from './subscriber.ts';

export interface AuthoriseRequest {
  readonly topic: string;
  /** The key or token to go by. */
  readonly token: string;
  readonly config: Pick<JoinConfig, 'isPrivate' | 'accessToken'>;
}

export type AuthoriseMeans = Pick<SessionContext, 'authenticate' | 'limits' | 'clock'>;

/** Throws a Refusal or sign-in's own AppError, with the reason for the client; any other error is a failure of ours. */
export async function authoriseChannel(request: AuthoriseRequest, means: AuthoriseMeans): Promise<Subscriber> {
  const { topic, token, config } = request;
  // supabase-js joins before its token has arrived, and would stay in as its key: refused, it tries again with the token.
  if (config.isPrivate && usableToken(config.accessToken) === null) {
    throw new Refusal(
      'AccessTokenMissing',
      'a private channel is joined with an access token; call setAuth() before subscribe(), or let the client try again',
    );
  }
  if (usableToken(token) === null) {
    throw new Refusal(
      'Unauthorized',
      'a key of the form sb_… stands for nobody here; connect with an API key of this server (tsk_…), or send a token',
    );
  }
  return within(means.limits.joinMs, recognise(topic, token, means));
}

async function recognise(topic: string, token: string, means: AuthoriseMeans): Promise<Subscriber> {
  const subscriber = await means.authenticate(token);
  if (isExpired(subscriber, means.clock.now().getTime())) throw new Refusal('InvalidJWTToken', 'Token has expired');
  const name = topicName(topic) ?? '';
  const owner = topicOwner(name);
  if (owner !== null && !(await subscriber.mayJoin(owner))) {
    throw new Refusal('Unauthorized', `You do not have permissions to read from this Channel topic: ${name}`);
  }
  return subscriber;
}

/** The client gives up on a join after 10 s and starts another: an answer that comes later would only confuse it. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(new Error(`a decision on rights took longer than ${ms} ms`)), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
