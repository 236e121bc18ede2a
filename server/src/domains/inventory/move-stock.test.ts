import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addProducts, type Brand, foundBrand, openShop, type Shop } from '../../../test/factories/brand.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/harness/test-database.ts';
import { ingestActor } from '../../identity/index.ts';
import type { Actor } from '../../platform/actor.ts';
import { plain } from '../../platform/decimal.ts';
import { amountOutOfRange, unknownProduct } from './errors.ts';
import { lockStock, moveStock, type StockMovement } from './index.ts';

let database: TestDatabase;
let brand: Brand;

beforeAll(async () => {
  database = await openTestDatabase();
  brand = await foundBrand(database);
});
afterAll(() => database.close());

const noon = new Date('2026-03-01T12:00:00Z');

/** A shop of its own for each test, with one product: so tests do not see each other's stock. */
async function setup(levels?: { reorderLevel: number; rearmLevel: number }) {
  const shop = await openShop(database, brand, { firm: true });
  const [productId = ''] = await addProducts(database, brand, [`sku-${shop.locationId}`]);
  if (levels !== undefined) {
    await database.rows(
      `insert into inventory_items (location_id, id, franchise_id, franchisee_id, product_id, reorder_level, rearm_level)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        shop.locationId,
        uuidv7(),
        shop.franchiseId,
        shop.franchiseeId,
        productId,
        levels.reorderLevel,
        levels.rearmLevel,
      ],
    );
  }
  return { shop, productId };
}

function movement(shop: Shop, productId: string, part: Partial<StockMovement> = {}): StockMovement {
  return {
    ...shop,
    productId,
    type: 'sale',
    quantity: '-1',
    referenceType: 'test',
    referenceId: uuidv7(),
    performedBy: 'user:test',
    occurredAt: noon,
    reason: null,
    ...part,
  };
}

const move = (movements: readonly StockMovement[], actor: Actor = brand.admin) =>
  database.db.transaction(actor, async (tx) => {
    await lockStock(
      tx,
      movements.map((one) => one.locationId),
    );
    return moveStock(tx, movements, 'test');
  });

const eventsOf = (locationId: string, type: string) =>
  database.rows(
    'select operation, record, old_record, change_data, "timestamp" from sync_events where scope_id = $1 and event_type = $2 order by seq',
    [locationId, type],
  );

test('a commit books each movement and tells of the item once, with the figure after all of them', async () => {
  const { shop, productId } = await setup();
  const [item] = await move([
    movement(shop, productId, { type: 'in', quantity: '10.5', occurredAt: new Date('2026-03-01T09:00:00Z') }),
    movement(shop, productId, { quantity: '-2' }),
    movement(shop, productId, { quantity: '-0.2500' }),
  ]);
  expect(item && { before: plain(item.previousStock), after: plain(item.newStock) }).toEqual({
    before: '0',
    after: '8.25',
  });

  const ledger = await database.rows(
    'select movement_type, quantity, inventory_item_id from stock_movements where location_id = $1 order by recorded_at, id',
    [shop.locationId],
  );
  expect(ledger.map((row) => [row['movement_type'], row['quantity']])).toEqual([
    ['in', '10.5000'],
    ['sale', '-2.0000'],
    ['sale', '-0.2500'],
  ]);
  const [row] = await database.rows('select to_jsonb(i) as item from inventory_items i where location_id = $1', [
    shop.locationId,
  ]);
  expect(row?.['item']).toMatchObject({
    id: item?.inventoryItemId,
    current_stock: 8.25,
    version: 1,
    last_restocked_at: '2026-03-01T09:00:00+00:00',
  });

  const events = await eventsOf(shop.locationId, 'inventory.update');
  expect(events).toEqual([
    {
      operation: 'INSERT',
      record: row?.['item'],
      old_record: null,
      timestamp: noon,
      change_data: {
        inventoryItemId: item?.inventoryItemId,
        locationId: shop.locationId,
        productId,
        productName: `Product sku-${shop.locationId}`,
        sku: `sku-${shop.locationId}`,
        previousStock: 0,
        newStock: 8.25,
        change: 8.25,
        reason: 'in',
      },
    },
  ]);
});

test('a sale of a product that the shop never had makes its item and a negative stock', async () => {
  const { shop, productId } = await setup();
  await move([movement(shop, productId, { quantity: '-3' })]);
  await move([movement(shop, productId, { quantity: '-1' })]);
  const items = await database.rows('select current_stock, reorder_level from inventory_items where location_id = $1', [
    shop.locationId,
  ]);
  expect(items).toEqual([{ current_stock: '-4.0000', reorder_level: null }]);
  const events = await eventsOf(shop.locationId, 'inventory.update');
  const [item] = await database.rows('select id from inventory_items where location_id = $1', [shop.locationId]);
  const key = { location_id: shop.locationId, id: item?.['id'] };
  expect(events.map((event) => [event['operation'], event['old_record']])).toEqual([
    ['INSERT', null],
    ['UPDATE', { ...key, current_stock: -3, version: 1 }],
  ]);
});

test('many shops and items move in one call, each by its own sum', async () => {
  const shops = await Promise.all([1, 2, 3].map(() => openShop(database, brand)));
  const products = await addProducts(database, brand, ['many-a', 'many-b']);
  const all = shops.flatMap((shop) =>
    products.flatMap((productId, index) => [
      movement(shop, productId),
      movement(shop, productId, { quantity: `-${index + 1}` }),
    ]),
  );
  await move(
    all,
    ingestActor({ locationIds: shops.map((shop) => shop.locationId), franchiseIds: [brand.franchiseId] }),
  );
  for (const shop of shops) {
    const rows = await database.rows(
      `select product_id, current_stock from inventory_items where location_id = $1 order by current_stock desc`,
      [shop.locationId],
    );
    expect(rows).toEqual(products.map((product_id, index) => ({ product_id, current_stock: `-${index + 2}.0000` })));
  }
});

describe('alerts', () => {
  test('the series 11, 9, 11, 9, 12 with levels 10 and 12 raises one alert and resolves it once', async () => {
    const { shop, productId } = await setup({ reorderLevel: 10, rearmLevel: 12 });
    for (const quantity of ['11', '-2', '2', '-2', '3'])
      await move([movement(shop, productId, { quantity, type: 'adjustment' })]);
    const events = await eventsOf(shop.locationId, 'stock.alert');
    expect(
      events.map((event) => [event['operation'], event['change_data']['state'], event['change_data']['currentStock']]),
    ).toEqual([
      ['INSERT', 'open', 9],
      ['UPDATE', 'resolved', 12],
    ]);
    const alerts = await database.rows('select state, current_stock from stock_alerts where location_id = $1', [
      shop.locationId,
    ]);
    expect(alerts).toEqual([{ state: 'resolved', current_stock: '12.0000' }]);
  });

  test('an alert quotes the final figure of the commit, not the one at which a line crossed the level', async () => {
    const { shop, productId } = await setup({ reorderLevel: 10, rearmLevel: 12 });
    await move([movement(shop, productId, { type: 'in', quantity: '20' })]);
    await move(['-9', '-1', '-4', '-3'].map((quantity) => movement(shop, productId, { quantity })));
    const [alert] = await eventsOf(shop.locationId, 'stock.alert');
    expect(alert?.['change_data']).toMatchObject({
      currentStock: 3,
      reorderLevel: 10,
      rearmLevel: 12,
      locationName: 'Shop',
    });
    expect(alert?.['record']).toMatchObject({ current_stock: 3, state: 'open', resolved_at: null });
  });

  test('a commit that only passes through the level raises nothing', async () => {
    const { shop, productId } = await setup({ reorderLevel: 10, rearmLevel: 12 });
    await move([movement(shop, productId, { type: 'in', quantity: '20' })]);
    await move(['-15', '14'].map((quantity) => movement(shop, productId, { quantity })));
    expect(await eventsOf(shop.locationId, 'stock.alert')).toEqual([]);
  });
});

describe('refusals leave nothing behind', () => {
  test('a stock beyond 11 digits is inventory.amount_out_of_range and never rounded', async () => {
    const { shop, productId } = await setup();
    await move([movement(shop, productId, { quantity: '99999999999.9999', type: 'in' })]);
    const failing = move([movement(shop, productId, { quantity: '0.0001', type: 'in' })]);
    await expect(failing).rejects.toSatisfy(amountOutOfRange.is);
    const rows = await database.rows(
      `select current_stock, (select count(*)::int from stock_movements m where m.location_id = i.location_id) as movements
       from inventory_items i where location_id = $1`,
      [shop.locationId],
    );
    expect(rows).toEqual([{ current_stock: '99999999999.9999', movements: 1 }]);
    await move([movement(shop, productId, { quantity: '-99999999999.9999' })]);
  });

  test('sums that pass beyond the range and come back within one commit are booked', async () => {
    const { shop, productId } = await setup();
    await move([movement(shop, productId, { quantity: '99999999999.9999', type: 'in' })]);
    await move([
      movement(shop, productId, { quantity: '5', type: 'in' }),
      movement(shop, productId, { quantity: '-6' }),
    ]);
    const rows = await database.rows('select current_stock from inventory_items where location_id = $1', [
      shop.locationId,
    ]);
    expect(rows).toEqual([{ current_stock: '99999999998.9999' }]);
  });

  test("another brand's product is unknown", async () => {
    const { shop } = await setup();
    const [foreign = ''] = await addProducts(database, await foundBrand(database, 'Other'), ['foreign']);
    await expect(move([movement(shop, foreign)])).rejects.toSatisfy(unknownProduct.is);
    await expect(move([movement(shop, uuidv7())])).rejects.toSatisfy(unknownProduct.is);
    expect(await database.rows('select 1 from inventory_items where location_id = $1', [shop.locationId])).toEqual([]);
  });

  test('an actor without rights over the shop writes nothing', async () => {
    const { shop, productId } = await setup();
    const stranger = ingestActor({ locationIds: [], franchiseIds: [brand.franchiseId] });
    await expect(move([movement(shop, productId)], stranger)).rejects.toThrow(/row-level security/);
  });
});
