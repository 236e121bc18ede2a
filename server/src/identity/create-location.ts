// Opens a shop: for the brand that asks over HTTP (openLocation), and for the command line and the demo (createLocation).
import { v7 as uuidv7 } from 'uuid';
import type { Database, Tx } from '../platform/database.ts';
import type { Caller } from './caller.ts';
import { franchiseeNotFound, franchiseNotFound } from './errors.ts';
import { requirePermission } from './permissions.ts';
import { findFranchise, findFranchisee, insertLocation, type LocationRow } from './queries.ts';
import { requireTimeZone } from './require-time-zone.ts';
import { resolveFranchise } from './resolve-franchise.ts';

export interface NewLocation {
  readonly franchiseId: string;
  /** Null or left out: the brand runs the shop itself. */
  readonly franchiseeId?: string | null;
  readonly name: string;
  /** IANA name, in its own spelling. */
  readonly timeZone: string;
  /** ISO 4217; the brand's where it is left out. */
  readonly currency?: string;
  /** The local hour (0 to 23) at which a business day ends; 4 where it is left out. */
  readonly closingHour?: number;
}

const closingHourDefault = 4;

/** Throws `identity.franchise_not_found`, `identity.franchisee_not_found` or `identity.unknown_time_zone`. */
export async function createLocation(tx: Tx, location: NewLocation): Promise<LocationRow> {
  const { franchiseId, franchiseeId = null, name, timeZone, closingHour = closingHourDefault } = location;
  const franchise = await findFranchise(tx, franchiseId);
  if (!franchise) throw franchiseNotFound(`There is no franchise ${franchiseId}.`);
  if (franchiseeId !== null) {
    const franchisee = await findFranchisee(tx, franchiseeId);
    if (franchisee?.franchise_id !== franchiseId) {
      throw franchiseeNotFound(`There is no franchisee ${franchiseeId} in this franchise.`);
    }
  }
  await requireTimeZone(tx, timeZone);
  const currency = location.currency ?? franchise.currency;
  return insertLocation(tx, { id: uuidv7(), franchiseId, franchiseeId, name, timeZone, currency, closingHour });
}

export type LocationRequest = Omit<NewLocation, 'franchiseId'> & { readonly franchiseId?: string };

/** A brand opens a shop. Throws what createLocation throws, `identity.franchise_required` or `identity.forbidden`. */
export async function openLocation(db: Database, caller: Caller, request: LocationRequest): Promise<LocationRow> {
  const franchiseId = resolveFranchise(caller, 'locations.manage', request.franchiseId);
  const franchiseeId = request.franchiseeId ?? null;
  requirePermission(caller, 'locations.manage', { franchiseId, franchiseeId, locationId: null });
  return db.transaction(caller, (tx) => createLocation(tx, { ...request, franchiseId }));
}
