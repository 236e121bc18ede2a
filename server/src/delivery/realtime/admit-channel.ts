// The decision on a join, and again on each new token: who it is, whether the topic is theirs, and what of the asked-for
// changes can be served. Registers nothing, so it may take its time and be thrown away if the client moved on.

import { bindingIds } from './binding-id.ts';
import { BindingError, type CompiledBinding, compileBinding } from './compile-binding.ts';
import { ourFault, Refusal } from './errors.ts';
import type { FeedTable } from './feed.ts';
import type { JoinConfig } from './join-config.ts';
import type { JsonObject } from './message.ts';
import { isExpired, type Subscriber } from './subscriber.ts';
import { topicName, topicOwner } from './topics.ts';

export interface AdmissionRequest {
  readonly topic: string;
  readonly config: JoinConfig;
  /** The key or token to go by; null where the client showed neither. */
  readonly token: string | null;
}

export interface AdmissionMeans {
  readonly authenticate: (token: string) => Promise<Subscriber>;
  readonly tables: readonly FeedTable[];
  readonly joinMs: number;
  readonly now: () => Date;
}

export interface Admission {
  readonly token: string;
  readonly subscriber: Subscriber;
  readonly bindings: readonly CompiledBinding[];
  /** The reply's list: each asked-for binding unchanged, with its id, in order; also those that cannot be served. */
  readonly echo: readonly JsonObject[];
  /** What to tell the subscriber about bindings that cannot be served. */
  readonly complaints: readonly string[];
}

/** Throws a Refusal, or sign-in's own AppError, with the reason for the client. */
export async function admitChannel(request: AdmissionRequest, means: AdmissionMeans): Promise<Admission> {
  const { topic, config, token } = request;
  if (token === null) {
    throw new Refusal('ApiKeyMissing', 'connect with ?apikey=<key>, or give the client an access token');
  }
  const subscriber = await within(means.joinMs, authorise(topic, token, means));
  const { bindings, complaints, echo } = compileAll(config, means.tables);
  const [complaint] = complaints;
  if (config.wait && complaint !== undefined) throw new Refusal('RealtimeDisabledForConfiguration', complaint);
  return { token, subscriber, bindings, echo, complaints };
}

async function authorise(topic: string, token: string, means: AdmissionMeans): Promise<Subscriber> {
  const subscriber = await means.authenticate(token);
  if (isExpired(subscriber, means.now().getTime())) throw new Refusal('InvalidJWTToken', 'Token has expired');
  const name = topicName(topic) ?? '';
  const owner = topicOwner(name);
  if (owner !== null && !(await subscriber.mayJoin(owner))) {
    throw new Refusal('Unauthorized', `You do not have permissions to read from this Channel topic: ${name}`);
  }
  return subscriber;
}

function compileAll(config: JoinConfig, tables: readonly FeedTable[]) {
  const ids = bindingIds(config.bindings);
  const bindings: CompiledBinding[] = [];
  const complaints: string[] = [];
  const echo = config.bindings.map((binding, index) => {
    const id = ids[index] ?? 0;
    try {
      bindings.push(compileBinding(binding, id, tables));
    } catch (error) {
      if (!(error instanceof BindingError)) throw error;
      complaints.push(error.message);
    }
    return { ...binding.asked, id };
  });
  return { bindings, complaints, echo };
}

/** The client gives up on a join after 10 s and starts another: an answer that comes later would only confuse it. */
async function within<T>(ms: number, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => late.reject(ourFault), ms);
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
  }
}
