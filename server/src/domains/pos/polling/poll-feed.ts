// The guarantee: everything that changed at the vendor, window after window. A window's end is frozen before its first
// page, its beginning reaches back behind the last one's end because feeds are only eventually consistent, and the cursor
// moves only when the last page is booked.
import type { ChangeWindow } from '../connectors/connector.ts';
import { keepPlace, moveCursor } from './queries.ts';
import { readChanges } from './read-changes.ts';
import type { TillRun } from './till-run.ts';

/** A till that was paused for months is read in pieces, below every make's own limit for a window. */
const windowMsMax = 7 * 86_400_000;

export interface Polled {
  /** False where the run's share ended in the middle; the next run goes on there. */
  readonly isThrough: boolean;
}

/** Throws VendorFailure, LeaseLost, and what booking throws. */
export async function pollFeed(run: TillRun): Promise<Polled> {
  const { till, open } = run;
  const { overlapMs, lagMs } = open.connector.pace;
  let cursorAt = till.cursorAt;
  let place = till.windowTo === null ? null : { to: till.windowTo, resumeAt: till.resumeAt };
  for (;;) {
    const newest = run.vendorNow().getTime() - lagMs;
    const to = place?.to ?? new Date(windowEnd(run, cursorAt.getTime(), newest));
    const from = new Date(Math.max(cursorAt.getTime() - overlapMs, till.floorAt.getTime()));
    // By its own clock the vendor has not come so far: what it shows is booked, and asked for again the next time.
    const movesTo = to.getTime() <= newest ? to : cursorAt;
    if (!(await readWindow(run, { from, to, movesTo }, place?.resumeAt ?? null))) return { isThrough: false };
    cursorAt = to;
    place = null;
    if (to.getTime() >= newest) return { isThrough: true };
    if (run.isOverdue()) return { isThrough: false };
  }
}

/**
 * Where the vendor's clock stands or was set back, and where the time that it tells is nonsense, nothing lies between the
 * cursor and now. It is asked all the same, up to our own now: a till must not fall silent for a header.
 */
function windowEnd({ clock, open }: TillRun, cursorMs: number, newestMs: number): number {
  const ourNewestMs = clock.now().getTime() - open.connector.pace.lagMs;
  const wanted = newestMs > cursorMs ? newestMs : Math.max(cursorMs, ourNewestMs);
  return Math.min(wanted, cursorMs + windowMsMax);
}

interface FeedWindow extends ChangeWindow {
  /** Where the cursor is once the window is through. */
  readonly movesTo: Date;
}

/** False where it stopped before the last page. */
async function readWindow(run: TillRun, window: FeedWindow, resumeAt: string | null): Promise<boolean> {
  const { held } = run;
  let isNews = false;
  for await (const page of readChanges(run, window, resumeAt)) {
    const { created, updated } = await run.book(page.documents);
    isNews ||= created + updated > 0;
    const next = page.resumeAt;
    if (next === null) {
      await run.keep((tx) => moveCursor(tx, held, { to: window.movesTo, isNews }));
      return true;
    }
    await run.keep((tx) => keepPlace(tx, held, { windowTo: window.to, resumeAt: next }));
    if (run.isOverdue()) return false;
  }
  // A feed without a last page has none: an empty window.
  await run.keep((tx) => moveCursor(tx, held, { to: window.movesTo, isNews }));
  return true;
}
