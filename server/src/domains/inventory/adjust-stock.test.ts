import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addProducts, type Brand, foundBrand, memberOf, openShop, type Shop } from '../../../test/factories/brand.ts';
import { ManualClock } from '../../../test/harness/manual-clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/harness/test-database.ts';
import { forbidden, ingestActor, locationNotFound } from '../../identity/index.ts';
import { compare, decimal, plain } from '../../platform/decimal.ts';
import { type Adjustment, adjustStock } from './adjust-stock.ts';
import { createItem } from './create-item.ts';
import { countSuperseded, itemExists, unknownProduct } from './errors.ts';
import { lockStock, moveStock, type StockMovement } from './index.ts';
import { alertTransition } from './stock-level.ts';

let database: TestDatabase;
let brand: Brand;

beforeAll(async () => {
  database = await openTestDatabase({ connectionsMax: 16 });
  brand = await foundBrand(database);
});
afterAll(() => database.close());

/** A shop with one product; its clock starts at the real time, because the ledger is recorded by the database's. */
async function setup() {
  const shop = await openShop(database, brand);
  const [productId = ''] = await addProducts(database, brand, [`sku-${shop.locationId}`]);
  const clock = new ManualClock(new Date());
  const parts = { db: database.db, clock };
  const adjust = (type: Adjustment['type'], quantity: string, countedAt?: Date) =>
    adjustStock(parts, brand.admin, {
      locationId: shop.locationId,
      productId,
      type,
      quantity: decimal(quantity),
      reason: null,
      ...(countedAt === undefined ? {} : { countedAt }),
    });
  return { shop, productId, clock, parts, adjust };
}

/** Books a sale as the ingest would, of the given time. */
function sell(shop: Shop, productId: string, { quantity, at }: { quantity: string; at: Date }) {
  const movement: StockMovement = {
    ...shop,
    productId,
    type: 'sale',
    quantity: `-${quantity}`,
    referenceType: 'pos_transaction',
    referenceId: uuidv7(),
    performedBy: 'key:till',
    occurredAt: at,
    reason: null,
  };
  const ingest = ingestActor({ locationIds: [shop.locationId], franchiseIds: [shop.franchiseId] });
  return database.db.transaction(ingest, async (tx) => {
    await lockStock(tx, [shop.locationId]);
    await moveStock(tx, [movement], 'pos');
  });
}

interface Books {
  readonly stock: string;
  readonly ledger: string;
}

/** The stock and the sum of its ledger, which are to be the same at any moment. */
async function books(locationId: string): Promise<Books[]> {
  return database.rows<Books>(
    `select item.current_stock as stock, coalesce((select sum(quantity) from stock_movements movement
       where movement.location_id = item.location_id and movement.inventory_item_id = item.id), 0) as ledger
     from inventory_items item where location_id = $1 order by product_id`,
    [locationId],
  );
}

test('an adjustment is booked by who made it, with its reason', async () => {
  const { shop, productId, parts } = await setup();
  const manager = memberOf({ ...shop }, 'location_manager');
  const booked = await adjustStock(parts, manager, {
    locationId: shop.locationId,
    productId,
    type: 'in',
    quantity: decimal('12.5'),
    reason: 'delivery 17',
  });
  expect(booked).toMatchObject({ type: 'in', item: { currentStock: '12.5000', lastRestockedAt: parts.clock.now() } });
  const ledger = await database.rows(
    'select movement_type, reference_type, reference_id, performed_by, reason from stock_movements where location_id = $1',
    [shop.locationId],
  );
  expect(ledger).toEqual([
    {
      movement_type: 'in',
      reference_type: 'adjustment',
      reference_id: booked.id,
      performed_by: manager.id,
      reason: 'delivery 17',
    },
  ]);
});

describe('a count', () => {
  test('of a shelf without history is its stock', async () => {
    const { adjust, clock } = await setup();
    expect((await adjust('count', '40', clock.now())).item.currentStock).toBe('40.0000');
  });

  test('keeps what was sold between the shelf and the request', async () => {
    const { shop, productId, clock, adjust } = await setup();
    await adjust('in', '100');
    clock.advance(60_000);
    await sell(shop, productId, { quantity: '5', at: clock.now() });
    clock.advance(60_000);
    const countedAt = clock.now();
    clock.advance(60_000);
    await sell(shop, productId, { quantity: '3', at: clock.now() });
    // The shelf had 93 where the books had 95; three more were sold before the figure was typed in.
    const booked = await adjust('count', '93', countedAt);
    expect({ correction: plain(booked.quantity), stock: booked.item.currentStock }).toEqual({
      correction: '-2',
      stock: '90.0000',
    });
    expect(booked.item.lastCountedAt).toEqual(countedAt);
  });

  test('that finds what the books say is in the ledger all the same', async () => {
    const { shop, clock, adjust } = await setup();
    await adjust('in', '7');
    clock.advance(1_000);
    expect(plain((await adjust('count', '7', clock.now())).quantity)).toBe('0');
    const counts = await database.rows(
      `select quantity from stock_movements where location_id = $1 and movement_type = 'count'`,
      [shop.locationId],
    );
    expect(counts).toEqual([{ quantity: '0.0000' }]);
  });

  test('stands when a till reports sales of before it: they were not on the shelf any more', async () => {
    const { shop, productId, clock, adjust } = await setup();
    await adjust('in', '20');
    clock.advance(3_600_000);
    const offline = clock.now();
    clock.advance(3_600_000);
    await adjust('count', '15', clock.now());
    await sell(shop, productId, { quantity: '5', at: offline });
    expect(await books(shop.locationId)).toEqual([{ stock: '15.0000', ledger: '15.0000' }]);
    clock.advance(1_000);
    await sell(shop, productId, { quantity: '1', at: clock.now() });
    expect(await books(shop.locationId)).toEqual([{ stock: '14.0000', ledger: '14.0000' }]);
  });

  test('older than one that is booked is refused', async () => {
    const { clock, adjust } = await setup();
    const older = clock.now();
    clock.advance(60_000);
    await adjust('count', '5', clock.now());
    await expect(adjust('count', '9', older)).rejects.toSatisfy(countSuperseded.is);
  });

  test('of sales in any order of arrival leaves the counted figure and what was sold after it', async () => {
    const { shop, productId, clock, adjust } = await setup();
    const begin = clock.now().getTime();
    const instants = [1, 2, 3, 5, 6, 7].map((minute) => new Date(begin + minute * 60_000));
    const countedAt = new Date(begin + 4 * 60_000);
    clock.advance(600_000);
    // Two of before and one of after are known at the count, the others come later.
    for (const at of [instants[0], instants[2], instants[4]])
      await sell(shop, productId, { quantity: '1', at: at as Date });
    await adjust('count', '50', countedAt);
    for (const at of [instants[5], instants[1], instants[3]])
      await sell(shop, productId, { quantity: '1', at: at as Date });
    expect(await books(shop.locationId)).toEqual([{ stock: '47.0000', ledger: '47.0000' }]);
  });
});

describe('rights', () => {
  test("another brand's shop is not found, a shop where one only works is forbidden", async () => {
    const { shop, productId, parts } = await setup();
    const adjustment: Adjustment = {
      locationId: shop.locationId,
      productId,
      type: 'in',
      quantity: decimal('1'),
      reason: null,
    };
    const stranger = (await foundBrand(database, 'Other')).admin;
    await expect(adjustStock(parts, stranger, adjustment)).rejects.toSatisfy(locationNotFound.is);
    await expect(adjustStock(parts, memberOf(shop, 'staff'), adjustment)).rejects.toSatisfy(forbidden.is);
    expect(await books(shop.locationId)).toEqual([]);
  });

  test("another brand's product is unknown", async () => {
    const { shop, parts } = await setup();
    const [foreign = ''] = await addProducts(database, await foundBrand(database, 'Third'), ['foreign']);
    const input = { locationId: shop.locationId, productId: foreign };
    const adjustment: Adjustment = { ...input, type: 'in', quantity: decimal('1'), reason: null };
    await expect(adjustStock(parts, brand.admin, adjustment)).rejects.toSatisfy(unknownProduct.is);
    await expect(createItem(parts, brand.admin, input)).rejects.toSatisfy(unknownProduct.is);
  });
});

describe('many at once', () => {
  test('16 writers of one hot item lose nothing, and its events tell one unbroken story', async () => {
    const { shop, productId, parts, adjust } = await setup();
    await createItem(parts, brand.admin, { locationId: shop.locationId, productId, reorderLevel: decimal('200') });
    await adjust('in', '500');
    const writers = Array.from({ length: 16 }, async () => {
      for (let round = 0; round < 8; round++) await adjust('out', '-3');
    });
    await Promise.all(writers);
    expect(await books(shop.locationId)).toEqual([{ stock: '116.0000', ledger: '116.0000' }]);

    const told = await database.rows(
      `select (change_data->>'previousStock')::int as before, (change_data->>'newStock')::int as after
       from sync_events where scope_id = $1 and event_type = 'inventory.update' order by seq`,
      [shop.locationId],
    );
    expect(told).toHaveLength(1 + 1 + 128);
    told.slice(1).forEach((event, index) => {
      expect(event['before']).toBe(told[index]?.['after']);
    });
    const alerts = await database.rows('select state, current_stock from stock_alerts where location_id = $1', [
      shop.locationId,
    ]);
    expect(alerts).toEqual([{ state: 'open', current_stock: '200.0000' }]);
  });

  test('any interleaving ends with stock = sum of the ledger, and the alerts that the ledger implies', async () => {
    const step = fc.record({ item: fc.nat(1), quantity: fc.integer({ min: -9, max: 9 }).filter((n) => n !== 0) });
    const writers = fc.array(fc.array(step, { minLength: 1, maxLength: 8 }), { minLength: 2, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(writers, async (scripts) => {
        const { shop, parts, productId: first } = await setup();
        const [second = ''] = await addProducts(database, brand, [`second-${shop.locationId}`]);
        const products = [first, second];
        for (const productId of products) {
          await createItem(parts, brand.admin, { locationId: shop.locationId, productId, reorderLevel: decimal('5') });
        }
        await Promise.all(
          scripts.map(async (script) => {
            for (const { item, quantity } of script) {
              const target = { locationId: shop.locationId, productId: products[item] ?? first };
              await adjustStock(parts, brand.admin, {
                ...target,
                type: 'adjustment',
                quantity: decimal(String(quantity)),
                reason: null,
              });
            }
          }),
        );
        for (const { stock, ledger } of await books(shop.locationId))
          expect(compare(decimal(stock), decimal(ledger))).toBe(0);
        for (const productId of products)
          expect(await alertsOf(shop, productId)).toEqual(await impliedAlerts(shop, productId));
      }),
      { numRuns: 8 },
    );
  });

  test('deliveries to the same shops in opposite order wait for each other and never deadlock', async () => {
    const shops = await Promise.all([1, 2, 3, 4].map(() => openShop(database, brand)));
    const [productId = ''] = await addProducts(database, brand, ['crossed']);
    let attempts = 0;
    const deliver = (order: readonly Shop[]) =>
      database.db.transaction(brand.admin, async (tx) => {
        attempts++;
        await lockStock(
          tx,
          order.map(({ locationId }) => locationId),
        );
        const movements = order.map((shop): StockMovement => {
          const cause = { referenceType: 'test', referenceId: uuidv7(), performedBy: 'test', reason: null };
          return { ...shop, ...cause, productId, type: 'in', quantity: '1', occurredAt: new Date() };
        });
        await moveStock(tx, movements, 'test');
      });
    const rounds = Array.from({ length: 20 }, () => [deliver(shops), deliver(shops.toReversed())]);
    await Promise.all(rounds.flat());
    // A deadlock would have been repeated by transaction() and so have been counted twice.
    expect(attempts).toBe(40);
    for (const shop of shops) expect(await books(shop.locationId)).toEqual([{ stock: '40.0000', ledger: '40.0000' }]);
  });

  test('of two makers of the same item one is told that it exists', async () => {
    const { shop, productId, parts } = await setup();
    const make = () => createItem(parts, brand.admin, { locationId: shop.locationId, productId });
    const [one, two] = await Promise.allSettled([make(), make()]);
    expect([one?.status, two?.status].sort()).toEqual(['fulfilled', 'rejected']);
    const refused = [one, two].find((result) => result?.status === 'rejected');
    expect(itemExists.is(refused?.reason)).toBe(true);
  });
});

async function alertsOf(shop: Shop, productId: string) {
  return database.rows(
    'select state, current_stock from stock_alerts where location_id = $1 and product_id = $2 order by id',
    [shop.locationId, productId],
  );
}

/** Plays the ledger, in the order in which it was recorded, through the rule. */
async function impliedAlerts(shop: Shop, productId: string) {
  const ledger = await database.rows<{ quantity: string; reorder_level: string; rearm_level: string }>(
    `select movement.quantity, item.reorder_level, item.rearm_level
     from stock_movements movement join inventory_items item on item.location_id = movement.location_id and item.id = inventory_item_id
     where movement.location_id = $1 and movement.product_id = $2 order by recorded_at`,
    [shop.locationId, productId],
  );
  const alerts: { state: string; current_stock: string }[] = [];
  let stock = decimal('0');
  for (const { quantity, reorder_level, rearm_level } of ledger) {
    const before = stock;
    stock = stock.plus(decimal(quantity));
    const levels = { reorderLevel: decimal(reorder_level), rearmLevel: decimal(rearm_level) };
    const transition = alertTransition(levels, { before, after: stock, alertOpen: alerts.at(-1)?.state === 'open' });
    const current_stock = stock.toFixed(4);
    if (transition === 'open') alerts.push({ state: 'open', current_stock });
    if (transition === 'resolve') alerts.splice(-1, 1, { state: 'resolved', current_stock });
  }
  return alerts;
}
