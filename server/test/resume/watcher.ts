// One screen of one shop on a wire of its own, which breaks as the proof wants it, everything that it was handed, and the
// shelf that it shows.
import {
  createTillstream,
  type LiveFeed,
  type StockItem,
  type SyncEvent,
  type Tillstream,
} from '../../../client/src/index.ts';
import { type FaultProxy, openFaultProxy } from '../faults/fault-proxy.ts';
import { createSignal } from '../flow/signal.ts';

export interface Watcher {
  readonly locationId: string;
  readonly heard: readonly SyncEvent[];
  /** The shelf as it shows it now; null where it has none. */
  readonly shelf: readonly StockItem[] | null;
  /** The states of its feed and of its shelf, for who wonders why it is not live. */
  readonly states: string;
  /** Times that it was live again after a break. */
  readonly returns: number;
  /** Resolves when it is live. */
  live(): Promise<void>;
  /** Resolves when it has heard so many events. */
  hasHeard(count: number): Promise<void>;
  /** Resolves when `holds` is true of the shelf that it shows. */
  showsShelf(holds: (shelf: readonly StockItem[]) => boolean): Promise<void>;
  /** Resets its connections. */
  cut(): Promise<void>;
  /** Nothing arrives any more though nobody is told, until the client has noticed by itself. */
  fallSilent(): Promise<void>;
  close(): Promise<void>;
}

export interface WatcherOptions {
  readonly url: string;
  readonly apiKey: string;
  readonly locationId: string;
  /** The cursor to begin from. */
  readonly after: string;
  /** False: what the client asks for after a break is answered "there was nothing". The proof must turn red by it. */
  readonly backfill?: boolean;
  /** False: a screen without a shelf. Default true. */
  readonly shelf?: boolean;
  /** Time between two heartbeats, after which a silent wire is noticed; answers may take three times as long. Default 1,000. */
  readonly heartbeatMs?: number;
}

const withinMs = 120_000;

/** Resolves when the watcher is live for the first time. */
export async function openWatcher(options: WatcherOptions): Promise<Watcher> {
  const { apiKey, locationId, after, backfill = true, shelf = true, heartbeatMs = 1_000 } = options;
  const proxy: FaultProxy = await openFaultProxy(options.url);
  const signal = createSignal();
  const heard: SyncEvent[] = [];
  let lastTrouble = 'none';
  const noteTrouble = (what: string, reason?: string) => {
    if (reason !== undefined) lastTrouble = `${what}: ${reason}`;
    signal.ring();
  };
  const counts = { lives: 0, breaks: 0 };
  const tillstream: Tillstream = createTillstream({
    url: proxy.url,
    apiKey,
    heartbeatMs,
    timeoutMs: heartbeatMs * 3,
    ...(!backfill && { fetch: answerNothingMissed }),
  });
  const feed: LiveFeed = tillstream.openFeed(
    { scope: { locationId }, after },
    {
      onEvent: (event) => {
        heard.push(event);
        signal.ring();
      },
      onLive: () => {
        counts.lives += 1;
        signal.ring();
      },
      onState: (state, reason) => {
        if (state === 'broken') counts.breaks += 1;
        noteTrouble(`the feed ${state}`, reason);
      },
    },
  );
  const onState = (state: string, reason?: string) => noteTrouble(`the shelf ${state}`, reason);
  const watch = shelf
    ? tillstream.watchStock(locationId, { onSnapshot: signal.ring, onChange: signal.ring, onState })
    : null;
  const isLive = () => feed.state === 'live' && (watch === null || watch.state === 'live');
  const states = () => `feed ${feed.state}, shelf ${watch?.state ?? 'none'}, last trouble: ${lastTrouble}`;
  const live = () =>
    signal.until('feed and shelf to be live', isLive, withinMs).catch(() => {
      throw new Error(`${withinMs} ms after a break: ${states()}`);
    });
  const broken = (before: number) => signal.until('a break to be noticed', () => counts.breaks > before, withinMs);
  await live();
  return {
    locationId,
    heard,
    get shelf() {
      return watch?.items ?? null;
    },
    get states() {
      return states();
    },
    get returns() {
      return counts.lives - 1;
    },
    live,
    hasHeard: (count) => signal.until(`${count} events`, () => heard.length >= count, withinMs),
    showsShelf: (holds) => signal.until('the shelf', () => isLive() && holds(watch?.items ?? []), withinMs),
    async cut() {
      await live();
      const before = counts.breaks;
      proxy.cut();
      await broken(before);
    },
    async fallSilent() {
      await live();
      const before = counts.breaks;
      proxy.spoil({ silent: ['to client', 'to server'] });
      await broken(before);
      proxy.cut();
      proxy.heal();
    },
    async close() {
      await Promise.all([feed.stop(), watch?.stop()]);
      await tillstream.realtime.unsubscribeAll();
      await proxy.close();
    },
  };
}

const answerNothingMissed: typeof fetch = (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  if (url.pathname !== '/v1/events') return fetch(input, init);
  const answer = { items: [], nextCursor: url.searchParams.get('until'), caughtUp: true };
  return Promise.resolve(Response.json(answer));
};
