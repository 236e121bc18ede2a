import { describe, expect, test } from 'vitest';
import { type Caller, callerForKey, callerForUser, type Membership } from './caller.ts';
import { forbidden } from './errors.ts';
import { type Action, actions, may, narrowTo, permissions, requirePermission, type Target } from './permissions.ts';
import { type KeyScope, keyScopes, type Role, roles } from './roles.ts';

const brand = '00000000-0000-7000-8000-00000000000a';
const otherBrand = '00000000-0000-7000-8000-00000000000b';
const firm = '00000000-0000-7000-8000-0000000000f1';
const otherFirm = '00000000-0000-7000-8000-0000000000f2';
const shopA = '00000000-0000-7000-8000-000000000001';
const shopB = '00000000-0000-7000-8000-000000000002';
const person = '00000000-0000-7000-8000-0000000000cc';

const at = (locationId: string | null, franchiseeId: string | null = firm): Target => {
  return { franchiseId: brand, franchiseeId, locationId };
};

const places: Record<Role, Omit<Membership, 'role'>> = {
  franchise_admin: { franchiseId: brand, franchiseeId: null, locationId: null },
  franchisee: { franchiseId: brand, franchiseeId: firm, locationId: null },
  location_manager: { franchiseId: brand, franchiseeId: firm, locationId: shopA },
  staff: { franchiseId: brand, franchiseeId: firm, locationId: shopA },
};

const user = (...memberships: Membership[]): Caller => callerForUser({ userId: person, memberships, expiresAt: null });
const withRole = (role: Role): Caller => user({ role, ...places[role] });
const withScopes = (scopes: readonly KeyScope[], locationIds: string[] | null = [shopA]): Caller =>
  callerForKey({
    keyId: person,
    scopes,
    place: { franchiseId: brand, franchiseeId: null, locationIds },
    expiresAt: null,
  });

describe('the table', () => {
  test('says of each action who may do it, and admin keys may do all that a key can', () => {
    expect(Object.keys(permissions).sort()).toEqual([...actions].sort());
    for (const action of actions) {
      expect(permissions[action].roles, action).toContain('franchise_admin');
      if (action !== 'notifications.read') expect(permissions[action].scopes, action).toContain('admin');
    }
    for (const role of roles) expect(actions.some((action) => permissions[action].roles.includes(role))).toBe(true);
    for (const scope of keyScopes)
      expect(actions.some((action) => permissions[action].scopes.includes(scope))).toBe(true);
  });

  test('never lets a lower role do what the one above it may not', () => {
    for (const action of actions) {
      const ranks = permissions[action].roles.map((role) => roles.indexOf(role));
      expect(ranks, action).toEqual([0, 1, 2, 3].slice(0, ranks.length));
    }
  });

  test('keeps people without a say from writing', () => {
    const writes: Action[] = actions.filter((action) => /\.(write|manage|adjust)$/.test(action));
    expect(writes.length).toBeGreaterThan(5);
    for (const action of writes) expect(permissions[action].roles, action).not.toContain('staff');
    for (const action of writes) expect(permissions[action].scopes, action).not.toContain('realtime:read');
  });
});

describe('a grant counts within its own place only', () => {
  test.each(roles)('%s, in its place, may do exactly what its column says', (role) => {
    const caller = withRole(role);
    for (const action of actions) {
      expect(may(caller, action, at(shopA)), action).toBe(permissions[action].roles.includes(role));
    }
  });

  test.each(roles)('%s may do nothing in another brand', (role) => {
    const target = { franchiseId: otherBrand, franchiseeId: firm, locationId: shopA };
    for (const action of actions) expect(may(withRole(role), action, target), action).toBe(false);
  });

  test.each(keyScopes)('a key for %s may do exactly what its column says, in its shops alone', (scope) => {
    const caller = withScopes([scope]);
    for (const action of actions) {
      expect(may(caller, action, at(shopA)), action).toBe(permissions[action].scopes.includes(scope));
      expect(may(caller, action, at(shopB)), action).toBe(false);
      expect(may(caller, action, at(null)), action).toBe(false);
    }
  });

  test('the manager of one shop who is staff of another adjusts the first alone', () => {
    const caller = user(
      { role: 'location_manager', ...places.location_manager },
      { role: 'staff', ...places.staff, locationId: shopB },
    );
    expect(may(caller, 'inventory.adjust', at(shopA))).toBe(true);
    expect(may(caller, 'inventory.adjust', at(shopB))).toBe(false);
    expect(may(caller, 'inventory.read', at(shopB))).toBe(true);
    expect(may(caller, 'inventory.read', at(null))).toBe(false);
  });

  test('a franchisee reaches all of its own shops, none of another firm and nothing of the brand itself', () => {
    const caller = withRole('franchisee');
    expect(may(caller, 'inventory.adjust', at(shopB))).toBe(true);
    expect(may(caller, 'inventory.adjust', at(shopB, otherFirm))).toBe(false);
    expect(may(caller, 'inventory.adjust', at(shopB, null))).toBe(false);
    expect(may(caller, 'keys.manage', at(null, null))).toBe(false);
  });
});

describe('requirePermission', () => {
  test('refuses with 403 and says what would do', () => {
    const refusal = (work: () => void): unknown => {
      try {
        work();
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const byUser = refusal(() => requirePermission(withRole('staff'), 'inventory.adjust', at(shopA)));
    expect(forbidden.is(byUser) && byUser.detail).toBe(
      'The credential may not adjust stock at this place (inventory.adjust): ' +
        'that needs one of the roles franchise_admin, franchisee, location_manager.',
    );
    const byKey = refusal(() => requirePermission(withScopes(['inventory:read']), 'inventory.adjust'));
    expect(forbidden.is(byKey) && byKey.detail).toContain('one of the scopes inventory:write, admin');
    const none = refusal(() => requirePermission(withScopes(['admin']), 'notifications.read'));
    expect(forbidden.is(none) && none.status).toBe(403);
    expect(refusal(() => requirePermission(withRole('franchisee'), 'inventory.adjust', at(shopB)))).toBeUndefined();
  });
});

describe('narrowTo', () => {
  const caller = user(
    { role: 'location_manager', ...places.location_manager },
    { role: 'staff', franchiseId: otherBrand, franchiseeId: null, locationId: shopB },
  );

  test('leaves the places where the action is allowed, in the reach and in the settings of the row policies', () => {
    expect(caller.reach.locations).toEqual([shopA, shopB]);
    const narrowed = narrowTo(caller, 'sync_errors.read');
    expect(narrowed.reach).toEqual({
      franchises: [],
      franchisees: [],
      locations: [shopA],
      memberships: [brand],
      userId: person,
    });
    expect(narrowed.settings).toEqual({
      'app.franchises': '{}',
      'app.franchisees': '{}',
      'app.locations': `{${shopA}}`,
      'app.memberships': `{${brand}}`,
      'app.user': person,
    });
    expect(narrowed.id).toBe(caller.id);
  });

  test('refuses who may do it nowhere', () => {
    expect(() => narrowTo(caller, 'catalog.manage')).toThrowError(/may not edit products anywhere/);
    expect(() => narrowTo(user(), 'sales.read')).toThrowError(/may not read sales anywhere/);
  });
});
