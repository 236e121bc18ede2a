import type { Location, Me } from '@tillstream/client';
import { expect, test } from 'vitest';
import { freshnessOf } from './freshness.ts';
import { allShopsMax, decideScope } from './scope.ts';

function shops(count: number): Location[] {
  return Array.from({ length: count }, (_, index) => ({
    ...{ id: `shop-${index}`, franchiseId: 'brand', franchiseeId: null, name: `Shop ${index}`, version: 1 },
    ...{ timeZone: 'America/New_York', currency: 'USD', closingHour: 4 },
    ...{ createdAt: '2026-11-20T09:00:00.000Z', updatedAt: '2026-11-20T09:00:00.000Z' },
  }));
}

function person(role: 'franchise_admin' | 'location_manager', locationId: string | null): Me {
  return {
    actor: { kind: 'user', id: 'u', name: 'Olivia' },
    memberships: [{ role, franchiseId: 'brand', franchiseeId: null, locationId }],
    key: null,
    expiresAt: null,
  };
}

function keyFor(locationIds: string[] | null): Me {
  return {
    actor: { kind: 'key', id: 'k', name: 'screens' },
    memberships: [],
    key: { scopes: ['realtime:read'], franchiseId: 'brand', franchiseeId: null, locationIds },
    expiresAt: null,
  };
}

const owner = person('franchise_admin', null);
const manager = person('location_manager', 'shop-0');

test('an owner watches all shops by one subscription, a manager of several by one a shop', () => {
  expect(decideScope(shops(3), owner, undefined)).toMatchObject({
    key: 'all',
    chosen: undefined,
    franchiseId: 'brand',
  });
  expect(decideScope(shops(3), manager, undefined)).toMatchObject({ key: 'all', franchiseId: undefined });
});

test('a key for the whole brand is as an owner, a key for some shops is not', () => {
  expect(decideScope(shops(3), keyFor(null), undefined).franchiseId).toBe('brand');
  expect(decideScope(shops(3), keyFor(['shop-0', 'shop-1']), undefined).franchiseId).toBeUndefined();
});

test('the shop in the address is the one that is shown, unless one may not see it', () => {
  expect(decideScope(shops(3), owner, 'shop-2')).toMatchObject({ key: 'shop-2', franchiseId: undefined });
  expect(decideScope(shops(3), owner, 'somebody-else')).toMatchObject({ key: 'all' });
});

test('one shop, or too many for one screen, open with a single shop', () => {
  expect(decideScope(shops(1), manager, undefined).key).toBe('shop-0');
  expect(decideScope(shops(allShopsMax), owner, undefined).key).toBe('all');
  expect(decideScope(shops(allShopsMax + 1), owner, undefined).key).toBe('shop-0');
});

test('connected is not yet live: the snapshot has to be younger than the last break', () => {
  expect(freshnessOf('live', true)).toBe('live');
  expect(freshnessOf('live', false)).toBe('catching-up');
  expect(freshnessOf('reconnecting', true)).toBe('reconnecting');
});
