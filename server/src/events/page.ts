// A page of the log: what readers are given, whether it comes from the database (read-log.ts) or from memory
// (recent-events.ts). Both end a page by the rules here, so that a reader may change between them from page to page.
import { advance, type PageEnd, type Position } from './position.ts';
import { parseSnapshot } from './snapshot.ts';
import { contains } from './snapshot-order.ts';
import type { StoredEvent } from './stored-event.ts';

export interface Page {
  /** In the order of their numbers: a transaction that changed what another had changed comes after it. */
  readonly events: readonly StoredEvent[];
  readonly position: Position;
  /** False where more is known to be waiting: read on at once. */
  readonly caughtUp: boolean;
}

export interface PageOptions {
  /** Most events of the page. */
  readonly limit: number;
  /** Only events owned by this location, franchisee or franchise (for a franchise: all below it). */
  readonly scope?: string;
  /** Read only what is visible there, not up to now: how a reader joins a stream that begins at that position. */
  readonly until?: Position;
}

/** Where a reader that wants to be at `until` stops. An earlier moment than the true one only makes later reads wider. */
export function endOf(until: Position | undefined): PageEnd | null {
  return until === undefined ? null : { snapshot: until.from, at: until.pending.at };
}

/** Whether the reader has all that is visible at `until` already. */
export function isReached(position: Position, until: Position | undefined): boolean {
  if (until === undefined || position.to !== null) return false;
  return contains(parseSnapshot(position.from), parseSnapshot(until.from));
}

/**
 * The page that these events are, which are all that lies up to `to` unless they are as many as were asked for. `lastSeq`:
 * the highest number that became visible up to there, where not all were wanted.
 */
export function pageOf(
  events: readonly StoredEvent[],
  position: Position,
  { to, limit, until, ...seen }: PageOptions & { readonly to: PageEnd; readonly lastSeq?: number },
): Page {
  const last = events.at(-1)?.seq ?? position.afterSeq;
  if (events.length >= limit) return { events, position: { ...position, to, afterSeq: last }, caughtUp: false };
  const end = advance(position, to, seen.lastSeq ?? last);
  if (until === undefined) return { events, position: end, caughtUp: true };
  // Pages that were begun before end where they began to; from there it goes on to `until`.
  const isAtEnd = isReached(end, until);
  return { events, position: isAtEnd && position.to === null ? until : end, caughtUp: isAtEnd };
}
