// The guarantee: everything that changed at the vendor, window after window. A window's end is frozen before its first
// page, its beginning reaches back behind the last one's end because feeds are only eventually consistent, and the cursor
// moves only when the last page is booked.
import { keepPlace, moveCursor } from './queries.ts';
import { refuseLost, type TillRun } from './till-run.ts';

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
    const to = place?.to ?? new Date(Math.min(newest, cursorAt.getTime() + windowMsMax));
    // Nothing lies between: the vendor's clock stands, or was set back.
    if (to <= cursorAt) return { isThrough: true };
    const from = new Date(Math.max(cursorAt.getTime() - overlapMs, till.floorAt.getTime()));
    if (!(await readWindow(run, { from, to }, place?.resumeAt ?? null))) return { isThrough: false };
    cursorAt = to;
    place = null;
    if (to.getTime() >= newest) return { isThrough: true };
    if (run.isOverdue()) return { isThrough: false };
  }
}

/** False where it stopped before the last page. */
async function readWindow(
  run: TillRun,
  window: { readonly from: Date; readonly to: Date },
  resumeAt: string | null,
): Promise<boolean> {
  const { open, held } = run;
  let isNews = false;
  for await (const page of open.connector.fetchChanges(open.connection, window, resumeAt)) {
    const { created, updated } = await run.book(page.documents);
    isNews ||= created + updated > 0;
    const next = page.resumeAt;
    if (next === null) {
      refuseLost(await run.inTransaction((tx) => moveCursor(tx, held, { to: window.to, isNews })));
      return true;
    }
    refuseLost(await run.inTransaction((tx) => keepPlace(tx, held, { windowTo: window.to, resumeAt: next })));
    if (run.isOverdue()) return false;
  }
  // A feed without a last page has none: an empty window.
  refuseLost(await run.inTransaction((tx) => moveCursor(tx, held, { to: window.to, isNews })));
  return true;
}
