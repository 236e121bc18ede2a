// Carries out what was wished to be fetched besides the feed: in slices, newest first. A look back over days that
// are over is read at once and ends in a proof of each of them.
import { proveDays } from '../day-end/prove-days.ts';
import { beginSync, finishSync, openSyncs, type SyncRow, stepSync } from '../syncs/queries.ts';
import { readChanges } from './read-changes.ts';
import { refuseLost, type SaleAtVendor, type TillRun } from './till-run.ts';

const dayMs = 86_400_000;
/** The last days one by one, so that they are there soon; what lies further back by the week. */
const sliceMs = (sync: SyncRow, reachedAt: Date) =>
  sync.until.getTime() - reachedAt.getTime() < 3 * dayMs ? dayMs : 7 * dayMs;

/** False where the run's share ended before the last was through. Throws VendorFailure, LeaseLost, and what booking throws. */
export async function carryOutSyncs(run: TillRun): Promise<boolean> {
  const { till } = run;
  for (const sync of await run.inTransaction((tx) => openSyncs(tx, till))) {
    if (!(await carryOut(run, sync))) return false;
    if (run.isOverdue()) return false;
  }
  return true;
}

async function carryOut(run: TillRun, wished: SyncRow): Promise<boolean> {
  const sync = await run.inTransaction((tx) => beginSync(tx, wished, run.vendorNow()));
  const isProof = sync.reason !== 'requested';
  // What a proof compares lies in memory; one that was interrupted reads its few days anew.
  const start = isProof ? { ...sync, reachedAt: sync.until, resumeAt: null } : sync;
  const seen = new Map<string, SaleAtVendor>();
  const counted = new Set<string>();
  let place = { reachedAt: start.reachedAt, resumeAt: start.resumeAt };
  while (place.reachedAt > sync.since) {
    const from = new Date(Math.max(sync.since.getTime(), place.reachedAt.getTime() - sliceMs(sync, place.reachedAt)));
    const to = place.reachedAt;
    for await (const page of readChanges(run, { from, to }, place.resumeAt)) {
      const { sales, standing, ...figures } = await run.book(page.documents);
      if (isProof) for (const sale of sales) remember(seen, sale);
      if (isProof) for (const externalId of standing) counted.add(externalId);
      place = { reachedAt: page.resumeAt === null ? from : place.reachedAt, resumeAt: page.resumeAt };
      const step = { ...place, ...figures, pages: 1, documents: page.documents.length, holder: run.held.holder };
      refuseLost(await run.inTransaction((tx) => stepSync(tx, sync, step)));
      if (!isProof && run.isOverdue()) return false;
    }
    // A feed that has no page has nothing in this slice.
    if (place.reachedAt > from) place = { reachedAt: from, resumeAt: null };
  }
  if (isProof) await proveDays(run, sync, { sales: [...seen.values()], standing: counted });
  await run.inTransaction((tx) => finishSync(tx, sync));
  return true;
}

/** A document may come in more than one slice; its highest version counts, and once it was news it stays so. */
function remember(seen: Map<string, SaleAtVendor>, sale: SaleAtVendor): void {
  const key = `${sale.kind}/${sale.externalId}`;
  const known = seen.get(key);
  const isNews = sale.isNews || (known?.isNews ?? false);
  seen.set(key, { ...(known === undefined || known.version <= sale.version ? sale : known), isNews });
}
