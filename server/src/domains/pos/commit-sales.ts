// Brings a batch of sales into the database, whatever is in it: one group commit, and where that fails on account of a
// sale, halves of it, until the culprit stands alone and is kept as an error while the others are booked.
import { ingestActor } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { AppError } from '../../platform/errors.ts';
import { internalError } from '../../platform/http-errors.ts';
import type { Logger } from '../../platform/logger.ts';
import { bookSales } from './book-sales.ts';
import { faultDetail, faultOf } from './commit-fault.ts';
import { notBookable, notDurable } from './errors.ts';
import type { SaleResult } from './sale.ts';
import type { WaitingSale } from './waiting-sale.ts';

/** What became of one sale: its result, durable, or the error with which its request fails, to be sent again. */
export type Outcome = { readonly result: SaleResult } | { readonly failure: AppError };

export interface CommitParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Never rejects. One outcome a sale, in order; sales before a failed one may be booked and answer "duplicate" later. */
export async function commitSales(parts: CommitParts, sales: readonly WaitingSale[]): Promise<Outcome[]> {
  try {
    const actor = ingestActor({
      locationIds: new Set(sales.map(({ system }) => system.locationId)),
      franchiseIds: new Set(sales.map(({ system }) => system.franchiseId)),
    });
    const results = await parts.db.transaction(actor, (tx) => bookSales(tx, sales, parts.clock.now()));
    return results.map((result) => ({ result }));
  } catch (error) {
    return afterFailure(parts, sales, error);
  }
}

async function afterFailure(parts: CommitParts, sales: readonly WaitingSale[], error: unknown): Promise<Outcome[]> {
  const fault = faultOf(error);
  if (fault === 'database') {
    parts.logger.warn({ err: error, sales: sales.length }, 'a group commit did not reach the database');
    return sales.map(() => ({ failure: tryAgain() }));
  }
  if (sales.length > 1) {
    const middle = Math.ceil(sales.length / 2);
    // One after the other: versions of one sale keep their order, and the location's lock admits only one anyway.
    const first = await commitSales(parts, sales.slice(0, middle));
    return [...first, ...(await commitSales(parts, sales.slice(middle)))];
  }
  const [culprit] = sales;
  if (fault === 'sale' && culprit?.parsed.ok === true) return commitSales(parts, [asRefused(culprit, error)]);
  parts.logger.error({ err: error }, 'a sale could be neither booked nor kept');
  return sales.map(() => ({
    failure: internalError('A sale of the request could not be booked; it has been logged.', { cause: error }),
  }));
}

function asRefused(culprit: WaitingSale, error: unknown): WaitingSale {
  const { externalId, kind, version } = culprit.parsed.ok ? culprit.parsed.sale : culprit.parsed.refusal;
  const refusal = {
    externalId,
    ...(kind && { kind }),
    version,
    code: notBookable.definition.code,
    detail: faultDetail(error),
  };
  return { ...culprit, parsed: { ok: false, refusal } };
}

const retryAfterSeconds = '2';

function tryAgain(): AppError {
  const detail = 'The database could not confirm the sales of this request.';
  return notDurable(detail, { headers: { 'retry-after': retryAfterSeconds } });
}
