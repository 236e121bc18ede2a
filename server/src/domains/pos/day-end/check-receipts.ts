// Looks through the days of tills that push their sales: nobody can be asked what was sold, but receipts are numbered, and a
// hole in the numbers is a sale that nobody sent. Once a night, for three nights a day, and when somebody asks for it.
import { backgroundActor } from '../../../platform/actor.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database, Tx } from '../../../platform/database.ts';
import { createLoop, type Loop } from '../../../platform/loop.ts';
import { totalsOf } from './compare-day.ts';
import { keepProof, listUncheckedDays, loadBookedDays, loadReceipts, type UncheckedDay } from './queries.ts';
import { findReceiptGaps } from './receipt-gaps.ts';

const intervalMs = 10 * 60_000;
const daysAtOnce = 100;
/** Where the number of the last receipt before a day is looked for: longer than shops are closed for. */
export const daysBefore = 7;
const dayMs = 86_400_000;

const actor = backgroundActor('receipt checks');

export interface ReceiptCheckParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Two nodes may run it at once: both come to the same. */
export function createReceiptChecker({ db, clock, onError }: ReceiptCheckParts): Loop {
  return createLoop({
    name: 'receipt checks',
    intervalMs,
    onError,
    async work(signal) {
      for (let checked = daysAtOnce; checked === daysAtOnce && !signal.aborted; ) {
        const days = await db.transaction(actor, (tx) => listUncheckedDays(tx, clock.now(), daysAtOnce));
        for (const day of days) await db.transaction(actor, (tx) => checkReceipts(tx, day));
        checked = days.length;
      }
    },
  });
}

/** Writes down what is booked of the day, and which receipts it lacks. */
export async function checkReceipts(tx: Tx, day: UncheckedDay): Promise<void> {
  const { locationId, posSystemId, franchiseId, franchiseeId, businessDate } = day;
  const key = { locationId, posSystemId };
  const booked = await loadBookedDays(tx, { ...key, from: businessDate, to: businessDate });
  const receipts = await loadReceipts(tx, { ...key, from: daysEarlier(businessDate), to: businessDate });
  await keepProof(tx, {
    ...{ ...key, franchiseId, franchiseeId, businessDate },
    ...{ state: 'unproven', vendor: null, booked: totalsOf(booked), differences: [], repaired: 0 },
    receiptGaps: gapsOf(businessDate, receipts),
  });
}

type DayReceipts = Awaited<ReturnType<typeof loadReceipts>>;

/** Of one day, `receipts` being those of the days before it as well. */
export function gapsOf(businessDate: string, receipts: DayReceipts) {
  const own = receipts.filter((receipt) => receipt.businessDate === businessDate);
  const first = daysEarlier(businessDate);
  const before = receipts.filter((receipt) => receipt.businessDate < businessDate && receipt.businessDate >= first);
  return findReceiptGaps(own, before);
}

export function daysEarlier(businessDate: string): string {
  return new Date(Date.parse(`${businessDate}T00:00:00Z`) - daysBefore * dayMs).toISOString().slice(0, 10);
}
