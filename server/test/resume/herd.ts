// Thousands of screens in one process, each a real client on a socket of its own, and the break that hits all of them in
// the same moment. They are told of each other's fate by nobody: each comes back by its own means.
import { WebSocket } from 'ws';
import { createTillstream, type LiveFeed } from '../../../client/src/index.ts';
import { createSignal } from '../flow/signal.ts';
import { type Committed, checkDelivery, type DeliveryVerdict, exactDelivery } from '../harness/delivery-checker.ts';
import { inTurns, pick } from './rush.ts';

export interface HerdShop {
  readonly locationId: string;
  /** A key of this shop alone. */
  readonly apiKey: string;
  /** The cursor to begin from. */
  readonly after: string;
}

export interface HerdOptions {
  readonly url: string;
  readonly screens: number;
  readonly shops: readonly HerdShop[];
}

/** How long after its commit an event was handed to a screen, in ms, over all screens since it was asked for last. */
export interface Latencies {
  readonly count: number;
  readonly p50: number;
  readonly p99: number;
}

interface Screen {
  readonly locationId: string;
  readonly feed: LiveFeed;
  readonly heard: { readonly id: string; readonly entity: string }[];
  /** Times that it was live. */
  lives: number;
}

const withinMs = 180_000;
const sockets = new Set<WebSocket>();

/** Every socket of this process, to break them. */
class TrackedSocket extends WebSocket {
  constructor(address: string | URL, protocols?: string | string[]) {
    super(address, protocols);
    sockets.add(this);
    this.on('close', () => sockets.delete(this));
  }
}

export class Herd {
  readonly #screens: Screen[] = [];
  readonly #signal = createSignal();
  /** Screens that wait to be live again, and when the last of those that were was. */
  #missing = 0;
  #lastLiveAt = 0;
  #latencies: number[] = [];

  /** Resolves when all are live. */
  async open({ url, screens, shops }: HerdOptions): Promise<void> {
    await inTurns(screens, 50, (index) => this.#openScreen(url, pick(shops, index)));
  }

  /** Ends every connection at once, without a word. */
  drop(): void {
    this.expectReturn();
    for (const socket of [...sockets]) socket.terminate();
  }

  /** From now on every screen is waited for anew: what breaks them comes from outside. */
  expectReturn(): void {
    this.#missing = this.#screens.length;
    for (const screen of this.#screens) screen.lives = 0;
  }

  /** Resolves with the moment at which the last screen had caught up, by `Date.now()`. */
  async returned(): Promise<number> {
    await this.#signal.until(`${this.#screens.length} screens to be back`, () => this.#missing === 0, withinMs);
    return this.#lastLiveAt;
  }

  /** One verdict for each screen that was not handed exactly its shop's events. */
  async judge(committed: ReadonlyMap<string, readonly Committed[]>): Promise<DeliveryVerdict[]> {
    const failures: DeliveryVerdict[] = [];
    for (const { locationId, heard } of this.#screens) {
      const wanted = committed.get(locationId) ?? [];
      await this.#signal
        .until(`${wanted.length} events`, () => heard.length >= wanted.length, withinMs)
        .catch(() => undefined);
      const numbers = new Map(wanted.map(({ id, n }) => [id, n]));
      const verdict = checkDelivery(
        wanted,
        heard.map((event) => ({ ...event, n: numbers.get(event.id) ?? 0 })),
      );
      if (JSON.stringify(verdict) !== JSON.stringify(exactDelivery)) failures.push(verdict);
    }
    return failures;
  }

  /** Seconds of processor that the herd has used. */
  cpuSeconds(): number {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1_000_000;
  }

  takeLatencies(): Latencies {
    const sorted = this.#latencies.sort((a, b) => a - b);
    this.#latencies = [];
    const at = (share: number) => sorted[Math.floor(sorted.length * share)] ?? Number.NaN;
    return { count: sorted.length, p50: at(0.5), p99: at(0.99) };
  }

  async #openScreen(url: string, { locationId, apiKey, after }: HerdShop): Promise<void> {
    const live = Promise.withResolvers<void>();
    const heard: { id: string; entity: string }[] = [];
    const tillstream = createTillstream({ url, apiKey, WebSocket: TrackedSocket as never, retries: 3 });
    const feed = tillstream.openFeed(
      { scope: { locationId }, after },
      {
        onEvent: ({ id, entityId, recordedAt }) => {
          heard.push({ id, entity: entityId });
          this.#latencies.push(Date.now() - recordedAt.getTime());
          this.#signal.ring();
        },
        onLive: () => {
          live.resolve();
          screen.lives += 1;
          if (screen.lives > 1) return;
          this.#missing -= 1;
          this.#lastLiveAt = Date.now();
          this.#signal.ring();
        },
      },
    );
    const screen: Screen = { locationId, feed, heard, lives: 0 };
    this.#screens.push(screen);
    await live.promise;
  }
}
