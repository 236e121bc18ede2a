// After a look back: each business day that lies in it whole, at the vendor beside the books. The look back has booked
// whatever it found, so a day that still differs differs for a reason that a person must see; one that it had to repair
// tells of a hole in the feed. What is missing is fetched by its id once more before it is told.

import { businessDate } from '../business-date.ts';
import type { VendorDocument } from '../connectors/connector.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import type { SaleAtVendor, TillRun } from '../polling/till-run.ts';
import type { SyncRow } from '../syncs/queries.ts';
import { daysEarlier, gapsOf } from './check-receipts.ts';
import { compareDay, type DayComparison } from './compare-day.ts';
import { keepComparison } from './keep-comparison.ts';
import { loadBookedDays, loadReceipts } from './queries.ts';

const healedMax = 50;

/** `sales`: all that the look back has read. Throws what fetching and booking throw. */
export async function proveDays(run: TillRun, sync: SyncRow, sales: readonly SaleAtVendor[]): Promise<void> {
  const { till } = run;
  const dateOf = (at: Date) => businessDate(at, till.timeZone, till.closingHour);
  // The day on which the look back begins is whole if it begins with it; the one on which it ends runs still.
  const days = daysBetween(dateOf(sync.since), dateOf(sync.until)).slice(0, -1);
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return;
  let booked = await run.inTransaction((tx) => loadBookedDays(tx, { ...till, from: first, to: last }));
  const atVendor = new Map(sales.map((sale) => [`${sale.kind}/${sale.externalId}`, sale]));
  if (await fetchDiffering(run, compareDay(within(sales, first, last), booked), atVendor)) {
    booked = await run.inTransaction((tx) => loadBookedDays(tx, { ...till, from: first, to: last }));
  }
  const receipts = await run.inTransaction((tx) => loadReceipts(tx, { ...till, from: daysEarlier(first), to: last }));
  for (const day of days) {
    const ours = booked.filter((sale) => sale.businessDate === day);
    const theirs = [...atVendor.values()].filter((sale) => sale.businessDate === day);
    const comparison = compareDay(theirs, ours);
    const isEqual = comparison.differences.length === 0;
    const repaired = theirs.filter(({ isNews }) => isNews).length;
    const proof = {
      ...till,
      businessDate: day,
      state: isEqual ? (repaired > 0 ? ('healed' as const) : ('equal' as const)) : ('different' as const),
      ...comparison,
      receiptGaps: gapsOf(day, receipts),
      repaired,
    };
    await run.inTransaction((tx) => keepComparison(tx, proof, run.clock.now()));
  }
}

function within(sales: readonly SaleAtVendor[], first: string, last: string): SaleAtVendor[] {
  return sales.filter(({ businessDate: day }) => day >= first && day <= last);
}

/**
 * Asks for each sale that differs by its id: it may have changed since its page was read. True where anything was booked.
 */
async function fetchDiffering(
  run: TillRun,
  { differences }: DayComparison,
  atVendor: Map<string, SaleAtVendor>,
): Promise<boolean> {
  let isNew = false;
  for (const { kind, externalId } of differences.slice(0, healedMax)) {
    const documents = await fetchOne(run, { kind: kind === 'sale' ? 'order' : 'refund', id: externalId });
    const { sales, created, updated } = await run.book(documents);
    for (const sale of sales) atVendor.set(`${sale.kind}/${sale.externalId}`, sale);
    isNew ||= created + updated > 0;
  }
  return isNew;
}

async function fetchOne(
  { open }: TillRun,
  reference: { readonly kind: 'order' | 'refund'; readonly id: string },
): Promise<readonly VendorDocument[]> {
  try {
    return await open.connector.fetchOne(open.connection, reference);
  } catch (error) {
    // The vendor knows nothing of it: that is the difference.
    if (error instanceof VendorFailure && (error.kind === 'not_found' || error.kind === 'refused')) return [];
    throw error;
  }
}

/** Each calendar day from one to the other, both included. */
function daysBetween(first: string, last: string): string[] {
  const days: string[] = [];
  for (let day = new Date(`${first}T00:00:00Z`); ; day = new Date(day.getTime() + 86_400_000)) {
    const text = day.toISOString().slice(0, 10);
    if (text > last) return days;
    days.push(text);
  }
}
