// One till's queue of sales that the server has not acknowledged yet. It sends a few at a time and one request at a time,
// so a shop's versions arrive in order, and repeats the very same batch until it is answered: whether the lost answer's
// request was booked does not matter, because the server knows each sale by its external id.

import type { Clock } from './clock.ts';
import type { Random } from './random.ts';
import type { Sale, TillSale } from './sale.ts';

/** What the server said about one sale, as in the sales route's `results`. */
export interface SendResult {
  readonly externalId: string;
  readonly status: 'created' | 'updated' | 'duplicate' | 'rejected';
  readonly code?: string | undefined;
}

/**
 * Sends sales of one POS system and resolves with a result for each, in order. Rejects where there is no answer; an error
 * with a `status` from 400 to 499 (408, 425 and 429 excepted) says that no repetition will help, and one with
 * `retryAfterSeconds` how long to wait. The client package's errors are of this kind.
 */
export type Send = (posSystemId: string, sales: readonly Sale[], signal: AbortSignal) => Promise<readonly SendResult[]>;

export interface TillPorts {
  readonly send: Send;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** Jitter for the waits between repetitions: tills that lost their server together must not return together. */
  readonly random: Random;
  readonly batchMax: number;
  readonly onAcknowledged: (sales: readonly TillSale[], results: readonly SendResult[]) => Promise<void> | void;
  readonly onRetry: (error: unknown) => void;
}

const firstWaitMs = 200;
const waitMaxMs = 10_000;

/** Empties `queue` in batches; resolves when it is empty or the signal is aborted, rejects with a final refusal. */
export async function emptyTill(posSystemId: string, queue: TillSale[], ports: TillPorts): Promise<void> {
  while (queue.length > 0 && !ports.signal.aborted) {
    const batch = queue.slice(0, ports.batchMax);
    const results = await sendUntilAnswered(posSystemId, batch, ports);
    if (results === undefined) return;
    queue.splice(0, batch.length);
    await ports.onAcknowledged(batch, results);
  }
}

async function sendUntilAnswered(
  posSystemId: string,
  batch: readonly TillSale[],
  ports: TillPorts,
): Promise<readonly SendResult[] | undefined> {
  const sales = batch.map(({ sale }) => sale);
  for (let attempt = 0; !ports.signal.aborted; attempt++) {
    try {
      return await ports.send(posSystemId, sales, ports.signal);
    } catch (error) {
      if (ports.signal.aborted) return undefined;
      if (isFinal(error)) throw error;
      ports.onRetry(error);
      await ports.clock.sleep(waitBefore(attempt, error, ports.random), ports.signal);
    }
  }
  return undefined;
}

function isFinal(error: unknown): boolean {
  const status = numberIn(error, 'status');
  return status !== undefined && status >= 400 && status < 500 && ![408, 425, 429].includes(status);
}

function waitBefore(attempt: number, error: unknown, random: Random): number {
  const doubled = Math.min(waitMaxMs, firstWaitMs * 2 ** Math.min(attempt, 10));
  return Math.max(1000 * (numberIn(error, 'retryAfterSeconds') ?? 0), doubled * (0.5 + random.unit() / 2));
}

function numberIn(error: unknown, key: string): number | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const value: unknown = Reflect.get(error, key);
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}
