// Tills that were registered before a shop at a vendor could be one till alone: the migration gives each its place, in the
// very words in which registering asks for it.
import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Brand, foundBrand, openShop } from '../../../../test/factories/brand.ts';
import { openTestDatabase, type TestDatabase } from '../../../../test/harness/test-database.ts';
import type { ConnectionFields, PosSystemType } from '../connectors/connector.ts';
import { connectors } from '../connectors/index.ts';

const migration = new URL('../../../../migrations/0025_vendor_places.sql', import.meta.url);

let database: TestDatabase;
let brand: Brand;
beforeAll(async () => {
  database = await openTestDatabase();
  brand = await foundBrand(database);
});
afterAll(() => database.close());

interface Till {
  readonly make: PosSystemType;
  readonly endpoint: string;
  readonly settings: ConnectionFields;
  /** The oldest first. */
  readonly age: number;
  readonly isConnected?: boolean;
}

async function insertTill({ make, endpoint, settings, age, isConnected = true }: Till): Promise<string> {
  const { locationId } = await openShop(database, brand);
  const [row] = await database.rows<{ id: string }>(
    `insert into pos_systems (location_id, id, franchise_id, name, system_type, api_endpoint, api_credentials, settings, created_at)
     values ($1, gen_random_uuid(), $2, 'Till', $3, $4, $5, $6, now() + $7 * interval '1 minute') returning id`,
    [locationId, brand.franchiseId, make, endpoint, isConnected ? Buffer.from('sealed') : null, settings, age],
  );
  const id = row?.id ?? '';
  await database.rows(
    `insert into pos_connections (location_id, pos_system_id, franchise_id, system_type, host, cursor_at, floor_at, next_scan_at)
     values ($1, $2, $3, $4, $5, now(), now(), now())`,
    [locationId, id, brand.franchiseId, make, `${make}:${new URL(endpoint).host}`],
  );
  return id;
}

test('each till that is connected has the places that registering it would ask for; of two the older keeps one', async () => {
  const guid = 'F9CEEB2B-A9DC-43EC-A37E-BE69FC6775E1';
  const at = 'https://vendor.example/base';
  const whole: Till[] = [
    { make: 'square', endpoint: at, settings: { locationIds: 'L1,L2', merchantId: 'M' }, age: 1 },
    { make: 'clover', endpoint: at, settings: { merchantId: 'MID' }, age: 1 },
    { make: 'toast', endpoint: at, settings: { restaurantGuid: guid }, age: 1 },
    { make: 'custom', endpoint: `${at}/store-7/`, settings: { storeId: 'store-7' }, age: 1 },
    { make: 'clover', endpoint: 'https://other.example', settings: { merchantId: 'MID' }, age: 2 },
  ];
  const expected = new Map<string, readonly string[]>();
  for (const till of whole) {
    const endpoint = till.endpoint.replace(/\/+$/, '');
    expected.set(await insertTill(till), connectors[till.make].shopsOf({ endpoint, settings: till.settings }));
  }
  // Half of what the younger one has is the older one's.
  expected.set(
    await insertTill({ make: 'square', endpoint: at, settings: { locationIds: 'L2,L3', merchantId: 'M' }, age: 2 }),
    ['L3'],
  );
  expected.set(await insertTill({ make: 'clover', endpoint: at, settings: { merchantId: 'MID' }, age: 3 }), []);
  const cut = { make: 'toast', endpoint: at, settings: { restaurantGuid: guid }, age: 0, isConnected: false } as const;
  expected.set(await insertTill(cut), []);

  // As the database was before: the rows were there, and the table was not.
  await database.rows('drop table pos_vendor_places');
  await database.rows(await readFile(migration, 'utf8'));
  for (const [id, places] of expected) {
    const found = await database.rows<{ place: string }>(
      'select place from pos_vendor_places where pos_system_id = $1 order by place',
      [id],
    );
    expect(found.map(({ place }) => place)).toEqual([...places].sort());
  }
});
