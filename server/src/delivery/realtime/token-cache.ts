// One check of a token for all the channels of a socket: a client that comes back joins a hundred topics in one tick, with
// one key. Kept for seconds only, and dropped when rights change.
import type { Clock } from '../../platform/clock.ts';
import { Refusal, refusalReason } from './errors.ts';
import type { Authenticate, Subscriber } from './subscriber.ts';

const keptMs = 10_000;
// A socket has one key and a token that is renewed now and then; one that shows more is guessing.
const tokensMax = 8;

export class TokenCache {
  readonly #authenticate: Authenticate;
  readonly #clock: Clock;
  readonly #known = new Map<string, { atMs: number; subscriber: Promise<Subscriber> }>();

  constructor(authenticate: Authenticate, clock: Clock) {
    this.#authenticate = authenticate;
    this.#clock = clock;
  }

  async authenticate(token: string): Promise<Subscriber> {
    const nowMs = this.#clock.monotonicMs();
    for (const [known, { atMs }] of this.#known) {
      if (nowMs - atMs >= keptMs) this.#known.delete(known);
    }
    const known = this.#known.get(token);
    if (known !== undefined) return known.subscriber;
    if (this.#known.size >= tokensMax) {
      throw new Refusal('TooManyTokens', `more than ${tokensMax} different tokens in ${keptMs / 1_000} s; wait`);
    }
    const subscriber = this.#authenticate(token);
    this.#known.set(token, { atMs: nowMs, subscriber });
    // A refusal stands for as long as it is kept; a failure of ours must not outlive its cause.
    subscriber.catch((error: unknown) => {
      if (refusalReason(error) === null) this.#known.delete(token);
    });
    return subscriber;
  }

  clear(): void {
    this.#known.clear();
  }
}
