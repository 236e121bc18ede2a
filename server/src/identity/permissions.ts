// Who may do what: one complete table, action by role and by key scope, from which the documentation's table is generated
// (permission-table.ts). A new action without a row does not compile. Row-level security is the second line behind it: it
// knows places, this table knows actions.
import type { EventOwner } from '../events/index.ts';
import { type Caller, type Grant, type Place, withGrants } from './caller.ts';
import { forbidden } from './errors.ts';
import type { KeyScope, Role } from './roles.ts';

export const actions = [
  'sales.write',
  'sales.read',
  'pos.manage',
  'pos.read',
  'sync_errors.read',
  'sync_errors.manage',
  'inventory.read',
  'inventory.adjust',
  'inventory.manage',
  'catalog.read',
  'catalog.manage',
  'locations.read',
  'locations.manage',
  'keys.manage',
  'realtime.join',
  'events.read',
  'notifications.read',
  'conflicts.read',
  'conflicts.manage',
] as const;

export type Action = (typeof actions)[number];

export interface Permission {
  /** Completes "may …", in messages and in the documentation. */
  readonly does: string;
  readonly roles: readonly Role[];
  readonly scopes: readonly KeyScope[];
}

const brand: readonly Role[] = ['franchise_admin'];
const owners: readonly Role[] = [...brand, 'franchisee'];
const managers: readonly Role[] = [...owners, 'location_manager'];
const everyone: readonly Role[] = [...managers, 'staff'];

// A till reads the catalogue that it sells from and finds its own POS system. The live feed shows sales and stock, so its
// scope also reads them: a screen must be able to fetch what it missed.
export const permissions: Readonly<Record<Action, Permission>> = {
  'sales.write': { does: 'send sales', roles: managers, scopes: ['sales:write', 'admin'] },
  'sales.read': { does: 'read sales', roles: everyone, scopes: ['realtime:read', 'admin'] },
  'pos.manage': { does: 'register POS systems and map products', roles: managers, scopes: ['pos:manage', 'admin'] },
  'pos.read': { does: 'read POS systems', roles: managers, scopes: ['sales:write', 'pos:manage', 'admin'] },
  'sync_errors.read': { does: 'read refused sales', roles: managers, scopes: ['pos:manage', 'admin'] },
  'sync_errors.manage': { does: 'replay refused sales', roles: managers, scopes: ['pos:manage', 'admin'] },
  'inventory.read': {
    does: 'read stock',
    roles: everyone,
    scopes: ['inventory:read', 'inventory:write', 'realtime:read', 'admin'],
  },
  'inventory.adjust': { does: 'adjust stock', roles: managers, scopes: ['inventory:write', 'admin'] },
  'inventory.manage': { does: 'set stock levels', roles: managers, scopes: ['inventory:write', 'admin'] },
  'catalog.read': {
    does: 'read products',
    roles: everyone,
    scopes: ['sales:write', 'pos:manage', 'inventory:read', 'inventory:write', 'realtime:read', 'admin'],
  },
  'catalog.manage': { does: 'edit products', roles: brand, scopes: ['admin'] },
  'locations.read': {
    does: 'read locations',
    roles: everyone,
    scopes: ['sales:write', 'pos:manage', 'inventory:read', 'inventory:write', 'realtime:read', 'keys:manage', 'admin'],
  },
  'locations.manage': { does: 'open locations', roles: brand, scopes: ['admin'] },
  'keys.manage': { does: 'make, list and revoke API keys', roles: owners, scopes: ['keys:manage', 'admin'] },
  'realtime.join': { does: 'join the live feed', roles: everyone, scopes: ['realtime:read', 'admin'] },
  'events.read': { does: 'read the event feed', roles: everyone, scopes: ['realtime:read', 'admin'] },
  // Notifications are addressed to people; a key has none.
  'notifications.read': { does: 'read their notifications', roles: everyone, scopes: [] },
  // Besides these it takes the right to edit the thing itself: who may not change a product settles no conflict about it.
  'conflicts.read': { does: 'read refused edits', roles: managers, scopes: ['inventory:write', 'pos:manage', 'admin'] },
  'conflicts.manage': {
    does: 'settle refused edits',
    roles: managers,
    scopes: ['inventory:write', 'pos:manage', 'admin'],
  },
};

/** Where an action would take place: the shop if `locationId` is given, else the franchisee, else the brand itself. */
export type Target = EventOwner;

/** Whether one of the caller's grants allows the action at the target; without a target, anywhere at all. */
export function may(caller: Caller, action: Action, target?: Target): boolean {
  return caller.grants.some(
    (grant) => grantAllows(grant, action) && (target === undefined || covers(grant.place, target)),
  );
}

/** Throws `identity.forbidden` (403) unless the caller may. The sentence says which roles or scopes would do. */
export function requirePermission(caller: Caller, action: Action, target?: Target): void {
  if (may(caller, action, target)) return;
  const { does, roles, scopes } = permissions[action];
  const where = target === undefined ? 'anywhere' : 'at this place';
  const needed =
    caller.kind === 'user'
      ? `one of the roles ${roles.join(', ')}`
      : scopes.length === 0
        ? 'a person, and a key is none'
        : `one of the scopes ${scopes.join(', ')}`;
  throw forbidden(`The credential may not ${does} ${where} (${action}): that needs ${needed}.`);
}

/**
 * The caller as far as this action goes: its transactions see only the places where it may do it. For lists, whose rows
 * have no single target: who manages shop A and works in shop B lists the refused sales of A alone. Throws
 * `identity.forbidden` where there is no such place.
 */
export function narrowTo(caller: Caller, action: Action): Caller {
  requirePermission(caller, action);
  return withGrants(
    caller,
    caller.grants.filter((grant) => grantAllows(grant, action)),
  );
}

/** Whether a role or key grant includes the action, wherever it counts. */
export function grantAllows(grant: Grant, action: Action): boolean {
  const { roles, scopes } = permissions[action];
  return grant.kind === 'membership'
    ? roles.includes(grant.role)
    : grant.scopes.some((scope) => scopes.includes(scope));
}

// A grant for shops does not cover their franchisee's or the brand's own things, and no grant reaches another brand.
function covers(place: Place, target: Target): boolean {
  if (place.franchiseId !== target.franchiseId) return false;
  if (place.locationIds !== null) return target.locationId !== null && place.locationIds.includes(target.locationId);
  return place.franchiseeId === null || place.franchiseeId === target.franchiseeId;
}
