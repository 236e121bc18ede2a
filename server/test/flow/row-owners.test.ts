// The yardstick of the row-security test, shown red on answers that leak.
import { expect, test } from 'vitest';
import { foreignRows, maySee, type RowOwner } from './row-owners.ts';
import type { TenantCaller } from './tenants.ts';

const id = (n: number) => `00000000-0000-7000-8000-00000000000${n}`;
const row = (table: string, at: Partial<RowOwner> = {}): RowOwner => ({
  table,
  franchiseId: 'brand',
  franchiseeId: 'firm',
  locationId: 'shop',
  ...at,
});
const caller = (at: Partial<TenantCaller> = {}): TenantCaller => ({
  name: 'somebody',
  credential: '',
  franchiseId: 'brand',
  franchiseeId: 'firm',
  locationIds: ['shop'],
  ...at,
});
const owner = caller({ franchiseeId: null, locationIds: null });
const firmOwner = caller({ locationIds: null });

test.each([
  {
    name: 'an owner sees every row of the brand',
    who: owner,
    what: row('pos_transactions', { franchiseeId: 'other', locationId: 'other' }),
    sees: true,
  },
  {
    name: "an owner sees no other brand's row",
    who: owner,
    what: row('pos_transactions', { franchiseId: 'other' }),
    sees: false,
  },
  {
    name: 'a firm sees its shops',
    who: firmOwner,
    what: row('pos_transactions', { locationId: 'second' }),
    sees: true,
  },
  {
    name: "a firm sees no other firm's shop",
    who: firmOwner,
    what: row('pos_transactions', { franchiseeId: 'other' }),
    sees: false,
  },
  {
    name: "a firm sees none of the brand's own rows",
    who: firmOwner,
    what: row('api_keys', { franchiseeId: null, locationId: null }),
    sees: false,
  },
  {
    name: "everybody reads the brand's products",
    who: caller(),
    what: row('products', { franchiseeId: null, locationId: null }),
    sees: true,
  },
  { name: 'a shop sees its own rows', who: caller(), what: row('inventory_items'), sees: true },
  {
    name: 'a shop sees no other shop of its firm',
    who: caller(),
    what: row('inventory_items', { locationId: 'second' }),
    sees: false,
  },
  { name: 'a shop knows its firm', who: caller(), what: row('franchisees', { locationId: null }), sees: true },
  {
    name: 'a shop knows no other firm',
    who: caller(),
    what: row('franchisees', { franchiseeId: 'other', locationId: null }),
    sees: false,
  },
])('$name', ({ who, what, sees }) => {
  expect(maySee(who, what)).toBe(sees);
});

test('a foreign id anywhere in an answer is found, however deep and in whatever case', () => {
  const owners = new Map([
    [id(1), row('pos_transactions')],
    [id(2), row('stock_movements', { franchiseId: 'other' })],
  ]);
  expect(foreignRows(owner, JSON.stringify({ items: [{ id: id(1) }, { unknown: id(3) }] }), owners)).toEqual([]);
  expect(foreignRows(owner, `{"reason":"moved by ${id(2).toUpperCase()}"}`, owners)).toMatchObject([
    { id: id(2), row: { table: 'stock_movements' } },
  ]);
  expect(foreignRows(owner, `{"performedBy":"key:${id(2)}"}`, owners)).toEqual([]);
  expect(foreignRows({ ...owner, keyId: id(2) }, id(2), owners)).toEqual([]);
});
