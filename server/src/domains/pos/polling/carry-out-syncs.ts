// Carries out what was wished to be fetched besides the feed: in slices, newest first, page by page, so that the till's
// feed has its turn in between. A look back over days that are over ends in a proof of each of them; what its pages said
// is kept with the place until then.
import { proveDays } from '../day-end/prove-days.ts';
import { forgetSeen, keepSeen } from '../day-end/queries.ts';
import { beginSync, finishSync, openSyncs, restartSync, type SyncRow, stepSync } from '../syncs/queries.ts';
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
  const sync = await begin(run, wished);
  let place = { reachedAt: sync.reachedAt, resumeAt: sync.resumeAt };
  while (place.reachedAt > sync.since) {
    const from = new Date(Math.max(sync.since.getTime(), place.reachedAt.getTime() - sliceMs(sync, place.reachedAt)));
    const to = place.reachedAt;
    for await (const page of readChanges(run, { from, to }, place.resumeAt)) {
      const { sales, standing, ...figures } = await run.book(page.documents);
      place = { reachedAt: page.resumeAt === null ? from : place.reachedAt, resumeAt: page.resumeAt };
      const step = { ...place, ...figures, pages: 1, documents: page.documents.length, holder: run.held.holder };
      await run.inTransaction(async (tx) => {
        refuseLost(await stepSync(tx, sync, step));
        if (isProof(sync)) await keepSeen(tx, sync, { sales: newestOf(sales), standing });
      });
      if (run.isOverdue()) return false;
    }
    // A feed that has no page has nothing in this slice.
    if (place.reachedAt > from) place = { reachedAt: from, resumeAt: null };
  }
  if (isProof(sync)) await proveDays(run, sync);
  await run.inTransaction(async (tx) => {
    await finishSync(tx, sync);
    await forgetSeen(tx, sync.locationId, [sync.id]);
  });
  return true;
}

const isProof = ({ reason }: SyncRow): boolean => reason !== 'requested';

function begin({ till, inTransaction, vendorNow }: TillRun, wished: SyncRow): Promise<SyncRow> {
  return inTransaction(async (tx) => {
    const sync = await beginSync(tx, wished, vendorNow());
    if (!isProof(sync) || sync.edition === till.edition) return sync;
    // Its first run, or the till is another since: what the former merchant's pages said proves nothing.
    await forgetSeen(tx, sync.locationId, [sync.id]);
    return restartSync(tx, sync, till.edition);
  });
}

/** A page may hold a sale more than once; its highest version counts, and once it was news it stays so. */
function newestOf(sales: readonly SaleAtVendor[]): SaleAtVendor[] {
  const newest = new Map<string, SaleAtVendor>();
  for (const sale of sales) {
    const key = `${sale.kind}/${sale.externalId}`;
    const known = newest.get(key);
    const isNews = sale.isNews || (known?.isNews ?? false);
    newest.set(key, { ...(known === undefined || known.version <= sale.version ? sale : known), isNews });
  }
  return [...newest.values()];
}
