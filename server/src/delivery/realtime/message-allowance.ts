// How often something may be done: a token bucket, refilled at a steady rate, whose size is the burst that is taken without
// complaint. A client that joins all its channels at once is no flood.

export interface AllowanceRate {
  readonly burst: number;
  readonly perSecond: number;
}

/** Holds two seconds' worth. */
export function perSecond(count: number): AllowanceRate {
  return { burst: count * 2, perSecond: count };
}

export class MessageAllowance {
  readonly #rate: AllowanceRate;
  #left: number;
  #atMs: number;

  constructor(rate: AllowanceRate, nowMs: number) {
    this.#rate = rate;
    this.#left = rate.burst;
    this.#atMs = nowMs;
  }

  /** Takes so many messages' worth; false, and takes nothing, when there is less. */
  take(nowMs: number, count = 1): boolean {
    const refill = ((nowMs - this.#atMs) / 1_000) * this.#rate.perSecond;
    this.#left = Math.min(this.#rate.burst, this.#left + refill);
    this.#atMs = nowMs;
    if (this.#left < count) return false;
    this.#left -= count;
    return true;
  }

  /** True when nothing has been taken for so long that it is as new. */
  isFull(nowMs: number): boolean {
    return this.take(nowMs, 0) && this.#left >= this.#rate.burst;
  }
}
