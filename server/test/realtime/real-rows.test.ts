// Checks 7, 8, 9, 10 and 12 of the protocol again, on the rows that the domains write: the unmodified client on both
// serializers, and everything that it hears made over HTTP. Rows of every type and size are in checks/ of delivery/realtime.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { createTillstream, type Tillstream } from '../../../client/src/index.ts';
import { openShop, type Shop } from '../../../client/test/open-shop.ts';
import {
  type HeardChange,
  type Listener,
  listen,
  type Vsn,
  versions,
  type Wish,
} from '../../src/delivery/realtime/test/listening-client.ts';
import { feedTables } from '../../src/events/index.ts';
import { startTestApp, type TestApp } from '../harness/test-app.ts';

let app: TestApp;
let owner: Tillstream;
/** Hears of every shelf there is. */
let witness: Listener;
const listeners: Listener[] = [];

beforeAll(async () => {
  app = await startTestApp();
  owner = createTillstream({ url: app.url, apiKey: app.ownerKey });
  const wishes = [{ table: 'inventory_items' }];
  witness = listen({ url: app.url, apiKey: app.ownerKey, topic: 'witness', vsn: '2.0.0', wishes });
  await witness.status('SUBSCRIBED');
});
afterEach(() => Promise.all(listeners.splice(0).map((listener) => listener.close())));
afterAll(async () => {
  await witness?.close();
  await app?.stop();
});

async function join(vsn: Vsn, wishes: readonly Wish[]): Promise<Listener> {
  const listener = listen({ url: app.url, apiKey: app.ownerKey, topic: 'real rows', vsn, wishes });
  listeners.push(listener);
  await listener.status('SUBSCRIBED');
  return listener;
}

/** A shop of whose opening everything has been told: a join hears what was committed just before it as well. */
async function openQuietShop(): Promise<Shop> {
  const shop = await openShop(app.url, app.ownerKey);
  const isOpen = ({ new: item }: HeardChange) =>
    item['location_id'] === shop.locationId && item['current_stock'] === 20;
  await witness.signal.until('the opening', () => witness.heard[0]?.some(isOpen) === true);
  return shop;
}

type Told = 'inventory_items' | 'stock_alerts' | 'pos_transactions';

/** The row as it is now, in the columns that the feed shows; instants as milliseconds, however they are written. */
async function rowNow(table: Told, id: unknown): Promise<Record<string, unknown>> {
  const [row] = await app.rows<{ row: Record<string, unknown> }>(
    `select to_jsonb(r) as row from ${table} r where id = $1`,
    [id],
  );
  return comparable(table, row?.row ?? {});
}

function comparable(table: Told, row: Record<string, unknown>): Record<string, unknown> {
  const instantOf = (value: unknown) => (typeof value === 'string' ? Date.parse(value) : value);
  return Object.fromEntries(
    Object.entries(feedTables[table].columns).map(([name, type]) => [
      name,
      type === 'timestamptz' ? instantOf(row[name]) : row[name],
    ]),
  );
}

const adjust = ({ locationId, productId }: Shop, quantity: number) =>
  owner.adjustStock({ locationId, productId, type: 'adjustment', quantity, reason: 'test' });

async function ring(shop: Shop, sale: { externalId: string; total: number; [field: string]: unknown }): Promise<void> {
  const { quantity = 1, ...rest } = sale as typeof sale & { quantity?: number };
  const line = { sku: `LATTE-${shop.locationId}`, quantity, unitPrice: sale.total / quantity, total: sale.total };
  const occurredAt = '2026-06-01T12:00:00.250Z';
  const results = await owner.recordSales(shop.posSystemId, [{ occurredAt, currency: 'USD', lines: [line], ...rest }]);
  expect(results.map(({ status }) => status)).not.toContain('rejected');
}

const shapeOf = ({ eventType, new: after, old }: HeardChange, column: string) => [eventType, after[column], old];

describe.each(versions)('serializer %s', (vsn) => {
  test('7, 8: a change of a shelf, an alert or a sale has its whole row in its types, and an UPDATE its key and old values', async () => {
    const shop = await openQuietShop();
    const { locationId } = shop;
    const filter = `location_id=eq.${locationId}`;
    const tables = ['inventory_items', 'stock_alerts', 'pos_transactions'] as const;
    const listener = await join(
      vsn,
      tables.map((table) => ({ table, filter })),
    );
    const sale = { externalId: 'a', metadata: { tableNumber: '7' }, paymentMethod: 'card' };
    await ring(shop, { ...sale, quantity: 12, total: 54 });
    await ring(shop, { ...sale, quantity: 11, total: 49.5, version: 2 });
    const { currentStock } = await adjust(shop, 20);
    expect(currentStock).toBe(29);
    const [latte] = (await owner.listStock(locationId)).items;
    const levels = { reorderLevel: 12, rearmLevel: 13 };
    const itemId = latte?.inventoryItemId ?? '';
    await owner.updateWithConflictDetection('inventory_items', itemId, levels, latte?.version ?? 0);
    const product = { sku: `AA-${locationId}`, name: 'New', unit: 'piece', currency: 'USD' };
    const { id: productId } = await owner.createProduct(product);
    await owner.createInventoryItem({ locationId, productId });
    await listener.signal.until('five changes of items', () => listener.heard[0]?.length === 5);
    await listener.signal.until('two of alerts and sales', () => listener.heard.slice(1).flat().length === 4);

    const [items = [], alerts = [], sales = []] = listener.heard;
    const item = { location_id: locationId, id: itemId, version: 1 };
    const before = { reorder_level: 10, rearm_level: 11, max_stock_level: 40 };
    expect(items.map((change) => shapeOf(change, 'current_stock'))).toEqual([
      ['UPDATE', 8, { ...item, current_stock: 20 }],
      ['UPDATE', 9, { ...item, current_stock: 8 }],
      ['UPDATE', 29, { ...item, current_stock: 9 }],
      ['UPDATE', 29, { ...item, ...before, current_stock: 29 }],
      ['INSERT', 0, {}],
    ]);
    const alert = { location_id: locationId, id: alerts[0]?.new['id'] };
    expect(alerts.map((change) => shapeOf(change, 'state'))).toEqual([
      ['INSERT', 'open', {}],
      ['UPDATE', 'resolved', { ...alert, state: 'open', resolved_at: null }],
    ]);
    const sold = { location_id: locationId, id: sales[0]?.new['id'] };
    expect(sales.map((change) => shapeOf(change, 'total_amount'))).toEqual([
      ['INSERT', 54, {}],
      ['UPDATE', 49.5, { ...sold, version: 1, total_amount: 54 }],
    ]);
    // What was told last of each row is what the database has of it now.
    for (const [at, table] of tables.entries()) {
      const heard = listener.heard[at] ?? [];
      for (const { new: told } of new Map(heard.map((change) => [change.new['id'], change])).values()) {
        expect(comparable(table, told)).toEqual(await rowNow(table, told['id']));
      }
    }
    for (const { errors, commit_timestamp } of listener.heard.flat()) {
      expect(errors).toBeNull();
      expect(commit_timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    }
  });

  test('9: each operator lets through the sales that it should', async () => {
    const shop = await openQuietShop();
    const own = `location_id=eq.${shop.locationId}`;
    const table: readonly [filter: string, sales: string][] = [
      ['total_amount=eq.12.50', 'b'],
      ['total_amount=neq.12.5', 'ac'],
      ['total_amount=not.eq.12.5', 'ac'],
      // As numbers: as texts, 30 would come before 4.
      ['total_amount=gt.4', 'bc'],
      ['total_amount=not.gt.4', 'a'],
      ['total_amount=gte.12.5', 'bc'],
      ['total_amount=lt.0.10000000000000000001', 'a'],
      ['total_amount=lte.12.5', 'ab'],
      ['total_amount=in.(0.1,30)', 'ac'],
      ['total_amount=not.in.(0.1,30)', 'b'],
      ['external_transaction_id=eq."banana, split"', 'b'],
      ['external_transaction_id=in.("banana, split",Apple pie)', 'ab'],
      ['external_transaction_id=like.%pie', 'a'],
      ['external_transaction_id=like.apple%', ''],
      ['external_transaction_id=ilike.apple%', 'a'],
      ['external_transaction_id=not.ilike.APPLE%', 'bc'],
      ['external_transaction_id=match.^[ab]', 'b'],
      ['external_transaction_id=imatch.^[ab]', 'ab'],
      ['external_transaction_id=not.imatch.^[ab]', 'c'],
      ['payment_method=is.null', 'c'],
      ['payment_method=not.is.null', 'ab'],
      ['payment_method=isdistinct.card', 'bc'],
      ['payment_method=neq.card', 'b'],
      ['metadata=eq."{\\"tableNumber\\": \\"7\\"}"', 'b'],
      ['breakdown=is.null', 'abc'],
      ['transaction_timestamp=lte.2026-06-01 14:00:00.25+02', 'abc'],
      ['transaction_timestamp=lt.2026-06-01T12:00:00.25Z', ''],
      ['business_date=eq.2026-06-01', 'abc'],
      ['version=gt.1', 'c'],
      ['status=in.(completed,voided),kind=eq.sale', 'abc'],
      [`pos_system_id=eq.${shop.posSystemId},total_amount=lt.20`, 'ab'],
      [`pos_system_id=eq.${shop.productId}`, ''],
    ];
    const wishes = table.map(([filter]) => ({ table: 'pos_transactions', filter: `${own},${filter}` }));
    const listener = await join(vsn, [...wishes, { table: 'pos_transactions', filter: own }]);
    await ring(shop, { externalId: 'Apple pie', total: 0.1, paymentMethod: 'card' });
    await ring(shop, {
      externalId: 'banana, split',
      total: 12.5,
      paymentMethod: 'cash',
      metadata: { tableNumber: '7' },
    });
    await ring(shop, { externalId: 'cake "hi"', total: 30, version: 3 });
    await listener.signal.until('the last sale', () => listener.heard.at(-1)?.length === 3);
    expect(listener.system.map(({ message }) => message)).toEqual(['Subscribed to PostgreSQL']);
    const initial = ({ new: row }: HeardChange) => String(row['external_transaction_id']).charAt(0).toLowerCase();
    const heard = listener.heard.map((changes) => changes.map(initial).join(''));
    expect(table.map(([filter], at) => [filter, heard[at]])).toEqual(table.map((row) => [...row]));
  });

  test('9, 10: an item that leaves a filter is not told, one that enters is, and of an alert each state', async () => {
    const shop = await openQuietShop();
    const own = `location_id=eq.${shop.locationId}`;
    const elsewhere = `location_id=eq.${(await openQuietShop()).locationId}`;
    const table: readonly [table: Told, filter: string, stocks: number[], event?: Wish['event']][] = [
      ['inventory_items', 'current_stock=lt.5', [4]],
      ['inventory_items', 'current_stock=gte.5', [8, 24]],
      ['inventory_items', 'current_stock=in.(4,24)', [4, 24], 'UPDATE'],
      ['inventory_items', 'reorder_level=eq.10,current_stock=lt.9', [8, 4]],
      ['inventory_items', 'reorder_level=is.null', []],
      ['inventory_items', 'last_counted_at=is.null', [8, 4, 24]],
      ['inventory_items', `product_id=eq.${shop.productId}`, [8, 4, 24]],
      // No row of these tables is ever deleted, and an update is not taken for it.
      ['inventory_items', 'current_stock=gt.0', [], 'DELETE'],
      ['stock_alerts', 'state=eq.open', [8]],
      ['stock_alerts', 'state=like.re%', [24]],
      ['stock_alerts', 'state=neq.open', [24], 'UPDATE'],
      ['stock_alerts', 'resolved_at=is.null', [8]],
      ['stock_alerts', 'current_stock=lte.10,rearm_level=eq.11', [8]],
      ['stock_alerts', 'state=eq.open', [], 'DELETE'],
    ];
    const wishes = table.map(([name, filter, , event = '*']): Wish => {
      return { event, table: name, filter: `${own},${filter}` };
    });
    const listener = await join(vsn, [
      ...wishes,
      { table: 'inventory_items', filter: elsewhere },
      { table: 'stock_alerts', filter: own },
      { table: 'inventory_items', filter: own },
    ]);
    for (const quantity of [-12, -4, 20]) await adjust(shop, quantity);
    await listener.signal.until('three changes', () => listener.heard.at(-1)?.length === 3);
    await listener.signal.until('both of the alert', () => listener.heard.at(-2)?.length === 2);
    const stocks = listener.heard.map((changes) => changes.map((change) => change.new['current_stock']));
    expect(table.map(([name, filter], at) => [name, filter, stocks[at]])).toEqual(
      table.map(([name, filter, expected]) => [name, filter, expected]),
    );
    expect(stocks[table.length]).toEqual([]);
    // Which side of the filter it came from is told as well.
    expect(listener.heard[0]?.map(({ old }) => old['current_stock'])).toEqual([8]);
  });

  test('12: the largest sale that is taken is told whole, which is less than 1 MiB', async () => {
    const shop = await openQuietShop();
    const filter = `location_id=eq.${shop.locationId}`;
    const listener = await join(vsn, [
      { table: 'sync_events', filter: `${filter},event_type=eq.pos.transaction` },
      { table: 'sync_events', filter: `${filter},event_type=eq.pos.transaction`, select: ['entity_id'] },
      { table: 'pos_transactions', filter },
    ]);
    // Each character of these texts is six bytes of JSON.
    const [sku, name] = ['\u0001'.repeat(100), '\u0001'.repeat(200)];
    const line = { sku, name, quantity: 1, unitPrice: 1, total: 1 };
    await ring(shop, { externalId: 'large', total: 500, lines: Array(500).fill(line) });
    await listener.signal.until('the sale', () => listener.heard.every((changes) => changes.length === 1));
    const [[event], [small], [row]] = listener.heard as [HeardChange[], HeardChange[], HeardChange[]];
    expect(listener.heard.flat().map(({ errors }) => errors)).toEqual([null, null, null]);
    expect(JSON.stringify(event?.new).length).toBeGreaterThan(900_000);
    const { id, entity_id, change_data } = event?.new ?? {};
    const [logged] = await app.rows('select change_data from sync_events where id = $1', [id]);
    expect(change_data).toEqual(logged?.['change_data']);
    expect(small?.new).toEqual({ id, entity_id });
    expect(comparable('pos_transactions', row?.new ?? {})).toEqual(await rowNow('pos_transactions', entity_id));
  });
});
