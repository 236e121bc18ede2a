// Books what waits under one name of one till, a bounded number of lines a transaction: each leaves the queue with its
// movement or not at all, so what is interrupted goes on where it stopped, whoever goes on.
import { ingestActor } from '../../../identity/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import type { Logger } from '../../../platform/logger.ts';
import type { CounterMetric, Metrics } from '../../../platform/metrics.ts';
import { faultDetail, faultOf } from '../commit-fault.ts';
import { bookWaitingLines } from './book-waiting-lines.ts';
import { type LinePlace, loadWaitingLines, type WaitingName } from './queries.ts';

export interface BookingParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly booked: CounterMetric<Record<never, never>>;
}

export function createBookedCounter(metrics: Metrics): BookingParts['booked'] {
  return metrics.counter({
    name: 'tillstream_waiting_lines_booked_total',
    help: 'Sale lines booked after they had waited for their product to be known.',
  });
}

export interface BookingLimits {
  /** Lines of one transaction: for so long the shop's sales wait. */
  readonly chunkLines: number;
  /** Lines that are looked at, at most. */
  readonly linesMax: number;
}

export const chunkLinesDefault = 200;

export interface BookedName {
  readonly booked: number;
  /** Lines that the database or a rule of stock refuses, passed over and left waiting. */
  readonly refused: number;
  /** Whether all lines were looked at. */
  readonly isDone: boolean;
}

/**
 * Books the lines that wait under this name until none is left or `linesMax` were looked at. A line that cannot be booked is
 * found by halving and passed over, so that it holds up no other. Throws what the database throws; what is booked by
 * then stays booked.
 */
export async function bookName(
  parts: BookingParts,
  name: WaitingName,
  { chunkLines, linesMax }: BookingLimits,
): Promise<BookedName> {
  let [booked, refused, looked] = [0, 0, 0];
  let after: LinePlace | null = null;
  for (let limit = Math.min(chunkLines, linesMax); looked < linesMax; ) {
    try {
      const page = await bookPage(parts, name, { after, limit });
      booked += page.booked;
      looked += page.looked;
      if (page.looked < limit) return { booked, refused, isDone: true };
      after = page.last;
      limit = Math.min(limit * 2, chunkLines, linesMax - looked);
    } catch (error) {
      if (faultOf(error) !== 'sale') throw error;
      if (limit > 1) {
        limit = Math.ceil(limit / 2);
        continue;
      }
      parts.logger.error({ err: error, ...name, after }, `a waiting line stays: ${faultDetail(error)}`);
      after = await placeBehind(parts, name, after);
      refused += 1;
      looked += 1;
    }
  }
  return { booked, refused, isDone: false };
}

async function bookPage(
  { db, clock, booked }: BookingParts,
  name: WaitingName,
  page: { readonly after: LinePlace | null; readonly limit: number },
) {
  const result = await db.transaction(bookerOf(name), (tx) =>
    bookWaitingLines(tx, name, { ...page, now: clock.now() }),
  );
  if (result.booked > 0) booked.add({}, result.booked);
  return result;
}

/** Where the line stands that a page of one begins with. */
async function placeBehind({ db }: BookingParts, name: WaitingName, after: LinePlace | null) {
  const [line] = await db.transaction(bookerOf(name), (tx) => loadWaitingLines(tx, name, { after, limit: 1 }));
  return line ?? after;
}

function bookerOf({ locationId, franchiseId }: WaitingName) {
  return ingestActor({ locationIds: [locationId], franchiseIds: [franchiseId] });
}
