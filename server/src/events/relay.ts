// Follows the log and publishes each committed event once, in batches. Woken right after a commit of this node, and by a
// timer as a net: a wake-up that gets lost costs a tenth of a second, never an event.
import { backgroundActor } from '../platform/actor.ts';
import { systemClock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import { createLoop, type Loop } from '../platform/loop.ts';
import type { Bus } from './bus.ts';
import { epochPendingError, resyncError } from './errors.ts';
import type { Position } from './position.ts';
import { askForNews, currentPosition } from './read-log.ts';

export interface RelayOptions {
  readonly db: Database;
  readonly bus: Bus;
  readonly onError: (error: unknown) => void;
  /** Pause between polls when nothing wakes it, in ms. */
  readonly intervalMs?: number;
  /** Asked before each poll: of several relays only the leading one reads and publishes. Without it this one leads. */
  readonly isLeading?: () => boolean;
  /** Called at each poll that finds the database promoted or put back, until its new epoch has begun. */
  readonly onEpochPending?: () => void;
}

export interface Relay extends Loop {
  /** Time since the last poll that succeeded, or since the start, in seconds: what a screen may lag behind. */
  silentSeconds(): number;
}

const actor = backgroundActor('relay');

/** After so long without an event an empty batch is published: who follows can tell a quiet shop from a dead relay. */
const heartbeatMs = 500;

/**
 * Where a poll takes long, the writers whose events it reads are waiting for the same processor, so polls leave it to them half
 * of the time. A poll that finds so many events costs them no more than others that would find them by and by.
 */
const shareOfPolls = 0.5;
const rushMin = 200;

/** The relay as a part with start, stop and wake. It begins with what is committed after its start. */
export function createRelay({ db, bus, onError, intervalMs = 100, ...options }: RelayOptions): Relay {
  let position: Position | null = null;
  // Where the last batch ended. Batches are chained over the empty polls between them, so that a subscriber can tell a
  // quiet minute from a lost batch.
  let published: Position | null = null;
  let publishedAtMs = Number.NEGATIVE_INFINITY;
  let polledAtMs = systemClock.monotonicMs();
  let isRush = false;

  async function poll(): Promise<void> {
    if (options.isLeading?.() === false) {
      // Whoever leads has published meanwhile. To lead again is to begin anew.
      position = null;
      published = null;
      publishedAtMs = Number.NEGATIVE_INFINITY;
      polledAtMs = systemClock.monotonicMs();
      return;
    }
    try {
      position = await pollFrom(position ?? (await begin()));
      polledAtMs = systemClock.monotonicMs();
    } catch (error) {
      // After a restore there is nothing to continue from: begin anew in the epoch that is now.
      if (resyncError.is(error) || epochPendingError.is(error)) position = null;
      if (epochPendingError.is(error)) options.onEpochPending?.();
      throw error;
    }
  }

  /** What is committed from here on will be published. Where something was published before, a break in the chain says so. */
  async function begin(): Promise<Position> {
    const start = await db.transaction(actor, currentPosition);
    position = start;
    if (published !== null) bus.publish({ from: start, to: start, events: [] });
    published = start;
    return start;
  }

  async function pollFrom(from: Position): Promise<Position> {
    const page = await askForNews(db, actor, from);
    isRush = page.events.length >= rushMin;
    const isQuiet = systemClock.monotonicMs() - publishedAtMs < heartbeatMs;
    if (page.events.length === 0 && isQuiet) return page.position;
    const batch = { from: published ?? from, to: page.position, events: page.events };
    published = page.position;
    publishedAtMs = systemClock.monotonicMs();
    bus.publish(batch);
    return page.position;
  }

  const shareMax = () => (isRush ? 1 : shareOfPolls);
  const loop = createLoop({ name: 'relay', intervalMs, spacingMs: 5, shareMax, work: poll, onError });
  return { ...loop, silentSeconds: () => (systemClock.monotonicMs() - polledAtMs) / 1_000 };
}
