// The sales of a shop, each at its highest version, and one of them.
import { z } from 'zod';
import { readSnapshot, type SnapshotPage } from '../../../events/index.ts';
import { type Caller, locationNotFound, requirePermission } from '../../../identity/index.ts';
import type { Database } from '../../../platform/database.ts';
import { decodeCursor, type ListQuery, makePage } from '../../../platform/http-lists.ts';
import { noSuchTransaction } from '../errors.ts';
import { loadShops } from '../queries.ts';
import { findTransaction, listTransactionRows, type TransactionRow } from './queries.ts';

const list = 'transactions';
const cursorKey = z.tuple([z.iso.datetime(), z.uuid()]);

export interface TransactionQuery extends ListQuery {
  readonly locationId: string;
  readonly from: Date | null;
  readonly to: Date | null;
}

/** Newest first, with where in the feed the page is true. Throws `identity.location_not_found`, also for a foreign shop, or `identity.forbidden`. */
export async function listTransactions(
  db: Database,
  caller: Caller,
  { locationId, from, to, limit, after }: TransactionQuery,
): Promise<SnapshotPage<TransactionRow>> {
  const key = decodeCursor(list, after, cursorKey);
  const before = key === null ? null : { occurredAt: key[0], id: key[1] };
  const { read: rows, feedCursor } = await readSnapshot(db, caller, async (tx) => {
    const [shop] = await loadShops(tx, [locationId]);
    if (shop === undefined) throw locationNotFound(`There is no location ${locationId}.`);
    requirePermission(caller, 'sales.read', shop);
    return listTransactionRows(tx, { locationId, from, to, limit: limit + 1, before });
  });
  const page = makePage(rows, limit, { list, keyOf: ({ occurredAt, id }) => [occurredAt.toISOString(), id] });
  return { ...page, feedCursor };
}

/** Throws `pos.transaction_not_found`, also for a foreign shop's sale, or `identity.forbidden`. */
export async function readTransaction(db: Database, caller: Caller, id: string): Promise<TransactionRow> {
  const transaction = await db.transaction(caller, (tx) => findTransaction(tx, id));
  if (transaction === null) throw noSuchTransaction(`There is no sale ${id}.`);
  requirePermission(caller, 'sales.read', transaction);
  return transaction;
}
