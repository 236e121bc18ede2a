// How a list and the feed fit together: a page is read in one snapshot together with that snapshot's own position, so that
// page and feed from there on are exactly everything, without hole or double.
import { z } from 'zod';
import type { Actor } from '../platform/actor.ts';
import type { Database, Tx } from '../platform/database.ts';
import { listOf, type Page } from '../platform/http-lists.ts';
import { encodePosition } from './position.ts';
import { currentPosition } from './read-log.ts';

/** A page, and the cursor of the feed at which it is true. */
export interface SnapshotPage<T> extends Page<T> {
  feedCursor: string;
}

/** The answer of a list route whose pages can be continued by the feed. */
export function snapshotListOf<T extends z.ZodType>(item: T) {
  return listOf(item).extend({
    feedCursor: z
      .string()
      .describe('The page is true at this position of the event feed: its changes follow at `/v1/events?after=`'),
  });
}

/** What `read` answers, and the cursor of the feed of the very moment that it saw. */
export async function readSnapshot<T>(
  db: Database,
  actor: Actor,
  read: (tx: Tx) => Promise<T>,
): Promise<{ read: T; feedCursor: string }> {
  return db.snapshot(actor, async (tx) => ({
    read: await read(tx),
    feedCursor: encodePosition(await currentPosition(tx)),
  }));
}
