// The days of a till that were compared with its vendor, and the wish to have one compared now.
import { v7 as uuidv7 } from 'uuid';
import { z } from 'zod';
import type { Caller } from '../../../identity/index.ts';
import { backgroundActor } from '../../../platform/actor.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../../platform/http-lists.ts';
import { dayNotOver, notConnected } from '../errors.ts';
import { wakeTill } from '../polling/queries.ts';
import { findSync, finishSync, insertSync, isConnected, type SyncRow } from '../syncs/queries.ts';
import { findOwn, type SyncParts } from '../syncs/request-sync.ts';
import { checkReceipts } from './check-receipts.ts';
import { businessDayBounds, listProofs, type ProofRow } from './queries.ts';

const actor = backgroundActor('receipt checks');
const list = 'pos-days';
const backMaxMs = 60 * 86_400_000;

/** The newest day first. Throws `pos.system_not_found` and `identity.forbidden`. */
export async function listDays(
  { db }: SyncParts,
  caller: Caller,
  { posSystemId, differing, limit, after }: ListQuery & { readonly posSystemId: string; readonly differing: boolean },
): Promise<Page<ProofRow>> {
  const key = decodeCursor(list, after, z.tuple([z.iso.date()]));
  const rows = await db.transaction(caller, async (tx) => {
    const { locationId } = await findOwn(tx, caller, { posSystemId, action: 'pos.read' });
    return listProofs(tx, { locationId, posSystemId, before: key?.[0] ?? null, limit: limit + 1, differing });
  });
  return makePage(rows, limit, { list, keyOf: ({ businessDate }) => [businessDate] });
}

/**
 * The comparison is carried out by the till's next run, and heals what it can. Throws as above, `pos.not_connected`, and
 * `pos.day_not_over`.
 */
export async function proveDay(
  { db, clock, wakePoller }: SyncParts,
  caller: Caller,
  { posSystemId, businessDate }: { readonly posSystemId: string; readonly businessDate: string },
): Promise<SyncRow> {
  const made = await db.transaction(caller, async (tx) => {
    const system = await findOwn(tx, caller, { posSystemId, action: 'pos.manage' });
    const key = { locationId: system.locationId, posSystemId };
    // One that was never asked has its receipts looked through; one that is paused has a vendor that would know.
    const isPushed = system.health === null;
    if (!isPushed && !(await isConnected(tx, key))) throw notConnected('The till is paused: its vendor is not asked.');
    const { start, end } = await businessDayBounds(tx, { locationId: system.locationId, businessDate });
    const until = new Date(clock.now().getTime() + (system.health?.vendorOffsetMs ?? 0));
    if (end > until || until.getTime() - end.getTime() > backMaxMs) {
      throw dayNotOver(`The business day ${businessDate} of the shop ends at ${end.toISOString()}.`);
    }
    if (!isPushed) await wakeTill(tx, key, 0);
    const { franchiseId, franchiseeId } = system;
    const row = { ...key, franchiseId, franchiseeId, reason: 'repair', requestedBy: caller.id } as const;
    const sync = await insertSync(tx, { ...row, id: uuidv7(), since: start, until });
    return { sync, isPushed };
  });
  if (!made.isPushed) {
    wakePoller();
    return made.sync;
  }
  return db.transaction(actor, async (tx) => {
    await checkReceipts(tx, { ...made.sync, businessDate });
    await finishSync(tx, made.sync);
    return (await findSync(tx, made.sync)) ?? made.sync;
  });
}
