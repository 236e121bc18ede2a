// What is kept of an element that could not be booked, on real PostgreSQL.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProducts, type Brand, foundBrand, openShop } from '../../../test/factories/brand.ts';
import { bookingOn, installTill, saleOf, type Till } from '../../../test/factories/till.ts';
import { ManualClock } from '../../../test/harness/manual-clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/harness/test-database.ts';

let database: TestDatabase;
let brand: Brand;
let booking: ReturnType<typeof bookingOn>;

beforeAll(async () => {
  database = await openTestDatabase();
  brand = await foundBrand(database);
  await addProducts(database, brand, ['tea']);
  booking = bookingOn(database, new ManualClock('2026-03-08T15:00:00Z'));
});
afterAll(() => database.close());

const newTill = async (): Promise<Till> => installTill(database, await openShop(database, brand));

test('a refused element is kept as its exact bytes, once, and counted; an error that was resolved opens again', async () => {
  const till = await newTill();
  const bad = Buffer.from('{ "externalId" : "a\\u0000", "note": "\u00e4\u20ac" ,}\n');
  const results = await booking.book(till, bad, saleOf({ tea: 1 }, { externalId: 'a' }), bad);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'created', 'rejected']);
  await database.rows(`update sync_errors set state = 'resolved', resolved_at = now() where location_id = $1`, [
    till.locationId,
  ]);
  await booking.book(till, bad);
  const kept = await database.rows('select * from sync_errors where location_id = $1', [till.locationId]);
  expect(kept).toMatchObject([{ occurrences: 3, state: 'open', resolved_at: null, external_transaction_id: null }]);
  expect(kept[0]?.['raw_body'].equals(bad)).toBe(true);
});

test.each([
  'a\0b',
  'a\ud800',
])('an id that no database stores is one refused sale among good ones: %j', async (externalId) => {
  const till = await newTill();
  const results = await booking.book(
    till,
    saleOf({ tea: 1 }, { externalId }),
    saleOf({ tea: 1 }, { externalId: 'good' }),
  );
  expect(results).toMatchObject([
    { status: 'rejected', code: 'pos.invalid_text' },
    { externalId: 'good', status: 'created' },
  ]);
  const kept = await database.rows('select code, external_transaction_id from sync_errors where location_id = $1', [
    till.locationId,
  ]);
  expect(kept).toEqual([{ code: 'pos.invalid_text', external_transaction_id: null }]);
});

test('a card number in a refused element is overwritten before it is kept', async () => {
  const till = await newTill();
  const bad = Buffer.from('{"externalId":"receipt 7","pan":"4111 1111 1111 1111"}');
  await booking.book(till, bad);
  const [kept] = await database.rows('select raw_body from sync_errors where location_id = $1', [till.locationId]);
  expect(kept?.['raw_body'].toString()).toBe('{"externalId":"receipt 7","pan":"**** **** **** ****"}');
});
