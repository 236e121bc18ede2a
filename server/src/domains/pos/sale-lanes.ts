// Where sales wait to be booked together. A commit costs the same for one sale as for hundreds, so each lane collects
// while its last commit runs: under load the batches grow by themselves, and an idle lane answers within milliseconds.
// A shop always has the same lane, so its sales are booked in the order in which they came.
import { systemClock } from '../../platform/clock.ts';
import type { AppError } from '../../platform/errors.ts';
import { internalError, serverUnavailable } from '../../platform/http-errors.ts';
import { createService, type Service } from '../../platform/service.ts';
import type { Outcome } from './commit-sales.ts';
import { overloaded } from './errors.ts';
import type { SaleResult } from './sale.ts';
import type { WaitingSale } from './waiting-sale.ts';

export interface LaneLimits {
  /** Group commits at once, each on a connection of its own. */
  readonly lanes: number;
  /** Longest time for which an idle lane waits for company, in ms. */
  readonly delayMs: number;
  /** Longest time between two commits of a busy lane, in ms. */
  readonly pauseMsMax: number;
  readonly batchSalesMax: number;
  /** A sale of more has a commit for itself. What is long is the lines: without it some large orders held up a lane for long. */
  readonly batchLinesMax: number;
  /** At most what lockStock takes. */
  readonly batchShopsMax: number;
  /** Over all lanes; above it requests are answered 503. */
  readonly waitingSalesMax: number;
  readonly waitingBytesMax: number;
}

export const laneDefaults: LaneLimits = {
  lanes: 2,
  delayMs: 2,
  pauseMsMax: 5,
  batchSalesMax: 500,
  batchLinesMax: 4_000,
  batchShopsMax: 100,
  waitingSalesMax: 20_000,
  waitingBytesMax: 64 * 1_048_576,
};

export interface LaneOptions extends Partial<LaneLimits> {
  /** Makes a batch durable: one outcome a sale, in order. */
  readonly commit: (sales: readonly WaitingSale[]) => Promise<readonly Outcome[]>;
}

export interface SaleLanes extends Service {
  /**
   * Resolves when all of the sales are durable, with a result each. Rejects with `pos.overloaded` before anything is
   * taken on, and with another error that says 503 or 500 where some sale could not be brought in; then the whole
   * request may be sent again.
   */
  enqueue(sales: readonly WaitingSale[]): Promise<SaleResult[]>;
  /** Sales taken on and not yet answered. */
  waiting(): number;
}

/** Sales are taken on between start and stop; stopping books what waits. */
export function createSaleLanes({ commit, ...given }: LaneOptions): SaleLanes {
  const limits = { ...laneDefaults, ...given };
  const load = { sales: 0, bytes: 0 };
  let taking = false;
  const lanes = Array.from({ length: limits.lanes }, () => new Lane(limits, commit));
  const service = createService({
    name: 'sale lanes',
    start: async () => {
      taking = true;
    },
    stop: async () => {
      taking = false;
      await Promise.all(lanes.map((lane) => lane.drain()));
    },
  });
  return {
    ...service,
    waiting: () => load.sales,
    async enqueue(sales) {
      if (!taking) throw serverUnavailable('The server is starting or stopping.');
      if (sales.length === 0) return [];
      const bytes = sales.reduce((sum, { raw }) => sum + raw.length, 0);
      if (load.sales + sales.length > limits.waitingSalesMax || load.bytes + bytes > limits.waitingBytesMax) {
        throw overloaded(`${load.sales} sales are waiting already.`, { headers: { 'retry-after': '1' } });
      }
      load.sales += sales.length;
      load.bytes += bytes;
      try {
        return await new Promise<SaleResult[]>((resolve, reject) => {
          const request = new Request(sales.length, { resolve, reject });
          for (const [index, sale] of sales.entries()) {
            lanes[laneOf(sale.system.locationId, lanes.length)]?.add({ sale, request, index });
          }
        });
      } finally {
        load.sales -= sales.length;
        load.bytes -= bytes;
      }
    },
  };
}

/** FNV-1a over the id: stable, and spreads UUIDv7 of one minute, whose beginnings are equal. */
export function laneOf(locationId: string, lanes: number): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < locationId.length; index++) {
    hash = Math.imul(hash ^ locationId.charCodeAt(index), 0x01000193);
  }
  return (hash >>> 0) % lanes;
}

/** One request, answered when the last of its sales has its outcome. */
class Request {
  readonly #results: SaleResult[] = [];
  readonly #settle: { resolve: (results: SaleResult[]) => void; reject: (error: AppError) => void };
  #left: number;
  #failure: AppError | null = null;

  constructor(sales: number, settle: { resolve: (results: SaleResult[]) => void; reject: (error: AppError) => void }) {
    this.#left = sales;
    this.#settle = settle;
  }

  take(index: number, outcome: Outcome): void {
    if ('result' in outcome) this.#results[index] = outcome.result;
    else this.#failure ??= outcome.failure;
    this.#left -= 1;
    if (this.#left > 0) return;
    if (this.#failure === null) this.#settle.resolve(this.#results);
    else this.#settle.reject(this.#failure);
  }
}

interface Ticket {
  readonly sale: WaitingSale;
  readonly request: Request;
  readonly index: number;
}

function linesOf({ sale: { parsed } }: Ticket): number {
  return parsed.ok ? parsed.sale.lines.length : 0;
}

const pauseShare = 0.25;

class Lane {
  readonly #limits: LaneLimits;
  readonly #commit: LaneOptions['commit'];
  #queue: Ticket[] = [];
  #shops = new Set<string>();
  #lines = 0;
  #timer: NodeJS.Timeout | null = null;
  #running: Promise<void> | null = null;
  #endPause: (() => void) | null = null;
  #draining = false;

  constructor(limits: LaneLimits, commit: LaneOptions['commit']) {
    this.#limits = limits;
    this.#commit = commit;
  }

  add(ticket: Ticket): void {
    this.#queue.push(ticket);
    this.#shops.add(ticket.sale.system.locationId);
    this.#lines += linesOf(ticket);
    if (this.#isFull()) this.#endPause?.();
    if (this.#running !== null) return;
    if (this.#isFull()) this.#run();
    else this.#timer ??= setTimeout(() => this.#run(), this.#limits.delayMs);
  }

  /** Books everything that waits; resolves when nothing does any more. */
  async drain(): Promise<void> {
    this.#draining = true;
    this.#endPause?.();
    if (this.#queue.length > 0) this.#run();
    await this.#running;
  }

  /** More company would not fit into the next commit. */
  #isFull(): boolean {
    const { batchSalesMax, batchShopsMax, batchLinesMax } = this.#limits;
    return this.#queue.length >= batchSalesMax || this.#shops.size >= batchShopsMax || this.#lines >= batchLinesMax;
  }

  #run(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#queue.length > 0) this.#running ??= this.#commitAll();
  }

  async #commitAll(): Promise<void> {
    while (this.#queue.length > 0) {
      const startedMs = systemClock.monotonicMs();
      const batch = this.#takeBatch();
      const outcomes = await this.#outcomesOf(batch);
      for (const [place, { request, index }] of batch.entries()) {
        request.take(index, outcomes[place] ?? { failure: internalError('A sale was left without an outcome.') });
      }
      await this.#awaitCompany(systemClock.monotonicMs() - startedMs);
    }
    // In the same breath as the look at the queue: what is added later finds the lane idle and starts it.
    this.#running = null;
  }

  /**
   * Tills that were just answered send their next sale at once. Without a pause it would find a commit begun with what
   * had waited, so that two halves of the tills took turns and every commit carried half of what it could. A quarter of
   * the last commit's time is soon won back where the commit is what takes long.
   */
  async #awaitCompany(commitMs: number): Promise<void> {
    if (this.#queue.length === 0 || this.#isFull() || this.#draining) return;
    const pauseMs = Math.min(commitMs * pauseShare, this.#limits.pauseMsMax);
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, pauseMs);
      this.#endPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#endPause = null;
  }

  #takeBatch(): Ticket[] {
    const { batchSalesMax, batchShopsMax, batchLinesMax } = this.#limits;
    const shops = new Set<string>();
    let size = 0;
    let lines = 0;
    for (const ticket of this.#queue) {
      const { locationId } = ticket.sale.system;
      lines += linesOf(ticket);
      if (size === batchSalesMax || (size > 0 && lines > batchLinesMax)) break;
      if (!shops.has(locationId) && shops.size === batchShopsMax) break;
      shops.add(locationId);
      size += 1;
    }
    const batch = this.#queue.slice(0, size);
    this.#queue = this.#queue.slice(size);
    this.#shops = new Set(this.#queue.map(({ sale }) => sale.system.locationId));
    this.#lines = this.#queue.reduce((sum, ticket) => sum + linesOf(ticket), 0);
    return batch;
  }

  async #outcomesOf(batch: readonly Ticket[]): Promise<readonly Outcome[]> {
    try {
      return await this.#commit(batch.map(({ sale }) => sale));
    } catch (error) {
      return batch.map(() => ({ failure: internalError('A group commit failed.', { cause: error }) }));
    }
  }
}
