// After a look back: each business day that lies in it whole, at the vendor beside the books. The look back has booked
// whatever it found, so a day that still differs differs for a reason that a person must see; one that it had to repair
// tells of a hole in the feed. What is missing is fetched by its id once more before it is told.

import { businessDate } from '../business-date.ts';
import type { DocumentReference, VendorDocument } from '../connectors/connector.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import type { SaleAtVendor, TillRun } from '../polling/till-run.ts';
import type { SyncRow } from '../syncs/queries.ts';
import { daysEarlier, gapsOf } from './check-receipts.ts';
import { compareDay, type DayComparison, type DaySale } from './compare-day.ts';
import { keepComparison } from './keep-comparison.ts';
import { keepSeen, loadBookedDays, loadReceipts, loadSeen } from './queries.ts';

const healedMax = 50;

/** `sync` has read all its pages, and what they said is kept. Throws what fetching and booking throw. */
export async function proveDays(run: TillRun, sync: SyncRow): Promise<void> {
  const { till } = run;
  const seen = await run.inTransaction((tx) => loadSeen(tx, sync));
  const standing = new Set(seen.standing);
  const dateOf = (at: Date) => businessDate(at, till.timeZone, till.closingHour);
  // The day on which the look back begins is whole if it begins with it; the one on which it ends runs still.
  const days = daysBetween(dateOf(sync.since), dateOf(sync.until)).slice(0, -1);
  const [first, last] = [days[0], days.at(-1)];
  if (first === undefined || last === undefined) return;
  let booked = await run.inTransaction((tx) => loadBookedDays(tx, { ...till, from: first, to: last }));
  const atVendor = new Map(seen.sales.map((sale) => [`${sale.kind}/${sale.externalId}`, sale]));
  countStanding(booked, standing, atVendor);
  const differing = compareDay(within([...atVendor.values()], first, last), booked);
  if (await fetchDiffering(run, { ...differing, sync, standing }, atVendor)) {
    booked = await run.inTransaction((tx) => loadBookedDays(tx, { ...till, from: first, to: last }));
  }
  const receipts = await run.inTransaction((tx) => loadReceipts(tx, { ...till, from: daysEarlier(first), to: last }));
  countStanding(booked, standing, atVendor);
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
 * Of a refund that grew the vendor names the last part alone. What was booked of it before is the vendor's too: the last
 * part is what the vendor's sum leaves over of those, so that one which were wrong would show there.
 */
function countStanding(
  booked: readonly DaySale[],
  standing: ReadonlySet<string>,
  atVendor: Map<string, SaleAtVendor>,
): void {
  for (const refund of booked) {
    const key = `${refund.kind}/${refund.externalId}`;
    if (refund.kind !== 'refund' || !standing.has(refund.externalId) || atVendor.has(key)) continue;
    atVendor.set(key, { ...refund, isNews: false });
  }
}

interface Differing extends DayComparison {
  readonly sync: SyncRow;
  /** Refunds in the books that what was read counts without naming them; what is found missing may add to them. */
  readonly standing: Set<string>;
}

/**
 * Asks for each sale that differs by its id: it may have changed since its page was read. True where anything was booked.
 */
async function fetchDiffering(
  run: TillRun,
  { differences, sync, standing }: Differing,
  atVendor: Map<string, SaleAtVendor>,
): Promise<boolean> {
  let isNew = false;
  for (const { kind, externalId } of differences.slice(0, healedMax)) {
    const what = { kind: kind === 'sale' ? 'order' : 'refund', id: externalId } as const;
    const documents = await fetchOne(run, { ...what, changedSince: sync.since });
    const { sales, created, updated, standing: counted } = await run.book(documents);
    // That it was missing stays known if the proof ends here: the next one finds it booked.
    await run.inTransaction((tx) => keepSeen(tx, sync, { sales, standing: counted }));
    for (const externalId of counted) standing.add(externalId);
    for (const sale of sales) atVendor.set(`${sale.kind}/${sale.externalId}`, sale);
    isNew ||= created + updated > 0;
  }
  return isNew;
}

async function fetchOne({ open }: TillRun, reference: DocumentReference): Promise<readonly VendorDocument[]> {
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
