// The pull feed between two cursors: what a feed missed while it was away, page by page.
import { type Http, unwrap } from '../http.ts';
import type { FeedEventView } from '../openapi.ts';
import type { SyncEvent } from './sync-event.ts';

/** Most that the server gives at once. */
const pageSize = 500;

export type MissedPage = {
  events: SyncEvent[];
  /** Where the next page begins. */
  cursor: string;
  /** True when everything before `until` has been given. */
  isAll: boolean;
};

/**
 * One page of what came after the cursor `after` and is visible at `until`. Throws a TillstreamError, with status 410
 * (`events.resync`) where the log cannot be continued from there.
 */
export async function readMissed(
  http: Http,
  { scopeId, after, until }: { scopeId: string; after: string; until: string },
): Promise<MissedPage> {
  const query = { after, until, scope: scopeId, limit: pageSize };
  const page = await unwrap(http.GET('/v1/events', { params: { query } }));
  return { events: page.items.map(eventOf), cursor: page.nextCursor, isAll: page.caughtUp };
}

function eventOf(view: FeedEventView): SyncEvent {
  return { ...view, timestamp: new Date(view.timestamp), recordedAt: new Date(view.recordedAt) };
}
