// Drives generated sales through a server's public API at the pace of the shops, or up to a thousand times faster.

import type { Clock } from './clock.ts';
import { randomFor } from './random.ts';
import type { TillSale } from './sale.ts';
import type { Send, SendResult, TillPorts } from './till.ts';
import { emptyTill } from './till.ts';
import { createTurnstile } from './turnstile.ts';

export interface Play {
  /** In the order of `at`: generateDay, endlessSales, or any other source. Pulled one ahead, so it may be endless. */
  readonly sales: Iterable<TillSale> | AsyncIterable<TillSale>;
  readonly send: Send;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** How many times faster than in the shops, 1 to 1,000. */
  readonly speed?: number;
  /** The instant of the sales that is played first, milliseconds since 1970; by default that of the first sale. */
  readonly from?: number;
  /** Sales a request carries at most, 1 to 1,000. */
  readonly batchMax?: number;
  /** Sales that may wait for an answer before the play itself waits, so that a stalled server costs bounded memory. */
  readonly waitingMax?: number;
  /** Requests under way at once, over all tills; each till has at most one. */
  readonly requestsMax?: number;
  /** Called for each acknowledged batch, in a till's order; the till waits for it. */
  readonly onAcknowledged?: (sales: readonly TillSale[], results: readonly SendResult[]) => Promise<void> | void;
  readonly onRetry?: (error: unknown) => void;
  readonly onProgress?: (progress: Progress) => void;
}

/** Counters of a play, over all tills. */
export interface Progress {
  /** Sales that came due, and of these the ones that the server has answered, by its answer. */
  readonly due: number;
  readonly created: number;
  readonly updated: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** Requests that had to be repeated. */
  readonly retries: number;
  /** How late the latest sale came due, in real milliseconds: above a second or so, the speed is more than the server takes. */
  readonly behindMs: number;
}

const batchMaxDefault = 20;
const waitingMaxDefault = 10_000;
const requestsMaxDefault = 32;

/**
 * Plays the sales until the source ends and everything is acknowledged, or until the signal is aborted, which stops it
 * at once with sales unsent. Rejects with the first final refusal (a revoked key, an unknown POS system): a driver that
 * went on would hide it. Resolves with the counters.
 */
export async function playShoppers(play: Play): Promise<Progress> {
  const speed = play.speed ?? 1;
  if (!(speed >= 1 && speed <= 1000)) throw new RangeError(`speed must be 1 to 1000, got ${speed}`);
  const batchMax = play.batchMax ?? batchMaxDefault;
  if (!(batchMax >= 1 && batchMax <= 1000)) throw new RangeError(`batchMax must be 1 to 1000, got ${batchMax}`);
  const counters = { due: 0, created: 0, updated: 0, duplicate: 0, rejected: 0, retries: 0, behindMs: 0 };
  const tills = openTills(play, batchMax, counters);
  const startedAt = play.clock.now();
  let from = play.from;
  try {
    for await (const sale of play.sales) {
      from ??= sale.at;
      const dueAt = startedAt + (sale.at - from) / speed;
      await waitUntil(dueAt, play.clock, tills.signal);
      await tills.room();
      if (tills.signal.aborted) break;
      counters.due++;
      counters.behindMs = Math.max(0, play.clock.now() - dueAt);
      tills.ring(sale);
    }
    await tills.settled();
  } finally {
    tills.close();
  }
  return { ...counters };
}

async function waitUntil(instant: number, clock: Clock, signal: AbortSignal): Promise<void> {
  // A timer may fire a little early, and a sale sent before its instant would be from the future.
  for (let left = instant - clock.now(); left > 0 && !signal.aborted; left = instant - clock.now()) {
    await clock.sleep(left, signal);
  }
}

interface Tills {
  /** Aborted by the caller's signal and by the first final refusal. */
  readonly signal: AbortSignal;
  ring(sale: TillSale): void;
  /** Resolves when fewer than `waitingMax` sales wait. */
  room(): Promise<void>;
  /** Resolves when nothing waits any more, rejects with the first refusal. */
  settled(): Promise<void>;
  close(): void;
}

function openTills(play: Play, batchMax: number, counters: Counters): Tills {
  const failure = new AbortController();
  const signal = AbortSignal.any([play.signal, failure.signal]);
  const turnstile = createTurnstile(play.requestsMax ?? requestsMaxDefault);
  const queues = new Map<string, TillSale[]>();
  const running = new Map<string, Promise<void>>();
  let refusal: { error: unknown } | undefined;
  let waiting = 0;
  let freed = Promise.withResolvers<void>();
  signal.addEventListener('abort', () => freed.resolve(), { once: true });

  const portsOf = (posSystemId: string): TillPorts => ({
    send: (id, sales) => turnstile.pass(() => play.send(id, sales, signal)),
    clock: play.clock,
    signal,
    random: randomFor('retry', posSystemId),
    batchMax,
    async onAcknowledged(sales, results) {
      waiting -= sales.length;
      freed.resolve();
      for (const { status } of results) counters[status]++;
      await play.onAcknowledged?.(sales, results);
      play.onProgress?.({ ...counters });
    },
    onRetry(error) {
      counters.retries++;
      play.onRetry?.(error);
    },
  });

  const run = async (posSystemId: string, queue: TillSale[]) => {
    try {
      // Checked again after each await: a sale rung while the till was finishing must not be left lying.
      while (queue.length > 0 && !signal.aborted) await emptyTill(posSystemId, queue, portsOf(posSystemId));
    } catch (error) {
      refusal ??= { error };
      failure.abort();
    }
    running.delete(posSystemId);
  };

  return {
    signal,
    ring(sale) {
      const queue = queues.get(sale.posSystemId) ?? [];
      queues.set(sale.posSystemId, queue);
      queue.push(sale);
      waiting++;
      if (!running.has(sale.posSystemId)) running.set(sale.posSystemId, run(sale.posSystemId, queue));
    },
    async room() {
      while (waiting >= (play.waitingMax ?? waitingMaxDefault) && !signal.aborted) {
        freed = Promise.withResolvers<void>();
        await freed.promise;
      }
    },
    async settled() {
      while (running.size > 0) await Promise.all(running.values());
      if (refusal) throw refusal.error;
    },
    close: () => failure.abort(),
  };
}

type Counters = { -readonly [Name in keyof Progress]: Progress[Name] };
