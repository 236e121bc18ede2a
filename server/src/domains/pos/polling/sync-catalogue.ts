// What a vendor's items are called and which SKUs they have, for the lines of sales: all of them the first time, later
// what has changed. Sales do not wait for them: a vendor that refuses its items, or hangs at them, is noted.
import { VendorFailure } from '../connectors/vendor-failure.ts';
import { keepCatalogueFailure, keepCatalogueTime } from './queries.ts';
import type { TillRun } from './till-run.ts';

/** A change that was made while the last reading went on is read again. */
const overlapMs = 10 * 60_000;
const everyMs = 3 * 3_600_000;
/** After a failure, which may be one of a right that somebody has to give. */
const againMs = 10 * 60_000;

/** A failed reading is not repeated at every run; one that was never made, or long ago, is due. */
export function isCatalogueDue({ till, clock }: Pick<TillRun, 'till' | 'clock'>): boolean {
  const nowMs = clock.now().getTime();
  const { catalogueAt, catalogueFailedAt } = till;
  if (catalogueFailedAt !== null) return nowMs - catalogueFailedAt.getTime() > againMs;
  return catalogueAt === null || nowMs - catalogueAt.getTime() > everyMs;
}

/** Throws VendorFailure only for what concerns the sales too. */
export async function syncCatalogue(run: TillRun): Promise<void> {
  const { till, open } = run;
  const startedAt = run.clock.now();
  const since =
    till.catalogueAt === null ? null : new Date(till.catalogueAt.getTime() + till.vendorOffsetMs - overlapMs);
  try {
    for await (const items of open.connector.fetchCatalogue(open.connection, since)) await run.keepItems(items);
  } catch (error) {
    if (!(error instanceof VendorFailure) || concernsSales(error, till.failuresInRow)) throw error;
    const detail = run.withoutSecrets(error.message);
    return run.inTransaction((tx) => keepCatalogueFailure(tx, run.held, { at: startedAt, detail }));
  }
  await run.inTransaction((tx) => keepCatalogueTime(tx, run.held, startedAt));
}

const patience = 2;

/**
 * A token that is not taken is renewed, and what passes is tried again before any line is booked without its item, but
 * not for ever: the items alone may be what hangs.
 */
function concernsSales({ kind }: VendorFailure, failuresInRow: number): boolean {
  if (kind === 'unauthorised') return true;
  return (kind === 'unavailable' || kind === 'rate_limited') && failuresInRow < patience;
}
