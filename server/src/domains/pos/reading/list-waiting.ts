// What waits for people: elements that were refused, and products that nobody has mapped.
import { z } from 'zod';
import { type Caller, locationNotFound, narrowTo, requirePermission } from '../../../identity/index.ts';
import type { Database, Tx } from '../../../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../../platform/http-lists.ts';
import { noSuchSystem } from '../errors.ts';
import { loadShops } from '../queries.ts';
import { findSystem } from '../systems/queries.ts';
import { listSyncErrorRows, listUnmappedProducts, type SyncErrorView, type UnmappedProduct } from './queries.ts';

const syncErrors = 'sync-errors';
const unmapped = 'unmapped';

export interface SyncErrorQuery extends ListQuery {
  readonly state?: 'open' | 'resolved';
  readonly locationId?: string;
  readonly posSystemId?: string;
  readonly code?: string;
}

/**
 * Newest first, over all shops whose refused sales the caller may read, or of one shop or system. Throws
 * `identity.location_not_found`, `pos.system_not_found` or `identity.forbidden`.
 */
export async function listSyncErrors(
  db: Database,
  caller: Caller,
  { limit, after, state, locationId, posSystemId, code }: SyncErrorQuery,
): Promise<Page<SyncErrorView>> {
  const key = decodeCursor(syncErrors, after, z.tuple([z.uuid()]));
  const page = {
    limit: limit + 1,
    after: key?.[0] ?? null,
    state: state ?? null,
    locationId: locationId ?? null,
    posSystemId: posSystemId ?? null,
    code: code ?? null,
  };
  const reader = narrowTo(caller, 'sync_errors.read');
  if (page.locationId !== null || page.posSystemId !== null) {
    // As the caller, whose shops may be more than those whose refused sales it may read: that is refused as such.
    await db.transaction(caller, (tx) => requireNamed(tx, caller, page));
  }
  const rows = await db.transaction(reader, (tx) => listSyncErrorRows(tx, page));
  return makePage(rows, limit, { list: syncErrors, keyOf: ({ id }) => [id] });
}

async function requireNamed(
  tx: Tx,
  caller: Caller,
  { locationId, posSystemId }: { readonly locationId: string | null; readonly posSystemId: string | null },
): Promise<void> {
  if (locationId !== null) {
    const [shop] = await loadShops(tx, [locationId]);
    if (shop === undefined) throw locationNotFound(`There is no location ${locationId}.`);
    requirePermission(caller, 'sync_errors.read', shop);
  }
  if (posSystemId !== null) {
    const system = await findSystem(tx, posSystemId);
    if (system === null) throw noSuchSystem(`There is no POS system ${posSystemId}.`);
    requirePermission(caller, 'sync_errors.read', system);
  }
}

export interface UnmappedQuery extends ListQuery {
  readonly posSystemId: string;
}

/** By the vendor's id of the product. Throws `pos.system_not_found` or `identity.forbidden`. */
export async function listUnmapped(
  db: Database,
  caller: Caller,
  { posSystemId, limit, after }: UnmappedQuery,
): Promise<Page<UnmappedProduct>> {
  const key = decodeCursor(unmapped, after, z.tuple([z.string()]));
  const rows = await db.transaction(caller, async (tx) => {
    const system = await findSystem(tx, posSystemId);
    if (system === null) throw noSuchSystem(`There is no POS system ${posSystemId}.`);
    requirePermission(caller, 'pos.read', system);
    return listUnmappedProducts(tx, system, { limit: limit + 1, after: key?.[0] ?? null });
  });
  return makePage(rows, limit, { list: unmapped, keyOf: ({ externalProductId }) => [externalProductId] });
}
