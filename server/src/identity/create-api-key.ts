// Makes an API key: for a caller, who can never give more than it has (issueApiKey), and for the command line and the
// demo (createApiKey). The secret leaves this file once, in the answer; the database keeps its hash.
import { v7 as uuidv7 } from 'uuid';
import type { Clock } from '../platform/clock.ts';
import type { Database, Tx } from '../platform/database.ts';
import { makeApiKeySecret } from './api-key-secret.ts';
import type { Caller } from './caller.ts';
import {
  exceedsOwnRights,
  expiryInThePast,
  franchiseeNotFound,
  franchiseNotFound,
  locationNotFound,
  scopeNeedsFranchisee,
} from './errors.ts';
import { type Action, actions, grantAllows, may, permissions, requirePermission, type Target } from './permissions.ts';
import { type ApiKeyRow, findFranchise, findFranchisee, findLocations, insertApiKey } from './queries.ts';
import { resolveFranchise } from './resolve-franchise.ts';
import type { KeyScope } from './roles.ts';

export interface NewApiKey {
  readonly franchiseId: string;
  /** Narrows the key to one franchisee. */
  readonly franchiseeId?: string | null;
  /** Narrows it to these shops; null or left out means all, also those that open later. */
  readonly locationIds?: readonly string[] | null;
  readonly name: string;
  readonly scopes: readonly KeyScope[];
  readonly expiresAt?: Date | null;
  /** Who made it, as an actor's id. */
  readonly createdBy: string;
}

export interface CreatedApiKey {
  /** The whole key: it cannot be read again. */
  readonly key: string;
  readonly row: ApiKeyRow;
}

/**
 * Throws `identity.franchise_not_found`, `identity.franchisee_not_found`, `identity.location_not_found`, and
 * `identity.scope_needs_franchisee` for a scope that would be of no use.
 */
export async function createApiKey(tx: Tx, request: NewApiKey): Promise<CreatedApiKey> {
  const { franchiseId, franchiseeId = null, name, expiresAt = null, createdBy } = request;
  const locationIds = request.locationIds ? [...new Set(request.locationIds)] : null;
  if (locationIds !== null && request.scopes.includes('keys:manage')) {
    throw scopeNeedsFranchisee('A key that is limited to shops has no keys to manage.');
  }
  await requirePlaces(tx, { franchiseId, franchiseeId, locationIds });
  const { key, prefix, hash: secretHash } = makeApiKeySecret();
  const scopes = [...new Set(request.scopes)];
  const identity = { id: uuidv7(), franchiseId, franchiseeId, locationIds, name, scopes, expiresAt, createdBy };
  return { key, row: await insertApiKey(tx, { ...identity, prefix, secretHash }) };
}

export type ApiKeyRequest = Omit<NewApiKey, 'franchiseId' | 'createdBy'> & { readonly franchiseId?: string };

/**
 * The caller makes a key. Besides what createApiKey throws: `identity.forbidden`, `identity.franchise_required`,
 * `identity.expiry_in_the_past`, and `identity.exceeds_own_rights` where the key could do what the caller cannot.
 */
export async function issueApiKey(
  { db, clock }: { readonly db: Database; readonly clock: Clock },
  caller: Caller,
  request: ApiKeyRequest,
): Promise<CreatedApiKey> {
  const franchiseId = resolveFranchise(caller, 'keys.manage', request.franchiseId);
  const { locationIds = null, expiresAt = null } = request;
  const franchiseeId = request.franchiseeId ?? ownFranchisee(caller, franchiseId);
  requirePermission(caller, 'keys.manage', { franchiseId, franchiseeId, locationId: null });
  if (expiresAt !== null && expiresAt <= clock.now()) throw expiryInThePast('expiresAt lies in the past.');
  requireNoLaterEnd(caller, expiresAt);
  requireOwnRights(caller, request.scopes, targetsOf({ franchiseId, franchiseeId, locationIds }));
  return db.transaction(caller, (tx) =>
    createApiKey(tx, { ...request, franchiseId, franchiseeId, createdBy: caller.id }),
  );
}

// A franchisee need not say that its keys are its own; who has keys of the whole brand to give means those.
function ownFranchisee(caller: Caller, franchiseId: string): string | null {
  const places = caller.grants.filter((grant) => grantAllows(grant, 'keys.manage')).map((grant) => grant.place);
  const [only, ...others] = places.filter((place) => place.franchiseId === franchiseId);
  return only !== undefined && others.length === 0 ? only.franchiseeId : null;
}

interface KeyPlace {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly locationIds: readonly string[] | null;
}

// Each shop of the key is a target of its own. Its franchisee is the one that the key is narrowed to: that the shop
// really is that franchisee's is checked where the rows are read.
function targetsOf({ franchiseId, franchiseeId, locationIds }: KeyPlace): Target[] {
  if (locationIds === null) return [{ franchiseId, franchiseeId, locationId: null }];
  return locationIds.map((locationId) => ({ franchiseId, franchiseeId, locationId }));
}

function requireOwnRights(caller: Caller, scopes: readonly KeyScope[], targets: readonly Target[]): void {
  const given = actions.filter((action) => scopes.some((scope) => permissions[action].scopes.includes(scope)));
  const beyond = given.filter((action: Action) => targets.some((target) => !may(caller, action, target)));
  if (beyond.length > 0) {
    throw exceedsOwnRights(`The credential cannot give what it has not at this place: ${beyond.join(', ')}.`);
  }
}

// Only keys hand their end on: a person's token ends daily by design, and the person signs in again.
function requireNoLaterEnd(caller: Caller, expiresAt: Date | null): void {
  if (caller.kind !== 'key' || caller.expiresAt === null) return;
  if (expiresAt !== null && expiresAt <= caller.expiresAt) return;
  throw exceedsOwnRights(`A key made by this one must expire by ${caller.expiresAt.toISOString()}.`);
}

async function requirePlaces(tx: Tx, { franchiseId, franchiseeId, locationIds }: KeyPlace): Promise<void> {
  if (!(await findFranchise(tx, franchiseId))) throw franchiseNotFound(`There is no franchise ${franchiseId}.`);
  if (franchiseeId !== null) {
    const franchisee = await findFranchisee(tx, franchiseeId);
    if (franchisee?.franchise_id !== franchiseId) {
      throw franchiseeNotFound(`There is no franchisee ${franchiseeId} in this franchise.`);
    }
  }
  if (locationIds === null) return;
  const found = await findLocations(tx, locationIds);
  const fitting = found.filter(
    (location) =>
      location.franchise_id === franchiseId && (franchiseeId === null || location.franchisee_id === franchiseeId),
  );
  const ids = new Set(fitting.map((location) => location.id));
  const missing = locationIds.find((id) => !ids.has(id));
  if (missing !== undefined) throw locationNotFound(`There is no location ${missing} in the key's place.`);
}
