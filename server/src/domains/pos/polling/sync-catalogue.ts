// What a vendor's items are called and which SKUs they have, for the lines of sales: all of them the first time, later
// what has changed.
import { keepCatalogueTime } from './queries.ts';
import type { TillRun } from './till-run.ts';

/** A change that was made while the last reading went on is read again. */
const overlapMs = 10 * 60_000;

/** Throws VendorFailure. */
export async function syncCatalogue(run: TillRun): Promise<void> {
  const { till, open } = run;
  const startedAt = run.clock.now();
  const since =
    till.catalogueAt === null ? null : new Date(till.catalogueAt.getTime() + till.vendorOffsetMs - overlapMs);
  for await (const items of open.connector.fetchCatalogue(open.connection, since)) await run.keepItems(items);
  await run.inTransaction((tx) => keepCatalogueTime(tx, run.held, startedAt));
}
