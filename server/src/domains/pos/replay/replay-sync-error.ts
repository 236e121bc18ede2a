// Tries a refused element once more, as it was kept, by the way that every sale takes: parse, lanes, group commit; a
// vendor's document is translated before (translate-again.ts). What
// stood in its way may be gone: a till's clock ahead of time, a currency set wrongly, a rule of ours that was too strict.
//
// The sale is durable before the error is resolved. Killed in between, the error is still open; its next replay finds the
// sale booked and resolves it. So a sale is booked once, however often and by however many it is replayed.
import { type Caller, requirePermission } from '../../../identity/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import { untranslatable } from '../connectors/errors.ts';
import type { ConnectorTable } from '../credentials/connect.ts';
import { alreadyResolved, noSuchSyncError, noSuchSystem } from '../errors.ts';
import { bookInLanes, type IngestParts } from '../ingest-sales.ts';
import { rejected } from '../kept-refusals.ts';
import { parseSale } from '../parse-sale.ts';
import type { SyncErrorView } from '../reading/queries.ts';
import type { SaleResult } from '../sale.ts';
import { findSystemFacts, type SystemFacts } from '../systems/queries.ts';
import { findSyncError, renewSyncError, resolveSyncError } from './queries.ts';
import { findKeptDocument, translateAgain } from './translate-again.ts';

export interface ReplayParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly ingest: IngestParts;
  readonly connectors: ConnectorTable;
}

export interface Replayed {
  /** As the sales route answers it; `rejected` where it is refused still. */
  readonly result: SaleResult;
  readonly syncError: SyncErrorView;
}

/** Throws `pos.sync_error_not_found`, also for a foreign shop's, or `identity.forbidden`. */
export async function readSyncError(db: Database, caller: Caller, id: string): Promise<SyncErrorView> {
  const kept = await db.transaction(caller, (tx) => findSyncError(tx, id));
  if (kept === null) throw notThere(id);
  requirePermission(caller, 'sync_errors.read', kept);
  return kept;
}

/**
 * Books the element and resolves its error; refused again, the error stays open with the reason of today. Of several at
 * once one resolves it. Throws `pos.already_resolved`, `pos.sync_error_not_found`, `identity.forbidden`, and what
 * ingestSales throws where nothing is known yet and the error is as it was.
 */
export async function replaySyncError(parts: ReplayParts, caller: Caller, id: string): Promise<Replayed> {
  const { db, clock, ingest } = parts;
  const { kept, raw, system, document } = await db.transaction(caller, async (tx) => {
    const kept = await findSyncError(tx, id);
    if (kept === null) throw notThere(id);
    requirePermission(caller, 'sync_errors.manage', kept);
    if (kept.state === 'resolved' || kept.rawBody === null) throw resolvedBefore(id);
    const system = await findSystemFacts(tx, kept.posSystemId);
    if (system === null) throw noSuchSystem(`There is no POS system ${kept.posSystemId}.`);
    const isDocument = kept.code === untranslatable.definition.code;
    const document = isDocument ? await findKeptDocument(tx, kept, kept.rawBody) : null;
    return { kept, raw: kept.rawBody, system, document };
  });
  const result =
    document === null
      ? await bookAgain(ingest, { raw, system, now: clock.now(), performedBy: caller.id })
      : await translateAgain(parts, document, caller.id);
  const syncError = await db.transaction(caller, (tx) => {
    if (result.status === 'rejected') {
      const { externalId, code = kept.code, detail = kept.detail } = result;
      return renewSyncError(tx, kept, { externalId, code, detail });
    }
    const { transactionId = null } = result;
    return resolveSyncError(tx, kept, { transactionId, by: caller.id, at: clock.now() });
  });
  if (syncError === null) throw resolvedBefore(id);
  return { result, syncError };
}

interface Attempt {
  readonly raw: Buffer;
  readonly system: SystemFacts;
  readonly now: Date;
  readonly performedBy: string;
}

async function bookAgain(ingest: IngestParts, { raw, system, now, performedBy }: Attempt): Promise<SaleResult> {
  const parsed = parseSale(raw, { now });
  // Nothing to book: it need not queue up to hear so.
  if (!parsed.ok) return rejected(parsed.refusal);
  const [result] = await bookInLanes(ingest, [{ system, performedBy, raw, parsed, isReplay: true }]);
  if (result === undefined) throw new Error('The lanes answered no result for a sale');
  return result;
}

const notThere = (id: string) => noSuchSyncError(`There is no sync error ${id}.`);
const resolvedBefore = (id: string) => alreadyResolved(`The sync error ${id} is resolved.`);
