// A gateway's own way along the log: the batches of the bus where they follow each other, the log itself where one is
// missing, late or silent. The bus may lose, repeat and overlap as it likes; what comes out here is every event once, in
// batches that are chained without a break for as long as the log can be followed.
import { backgroundActor } from '../platform/actor.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { createLoop } from '../platform/loop.ts';
import { createService, type Service } from '../platform/service.ts';
import type { Batch, Bus } from './bus.ts';
import { resyncError } from './errors.ts';
import { type Position, samePosition } from './position.ts';
import { currentPosition, readPage } from './read-log.ts';
import type { RecentEvents } from './recent-events.ts';
import { parseSnapshot } from './snapshot.ts';
import { contains, isVisible } from './snapshot-order.ts';
import type { StoredEvent } from './stored-event.ts';

export interface LogStreamOptions {
  readonly db: Database;
  readonly bus: Bus;
  /** Is kept filled with what passes by. */
  readonly recent: RecentEvents;
  readonly onError: (error: unknown) => void;
  /** Pause between reads of the log while the bus is silent, in ms. */
  readonly intervalMs?: number;
  /** Without a word from the bus for so long, in ms, the log is read. Longer than the relay's own heartbeat. */
  readonly silenceMs?: number;
}

/** As a bus: who subscribes hears of a break in the chain only where the log itself could not be continued. */
export interface LogStream extends Service, Pick<Bus, 'subscribe'> {
  /** Where it stands: whatever is visible there has been handed to the subscribers. Null before the database answered. */
  position(): Position | null;
  /** Whether it knew at most `silenceMs` ago that nothing was missing. */
  isFresh(): boolean;
  /** A hint that something was committed. */
  wake(): void;
}

const actor = backgroundActor('stream');
const pageSize = 1_000;
/** Batches that come while the log is read are kept up to this number; beyond it the log is read once more instead. */
const waitingMax = 256;

/** The stream as a part with start and stop. What is committed after its start is told. */
export function createLogStream(options: LogStreamOptions): LogStream {
  const { bus, onError, intervalMs = 100 } = options;
  const walk = new Walk(options, () => loop.wake());
  const loop = createLoop({ name: 'log stream', intervalMs, spacingMs: 5, work: walk.look, onError });
  let unsubscribe: (() => void) | null = null;
  const service = createService({
    name: loop.name,
    start: async () => {
      unsubscribe = bus.subscribe(walk.hear);
      // A database that is away now is asked again by the loop.
      await walk.begin().catch(onError);
      await loop.start();
    },
    stop: async () => {
      unsubscribe?.();
      await loop.stop();
    },
  });
  return {
    ...service,
    wake: loop.wake,
    position: () => walk.position,
    isFresh: () => walk.isFresh(),
    subscribe(listener) {
      walk.listeners.add(listener);
      return () => walk.listeners.delete(listener);
    },
  };
}

class Walk {
  position: Position | null = null;
  readonly listeners = new Set<(batch: Batch) => void>();
  readonly #options: LogStreamOptions;
  readonly #silenceMs: number;
  readonly #wake: () => void;
  /** What the bus brings while the log is read; null while it is not. */
  #waiting: Batch[] | null = null;
  #hasGap = false;
  #heardAtMs = nowMs();
  #knownAtMs = Number.NEGATIVE_INFINITY;

  constructor(options: LogStreamOptions, wake: () => void) {
    this.#options = options;
    this.#silenceMs = options.silenceMs ?? 1_000;
    this.#wake = wake;
  }

  isFresh(): boolean {
    return nowMs() - this.#knownAtMs <= this.#silenceMs;
  }

  readonly hear = (batch: Batch): void => {
    this.#heardAtMs = nowMs();
    if (this.#waiting === null) this.#followOrRead(batch);
    else if (this.#waiting.push(batch) > waitingMax) this.#waiting = [];
  };

  async begin(): Promise<void> {
    const { db, recent } = this.#options;
    const start = await db.transaction(actor, currentPosition);
    recent.restart(start);
    this.#emit(start, start, []);
  }

  /** Reads the log, where the bus is not enough. */
  readonly look = async (signal: AbortSignal): Promise<void> => {
    const isSilent = nowMs() - this.#heardAtMs > this.#silenceMs || !this.#options.bus.isUp();
    if (this.position !== null && !this.#hasGap && !isSilent) return;
    this.#waiting = [];
    this.#hasGap = false;
    try {
      if (this.position === null) await this.begin();
      else await this.#readToNow(signal);
    } catch (error) {
      this.#hasGap = true;
      if (!resyncError.is(error)) throw error;
      // Nothing can be continued: whoever listens is told by the break in the chain.
      await this.begin();
    } finally {
      const late = this.#waiting;
      this.#waiting = null;
      for (const batch of late) this.#followOrRead(batch);
    }
  };

  async #readToNow(signal: AbortSignal): Promise<void> {
    const { db, recent } = this.#options;
    while (this.position !== null && !signal.aborted) {
      const own: Position = this.position;
      const page = await db.transaction(actor, (tx) => readPage(tx, own, { limit: pageSize }));
      // Between the pages of a long way there is no snapshot to vouch for, and the memory holds nothing.
      if (own.to === null && page.position.to === null) recent.keep(page.events, page.position, nowMs());
      else recent.restart(page.caughtUp ? page.position : null);
      this.#emit(own, page.position, page.events);
      if (page.caughtUp) return;
    }
  }

  #followOrRead(batch: Batch): void {
    if (this.#follow(batch)) return;
    this.#hasGap = true;
    this.#wake();
  }

  /** Goes on by the batch, as far as it is new; false where something lies between it and us. */
  #follow({ from, to, events }: Batch): boolean {
    const own = this.position;
    if (own === null || own.to !== null || own.epoch !== from.epoch) return false;
    const isNext = samePosition(own, from);
    const seen = parseSnapshot(own.from);
    if (!isNext && !contains(seen, parseSnapshot(from.from))) return false;
    this.#knownAtMs = nowMs();
    // It was read from the log already, or another relay was faster.
    if (!isNext && contains(seen, parseSnapshot(to.from))) return true;
    const news = isNext ? events : events.filter(({ xid }) => !isVisible(xid, seen));
    this.#options.recent.keep(news, to, this.#knownAtMs);
    this.#emit(own, to, news);
    return true;
  }

  #emit(from: Position, to: Position, events: readonly StoredEvent[]): void {
    this.position = to;
    this.#knownAtMs = nowMs();
    for (const listener of this.listeners) listener({ from, to, events });
  }
}

function nowMs(): number {
  return systemClock.monotonicMs();
}
