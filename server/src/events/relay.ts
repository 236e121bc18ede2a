// Follows the log and publishes each committed event once, in batches. Woken right after a commit of this node, and by a
// timer as a net: a wake-up that gets lost costs a tenth of a second, never an event.
import { backgroundActor } from '../platform/actor.ts';
import type { Database } from '../platform/database.ts';
import { createLoop, type Loop } from '../platform/loop.ts';
import type { Bus } from './bus.ts';
import { resyncError } from './errors.ts';
import type { Position } from './position.ts';
import { currentPosition, readNews } from './read-log.ts';

export interface RelayOptions {
  readonly db: Database;
  readonly bus: Bus;
  readonly onError: (error: unknown) => void;
  /** Pause between polls when nothing wakes it, in ms. */
  readonly intervalMs?: number;
}

const actor = backgroundActor('relay');

/** The relay as a part with start, stop and wake. It begins with what is committed after its start. */
export function createRelay({ db, bus, onError, intervalMs = 100 }: RelayOptions): Loop {
  let position: Position | null = null;
  // Where the last batch ended. Batches are chained over the empty polls between them, so that a subscriber can tell a
  // quiet minute from a lost batch.
  let published: Position | null = null;

  async function poll(): Promise<void> {
    position ??= await db.transaction(actor, currentPosition);
    published ??= position;
    const from = position;
    try {
      const page = await db.transaction(actor, (tx) => readNews(tx, from));
      position = page.position;
      if (page.events.length === 0) return;
      const batch = { from: published, to: page.position, events: page.events };
      published = page.position;
      bus.publish(batch);
    } catch (error) {
      // After a restore there is nothing to continue from: begin anew in the epoch that is now.
      if (resyncError.is(error)) position = published = null;
      throw error;
    }
  }

  return createLoop({ name: 'relay', intervalMs, spacingMs: 5, work: poll, onError });
}
