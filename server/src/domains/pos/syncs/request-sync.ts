// Somebody wishes to have a till's sales fetched now. The wish is kept, the till is due at once, and whichever node runs
// it next carries it out; how far it has come can be watched.
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import { type Caller, requirePermission } from '../../../identity/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database, Tx } from '../../../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../../platform/http-lists.ts';
import { noSuchSync, noSuchSystem, notConnected, syncOutOfRange, tooManySyncs } from '../errors.ts';
import { wakeTill } from '../polling/queries.ts';
import { findSystem, type SystemRow } from '../systems/queries.ts';
import { findSync, insertSync, isConnected, listSyncs as listSyncRows, openSyncs, type SyncRow } from './queries.ts';

export interface SyncParts {
  readonly db: Database;
  readonly clock: Clock;
  /** Tells this node's poller; others find it by themselves. */
  readonly wakePoller: () => void;
}

const sinceMax = 2 * 366 * 86_400_000;
/** Each reads its own days, one after the other: a program that asks on and on would keep its till busy for ever. */
const openMax = 20;

/**
 * Throws `pos.system_not_found`, `identity.forbidden`, `pos.not_connected` for a till that is not asked or is paused, and
 * `pos.sync_out_of_range`, `pos.too_many_syncs`.
 */
export async function requestSync(
  { db, clock, wakePoller }: SyncParts,
  caller: Caller,
  { posSystemId, since }: { readonly posSystemId: string; readonly since: Date | null },
): Promise<SyncRow> {
  const made = await db.transaction(caller, async (tx) => {
    const system = await findOwn(tx, caller, { posSystemId, action: 'pos.manage' });
    const key = { locationId: system.locationId, posSystemId };
    if (!(await isConnected(tx, key)))
      throw notConnected(`The till "${system.name}" is not asked: it is paused or has no vendor.`);
    const until = new Date(clock.now().getTime() + (system.health?.vendorOffsetMs ?? 0));
    refuseOutOfRange(since, until);
    if ((await openSyncs(tx, key)).length >= openMax) {
      throw tooManySyncs(`${openMax} syncs of the till "${system.name}" are not through yet.`);
    }
    await wakeTill(tx, key, 0);
    const { franchiseId, franchiseeId } = system;
    const from = since ?? new Date(system.health?.cursorAt ?? until);
    const row = { ...key, franchiseId, franchiseeId, reason: 'requested', requestedBy: caller.id } as const;
    return insertSync(tx, { ...row, id: uuidv7(), since: from, until: from > until ? from : until });
  });
  wakePoller();
  return made;
}

/** By the vendor's clock, as everything about windows. */
function refuseOutOfRange(since: Date | null, now: Date): void {
  if (since === null || (since <= now && now.getTime() - since.getTime() <= sinceMax)) return;
  throw syncOutOfRange(`since ${since.toISOString()} is not within the two years before ${now.toISOString()}.`);
}

/** Throws `pos.system_not_found`, `pos.sync_not_found` or `identity.forbidden`. */
export function readSync(
  db: Database,
  caller: Caller,
  { posSystemId, id }: { readonly posSystemId: string; readonly id: string },
): Promise<SyncRow> {
  return db.transaction(caller, async (tx) => {
    const { locationId } = await findOwn(tx, caller, { posSystemId, action: 'pos.read' });
    const sync = await findSync(tx, { locationId, posSystemId, id });
    if (sync === null) throw noSuchSync(`The till ${posSystemId} has no sync ${id}.`);
    return sync;
  });
}

const list = 'pos-syncs';

/** Newest first. Throws as above. */
export async function listSyncs(
  db: Database,
  caller: Caller,
  { posSystemId, limit, after }: ListQuery & { readonly posSystemId: string },
): Promise<Page<SyncRow>> {
  const key = decodeCursor(list, after, z.tuple([z.uuid()]));
  const rows = await db.transaction(caller, async (tx) => {
    const { locationId } = await findOwn(tx, caller, { posSystemId, action: 'pos.read' });
    return listSyncRows(tx, { locationId, posSystemId, after: key?.[0] ?? null, limit: limit + 1 });
  });
  return makePage(rows, limit, { list, keyOf: ({ id }) => [id] });
}

/** The till, if the caller sees it and may do that to it. */
export async function findOwn(
  tx: Tx,
  caller: Caller,
  { posSystemId, action }: { readonly posSystemId: string; readonly action: 'pos.read' | 'pos.manage' },
): Promise<SystemRow> {
  const system = await findSystem(tx, posSystemId);
  if (system === null) throw noSuchSystem(`There is no POS system ${posSystemId}.`);
  requirePermission(caller, action, system);
  return system;
}
