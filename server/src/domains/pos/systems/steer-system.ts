// What a person does to a till's connection in one stroke: pause it, resume it, cut it, try it. Unlike an edit these need
// no version: pausing twice is pausing.
import { type Caller, requirePermission } from '../../../identity/index.ts';
import { AppError } from '../../../platform/errors.ts';
import type { Logger } from '../../../platform/logger.ts';
import { applyEdit, StaleEdit } from '../../../platform/versioned-update.ts';
import { openTill } from '../credentials/open-till.ts';
import { loadCredentials } from '../credentials/queries.ts';
import { tryOpenTill, tryWithin } from '../credentials/try-connection.ts';
import { noSuchSystem, notConnected } from '../errors.ts';
import { loadShops } from '../queries.ts';
import { findSystem, type SystemRow } from './queries.ts';
import type { RegisterParts } from './register-system.ts';
import type { SystemChanges } from './schema.ts';
import { createSystemEdit } from './update-system.ts';

/** Throws `pos.system_not_found` and `identity.forbidden`, as all of these do. */
export function pauseSystem(parts: RegisterParts, caller: Caller, id: string): Promise<SystemRow> {
  return steer(parts, caller, { id, changes: { syncSettings: { enabled: false } } });
}

/** The next run is due at once. */
export function resumeSystem(parts: RegisterParts, caller: Caller, id: string): Promise<SystemRow> {
  return steer(parts, caller, { id, changes: { syncSettings: { enabled: true } } });
}

/** Its credentials are gone afterwards; what was booked stays, and new credentials connect it anew. */
export function disconnectSystem(parts: RegisterParts, caller: Caller, id: string): Promise<SystemRow> {
  return steer(parts, caller, { id, changes: { credentials: null, syncSettings: { enabled: false } } });
}

/** With new credentials, whether it had some before or not; the next run is due at once. */
export function reconnectSystem(
  parts: RegisterParts,
  caller: Caller,
  { id, ...fields }: { readonly id: string } & Pick<Required<SystemChanges>, 'credentials' | 'settings'>,
): Promise<SystemRow> {
  return steer(parts, caller, { id, changes: { ...fields, syncSettings: { enabled: true } } });
}

const attemptsMax = 5;

async function steer(
  { db, ...parts }: RegisterParts,
  caller: Caller,
  { id, changes }: { readonly id: string; readonly changes: SystemChanges },
): Promise<SystemRow> {
  const editable = createSystemEdit(parts);
  for (let attempt = 1; ; attempt++) {
    try {
      return await db.transaction(caller, async (tx) => {
        const { version: expectedVersion } = await editable.load(tx, caller, id);
        return applyEdit(tx, caller, { editable, edit: { id, expectedVersion, changes } });
      });
    } catch (error) {
      // Somebody edited it in between; this holds for whatever it is now.
      if (!(error instanceof StaleEdit) || attempt >= attemptsMax) throw error;
    }
  }
}

export interface SteerParts extends RegisterParts {
  readonly logger: Logger;
}

export interface Tried {
  readonly ok: boolean;
  readonly problem: string | null;
  readonly field: string | null;
}

/** Asks the vendor with the credentials that are kept. Throws `pos.not_connected` where there are none. */
export async function trySystem(parts: SteerParts, caller: Caller, id: string): Promise<Tried> {
  const { till, shop } = await parts.db.transaction(caller, async (tx) => {
    const system = await findSystem(tx, id);
    if (system === null) throw noSuchSystem(`There is no POS system ${id}.`);
    requirePermission(caller, 'pos.manage', system);
    const [shop] = await loadShops(tx, [system.locationId]);
    const kept = await loadCredentials(tx, { locationId: system.locationId, posSystemId: id });
    if (kept === null || shop === undefined) throw notConnected('The till has no credentials to try.');
    return { till: { ...system, ...kept }, shop };
  });
  try {
    await tryWithin(async (signal) => {
      const open = await openTill({ ...parts.vendors, ...parts }, till, { signal });
      return tryOpenTill(open, shop);
    });
    return { ok: true, problem: null, field: null };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { ok: false, problem: error.detail, field: error.errors[0]?.path ?? null };
  }
}
