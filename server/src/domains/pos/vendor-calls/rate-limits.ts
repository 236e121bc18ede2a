// How fast vendors may be asked, counted over all nodes: Clover allows an app 50 requests a second, whoever of us sends
// them. The allowance is a line of time in the database, of which a node takes a piece for several requests at once and
// spaces them itself, so that a limit of 50 a second costs a dozen small statements and not 50.
import { AsyncLocalStorage } from 'node:async_hooks';
import { setTimeout as wait } from 'node:timers/promises';
import { backgroundActor } from '../../../platform/actor.ts';
import { systemClock } from '../../../platform/clock.ts';
import type { Database, Tx } from '../../../platform/database.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import { freeSpanInMs, grantPermits, holdPermits } from './queries.ts';

export interface RateLimit {
  /** What is limited: an app, or a token's key, never the token. */
  readonly name: string;
  readonly perSecond: number;
}

export interface RateLimits {
  /**
   * Resolves when one request may be sent; rejects when the signal aborts. Throws VendorFailure `rate_limited` where that
   * is later than a few seconds from now: whoever waits holds a place that others need.
   */
  take(limit: RateLimit, signal: AbortSignal): Promise<void>;
  /** The vendor wants to be left alone by all nodes: as long as it says, else longer with each time in a row. */
  hold(name: string, askedMs: number | null): Promise<void>;
  /** The vendor takes requests. */
  release(name: string): void;
}

/** Requests for which a node asks at once: those of a quarter of a second, which is also the most that it can waste. */
const pieceMs = 250;
/** A permit that was granted for this long ago counts no more: a handful of old ones at once would be a burst. */
const staleMs = 1_000;
/** Above what all the tills of a host that are fetched at once may need of one token, one request each. */
const waitMsMax = 10_000;
const lanesMax = 10_000;
const holdMs = 1_500;
const holdMsMax = 60_000;

const isAskedLater =
  'So many requests are waiting for this vendor, or it wants to be left alone, that it is asked later.';

interface Lane {
  /** When each granted request may be sent, by the monotonic clock. */
  permits: number[];
  /** Nothing is sent before, whatever was granted. */
  heldUntilMs: number;
  /** Holds without a success in between. */
  strikes: number;
  asking: Promise<void> | null;
}

const actor = backgroundActor('pos rate limits');

export function createRateLimits(db: Database): RateLimits {
  // A request may ask a vendor while it holds a transaction of its own; what is granted meanwhile is granted to all, at
  // once, and stays so if the request is taken back.
  const outsideOfRequests = AsyncLocalStorage.snapshot();
  // Each is one statement.
  const apart = <T>(work: (tx: Tx) => Promise<T>): Promise<T> => outsideOfRequests(() => db.ask(actor, work));
  const lanes = new Map<string, Lane>();

  function laneOf(name: string): Lane {
    const known = lanes.get(name);
    if (known !== undefined) return known;
    // The oldest idle ones go: a lane is only what is granted at the moment.
    if (lanes.size >= lanesMax) {
      for (const [idle, { asking }] of lanes) if (asking === null && lanes.size >= lanesMax) lanes.delete(idle);
    }
    const lane: Lane = { permits: [], heldUntilMs: 0, strikes: 0, asking: null };
    lanes.set(name, lane);
    return lane;
  }

  async function ask(lane: Lane, { name, perSecond }: RateLimit): Promise<void> {
    const spacingMs = 1_000 / perSecond;
    const count = Math.max(1, Math.floor(pieceMs / spacingMs));
    const wanted = { name, spanMs: count * spacingMs, waitMsMax };
    const waitMs = await apart((tx) => grantPermits(tx, wanted));
    if (waitMs === null) {
      const retryAfterMs = await apart((tx) => freeSpanInMs(tx, name));
      throw new VendorFailure('rate_limited', isAskedLater, { retryAfterMs });
    }
    // Counted from after the answer: later than the database meant, never earlier.
    const startMs = systemClock.monotonicMs() + waitMs;
    for (let index = 0; index < count; index++) lane.permits.push(startMs + index * spacingMs);
  }

  return {
    async take(limit, signal) {
      const lane = laneOf(limit.name);
      for (;;) {
        signal.throwIfAborted();
        const atMs = lane.permits.shift();
        if (atMs === undefined) {
          lane.asking ??= ask(lane, limit).finally(() => {
            lane.asking = null;
          });
          await lane.asking;
          continue;
        }
        const waitMs = atMs - systemClock.monotonicMs();
        if (waitMs < -staleMs) continue;
        if (waitMs > 0) await wait(waitMs, undefined, { signal });
        // Held meanwhile: some vendors lengthen a block with each request that comes within it.
        if (systemClock.monotonicMs() < lane.heldUntilMs) continue;
        return;
      }
    },
    async hold(name, askedMs) {
      const lane = laneOf(name);
      lane.permits = [];
      const nowMs = systemClock.monotonicMs();
      // Several requests were under way when the limit was reached: together they are one strike.
      if (nowMs >= lane.heldUntilMs) lane.strikes += 1;
      const ms = askedMs ?? Math.min(holdMsMax, holdMs * 2 ** (lane.strikes - 1) * (1 + Math.random() / 4));
      lane.heldUntilMs = Math.max(lane.heldUntilMs, nowMs + ms);
      await apart((tx) => holdPermits(tx, { name, ms }));
    },
    release(name) {
      const lane = lanes.get(name);
      if (lane !== undefined) lane.strikes = 0;
    },
  };
}
