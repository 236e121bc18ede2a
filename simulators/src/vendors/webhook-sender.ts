// Sends webhook messages over real HTTP as the vendors do: again after growing waits, and, where trouble is configured,
// never, twice, or after the ones that came later.

import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import { createTurnstile } from '../turnstile.ts';
import type { TroubleMaker } from './trouble.ts';

export interface WebhookMessage {
  readonly url: string;
  /** Exactly the bytes that are signed and sent. */
  readonly body: string;
  /** `attempt` counts from 1; `failure` is what became of the one before. */
  headers(attempt: number, failure: WebhookFailure | undefined): Readonly<Record<string, string>>;
}

export type WebhookFailure = number | 'timeout' | 'unreachable';

export interface SenderPorts {
  readonly clock: Clock;
  readonly maker: TroubleMaker;
  /** Waits before the second, third … attempt, in milliseconds of the clock. */
  readonly retryWaitsMs: readonly number[];
  readonly retries: (failure: WebhookFailure) => boolean;
  /** Told of each failed attempt, and asked before each one how long it must wait; Infinity: it is not made any more. */
  readonly breaker?: { failed(): void; holdMs(): number };
  /** Real milliseconds: a socket knows no other time. */
  readonly timeoutMs: number;
  /** The longest time that a message is held back, in milliseconds of the clock. */
  readonly lateMaxMs: number;
}

/** Counters over all messages. A doubled message is delivered twice and counts once in `messages`. */
export interface WebhookCounters {
  messages: number;
  dropped: number;
  doubled: number;
  late: number;
  attempts: number;
  delivered: number;
  /** Given up after the last attempt, or after a refusal that the vendor does not repeat. */
  lost: number;
}

export interface WebhookSender {
  readonly counters: Readonly<WebhookCounters>;
  send(message: WebhookMessage): void;
  /** Sends what trouble must not touch (a handshake) and resolves with the answer's status. */
  post(message: WebhookMessage): Promise<WebhookFailure>;
  /** Resolves when every message has been delivered, dropped or lost. */
  settled(): Promise<void>;
  /** Ends all attempts and waits. */
  close(): Promise<void>;
}

const atOnceMax = 16;

export function createWebhookSender(ports: SenderPorts): WebhookSender {
  const stopping = new AbortController();
  const limits = { timeoutMs: ports.timeoutMs, stopping: stopping.signal };
  const underway = new Set<Promise<void>>();
  const turnstile = createTurnstile(atOnceMax);
  const counters: WebhookCounters = {
    messages: 0,
    dropped: 0,
    doubled: 0,
    late: 0,
    attempts: 0,
    delivered: 0,
    lost: 0,
  };

  const post = (message: WebhookMessage, attempt: number, failure?: WebhookFailure) =>
    turnstile.pass(() => postOnce(message, message.headers(attempt, failure), limits));

  const mayTry = async () => {
    for (let hold = ports.breaker?.holdMs() ?? 0; hold > 0; hold = ports.breaker?.holdMs() ?? 0) {
      if (hold === Number.POSITIVE_INFINITY || stopping.signal.aborted) return false;
      await ports.clock.sleep(hold, stopping.signal);
    }
    return !stopping.signal.aborted;
  };

  const deliver = async (message: WebhookMessage, late: boolean) => {
    if (late) await ports.clock.sleep(ports.lateMaxMs * ports.maker.random.unit(), stopping.signal);
    let failure: WebhookFailure | undefined;
    for (let attempt = 1; await mayTry(); attempt++) {
      counters.attempts++;
      failure = await post(message, attempt, failure);
      if (typeof failure === 'number' && failure >= 200 && failure < 300) {
        counters.delivered++;
        return;
      }
      ports.breaker?.failed();
      const wait = ports.retryWaitsMs[attempt - 1];
      if (wait === undefined || !ports.retries(failure)) break;
      await ports.clock.sleep(wait, stopping.signal);
    }
    counters.lost++;
  };

  const start = (message: WebhookMessage, late: boolean) => {
    const delivery = deliver(message, late).finally(() => underway.delete(delivery));
    underway.add(delivery);
  };

  return {
    counters,
    send(message) {
      if (stopping.signal.aborted) return;
      const fate = ports.maker.webhookFate();
      counters.messages++;
      if (fate.dropped) return void counters.dropped++;
      if (fate.late) counters.late++;
      start(message, fate.late);
      if (fate.doubled) {
        counters.doubled++;
        start(message, fate.late);
      }
    },
    post: (message) => post(message, 1),
    async settled() {
      // Some vendors gather what happens at once into one message, which is not sent before the next turn.
      await turnOfLoop();
      while (underway.size > 0) await Promise.all(underway);
    },
    async close() {
      stopping.abort();
      await Promise.all(underway);
    },
  };
}

async function postOnce(
  message: Pick<WebhookMessage, 'url' | 'body'>,
  headers: Readonly<Record<string, string>>,
  limits: { readonly timeoutMs: number; readonly stopping: AbortSignal },
): Promise<WebhookFailure> {
  try {
    const answer = await fetch(message.url, {
      method: 'POST',
      body: message.body,
      headers: { 'content-type': 'application/json', ...headers },
      redirect: 'manual',
      signal: AbortSignal.any([limits.stopping, AbortSignal.timeout(limits.timeoutMs)]),
    });
    await answer.body?.cancel();
    return answer.status;
  } catch (error) {
    return error instanceof DOMException && error.name === 'TimeoutError' ? 'timeout' : 'unreachable';
  }
}
