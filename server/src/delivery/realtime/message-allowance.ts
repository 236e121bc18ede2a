// How many messages one socket may send: a token bucket, refilled at a steady rate, that holds two seconds' worth so that
// a client which joins all its channels at once is not taken for a flood.

export class MessageAllowance {
  readonly #perSecond: number;
  #left: number;
  #atMs: number;

  constructor(perSecond: number, nowMs: number) {
    this.#perSecond = perSecond;
    this.#left = perSecond * 2;
    this.#atMs = nowMs;
  }

  /** Takes one message's worth; false when there is none. */
  take(nowMs: number): boolean {
    const refill = ((nowMs - this.#atMs) / 1_000) * this.#perSecond;
    this.#left = Math.min(this.#perSecond * 2, this.#left + refill);
    this.#atMs = nowMs;
    if (this.#left < 1) return false;
    this.#left -= 1;
    return true;
  }
}
