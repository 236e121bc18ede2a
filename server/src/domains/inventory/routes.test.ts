import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp, type TestBrand } from '../../../test/harness/test-app.ts';

let app: TestApp;
let other: TestBrand;

beforeAll(async () => {
  app = await startTestApp();
  other = await app.foundBrand('Other');
});
afterAll(() => app.stop());

interface Answer {
  readonly status: number;
  readonly etag: string | null;
  readonly body: {
    readonly [field: string]: unknown;
    readonly id?: string;
    readonly items?: Record<string, unknown>[];
  };
}

async function call(
  method: string,
  path: string,
  request: { key?: string; body?: unknown; raw?: string } = {},
): Promise<Answer> {
  const text = request.raw ?? (request.body === undefined ? undefined : JSON.stringify(request.body));
  const response = await fetch(new URL(path, app.url), {
    method,
    headers: {
      authorization: `Bearer ${request.key ?? app.ownerKey}`,
      ...(text === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(text === undefined ? {} : { body: text }),
  });
  return {
    status: response.status,
    etag: response.headers.get('etag'),
    body: (await response.json()) as Answer['body'],
  };
}

const post = (path: string, body: unknown, key?: string) =>
  call('POST', path, { body, ...(key === undefined ? {} : { key }) });
const get = (path: string, key?: string) => call('GET', path, key === undefined ? {} : { key });

const code = ({ status, body }: Answer) => [status, body['code']];
const paths = ({ body }: Answer) => (body['errors'] as { path: string }[]).map(({ path }) => path);

/** A shop and a product of its own for each test. */
async function setup() {
  const shop = await post('/v1/locations', { name: 'Astoria', timeZone: 'America/New_York' });
  const product = await post('/v1/products', { sku: uuidv7(), name: 'Bagel', price: 2.5 });
  expect([shop.status, product.status]).toEqual([201, 201]);
  const locationId = String(shop.body.id);
  const productId = String(product.body.id);
  const adjust = (type: string, quantity: number | string, more = {}) =>
    post('/v1/inventory/adjustments', { locationId, productId, type, quantity, ...more });
  return { locationId, productId, adjust };
}

async function keyWith(scopes: string[], place: { locationIds?: string[] } = {}): Promise<string> {
  return String((await post('/v1/api-keys', { name: 'key', scopes, ...place })).body['key']);
}

describe('products', () => {
  test('are added with defaults, read back the same, and carry their version as ETag', async () => {
    const added = await post('/v1/products', { sku: 'ESP-1', name: ' Espresso ', price: '3.10', costPrice: 0.412345 });
    expect([added.status, added.etag]).toEqual([201, '"1"']);
    expect(added.body).toMatchObject({
      franchiseId: app.franchiseId,
      sku: 'ESP-1',
      name: 'Espresso',
      unit: 'piece',
      price: 3.1,
      costPrice: 0.412345,
      currency: 'USD',
      version: 1,
    });
    const read = await get(`/v1/products/${added.body.id}`);
    expect([read.status, read.etag, read.body]).toEqual([200, '"1"', added.body]);
  });

  test('of one brand have different SKUs; another brand may use the same', async () => {
    expect((await post('/v1/products', { sku: 'TWICE', name: 'One' })).status).toBe(201);
    expect(code(await post('/v1/products', { sku: 'TWICE', name: 'Two' }))).toEqual([409, 'inventory.sku_taken']);
    expect((await post('/v1/products', { sku: 'TWICE', name: 'Theirs' }, other.ownerKey)).status).toBe(201);
  });

  test('are listed by SKU in pages that neither skip nor repeat', async () => {
    const brand = await app.foundBrand('Pages');
    const skus = ['b', 'a', 'd', 'c', 'e'];
    for (const sku of skus) await post('/v1/products', { sku, name: sku }, brand.ownerKey);
    const seen: unknown[] = [];
    let after = '';
    do {
      const page = await get(`/v1/products?limit=2${after}`, brand.ownerKey);
      seen.push(...(page.body.items ?? []).map((item) => item['sku']));
      after = page.body['nextCursor'] === null ? '' : `&after=${page.body['nextCursor']}`;
    } while (after !== '');
    expect(seen).toEqual([...skus].sort());
  });

  test.for([
    [{ sku: '', name: 'x' }, 'sku'],
    [{ sku: 'x', name: 'x', price: -1 }, 'price'],
    [{ sku: 'x', name: 'x', price: 1.234 }, 'price'],
    [{ sku: 'x', name: 'x', price: '1e3' }, 'price'],
    [{ sku: 'x', name: 'x', price: '1234567890123456' }, 'price'],
    [{ sku: 'x', name: 'x', currency: 'XXL' }, 'currency'],
    [{ sku: 'x'.repeat(101), name: 'x' }, 'sku'],
  ] as const)('%j is refused for its %s', async ([body, path]) => {
    const refused = await post('/v1/products', body);
    expect([...code(refused), paths(refused)]).toEqual([422, 'request.invalid', [path]]);
  });

  test('take no unknown field', async () => {
    expect(code(await post('/v1/products', { sku: 'x', name: 'x', colour: 'red' }))).toEqual([
      422,
      'request.unknown_field',
    ]);
  });
});

describe('items', () => {
  test('are made with levels, and announced with stock 0', async () => {
    const { locationId, productId } = await setup();
    const made = await post('/v1/inventory-items', { locationId, productId, reorderLevel: 10, maxStockLevel: '40.5' });
    expect([made.status, made.etag]).toEqual([201, '"1"']);
    expect(made.body).toMatchObject({
      locationId,
      productId,
      productName: 'Bagel',
      unit: 'piece',
      currentStock: 0,
      reorderLevel: 10,
      rearmLevel: 11,
      maxStockLevel: 40.5,
      low: true,
      negative: false,
      alert: null,
    });
    const events = await app.rows(
      `select operation, change_data->>'reason' as reason, record->>'current_stock' as stock from sync_events where scope_id = $1`,
      [locationId],
    );
    expect(events).toEqual([{ operation: 'INSERT', reason: 'levels', stock: '0' }]);
    const again = await post('/v1/inventory-items', { locationId, productId });
    expect(code(again)).toEqual([409, 'inventory.item_exists']);
  });

  test('with levels that contradict each other are refused', async () => {
    const { locationId, productId } = await setup();
    const refused = await post('/v1/inventory-items', { locationId, productId, reorderLevel: 10, rearmLevel: 10 });
    expect([...code(refused), paths(refused)]).toEqual([422, 'inventory.levels_contradict', ['rearmLevel']]);
  });
});

describe('adjustments', () => {
  test('answer the item as it is afterwards, and are in its ledger, newest first', async () => {
    const { locationId, productId, adjust } = await setup();
    await adjust('in', '12.5', { reason: 'delivery' });
    const waste = await adjust('waste', -2);
    expect(waste.status).toBe(201);
    expect(waste.body).toMatchObject({ type: 'waste', quantity: -2, currentStock: 10.5, low: false, negative: false });
    const ledger = await get(`/v1/locations/${locationId}/stock/${productId}/movements`);
    expect(ledger.body.items).toMatchObject([
      { movementType: 'waste', quantity: -2, reason: null, referenceType: 'adjustment', referenceId: waste.body.id },
      { movementType: 'in', quantity: 12.5, reason: 'delivery' },
    ]);
  });

  test('that contradict themselves are refused with what to correct', async () => {
    const { adjust } = await setup();
    const now = new Date().toISOString();
    expect(code(await adjust('in', -1))).toEqual([422, 'inventory.quantity_contradicts_type']);
    expect(code(await adjust('out', 1))).toEqual([422, 'inventory.quantity_contradicts_type']);
    expect(code(await adjust('count', 1))).toEqual([422, 'inventory.count_time_invalid']);
    expect(code(await adjust('in', 1, { countedAt: now }))).toEqual([422, 'inventory.count_time_invalid']);
    expect(code(await adjust('count', 1, { countedAt: '2999-01-01T00:00:00Z' }))).toEqual([
      422,
      'inventory.count_time_invalid',
    ]);
    expect((await adjust('count', 1, { countedAt: now })).status).toBe(201);
  });

  test('beyond what can be kept exactly are refused, in digits and in sum', async () => {
    const { locationId, productId, adjust } = await setup();
    expect(code(await adjust('in', '0.00001'))).toEqual([422, 'request.invalid']);
    expect(code(await adjust('in', '100000000000'))).toEqual([422, 'request.invalid']);
    const raw = (quantity: string) =>
      call('POST', '/v1/inventory/adjustments', {
        raw: `{"locationId":"${locationId}","productId":"${productId}","type":"in","quantity":${quantity}}`,
      });
    expect(code(await raw('1234567890.123456'))).toEqual([422, 'request.number_out_of_range']);
    expect(code(await raw('NaN'))).toEqual([400, 'request.malformed_json']);
    expect((await adjust('in', '99999999999.9999')).body['currentStock']).toBe(99999999999.9999);
    expect(code(await adjust('in', '0.0001'))).toEqual([422, 'inventory.amount_out_of_range']);
    const stock = await get(`/v1/locations/${locationId}/stock`);
    expect(stock.body.items).toMatchObject([{ currentStock: 99999999999.9999 }]);
  });
});

describe('a shop', () => {
  test('shows what is negative, low and alerted, and its alerts by state', async () => {
    const { locationId, productId, adjust } = await setup();
    await post('/v1/inventory-items', { locationId, productId, reorderLevel: 10, rearmLevel: 12 });
    await adjust('in', 11);
    await adjust('out', -12);
    const stock = await get(`/v1/locations/${locationId}/stock`);
    const [item] = stock.body.items ?? [];
    expect(item).toMatchObject({ currentStock: -1, negative: true, low: true, alert: { id: expect.any(String) } });
    const open = await get(`/v1/locations/${locationId}/alerts?state=open`);
    expect(open.body.items).toMatchObject([
      { productId, state: 'open', currentStock: -1, reorderLevel: 10, rearmLevel: 12 },
    ]);
    await adjust('in', 20);
    expect((await get(`/v1/locations/${locationId}/alerts?state=open`)).body.items).toEqual([]);
    expect((await get(`/v1/locations/${locationId}/alerts`)).body.items).toMatchObject([
      { state: 'resolved', currentStock: 19 },
    ]);
  });

  test('lists its ledger in pages without losing a movement of the same millisecond', async () => {
    const { locationId, productId, adjust } = await setup();
    await Promise.all(Array.from({ length: 9 }, (_, index) => adjust('in', index + 1)));
    const quantities: unknown[] = [];
    let after = '';
    do {
      const page = await get(`/v1/locations/${locationId}/stock/${productId}/movements?limit=2${after}`);
      quantities.push(...(page.body.items ?? []).map((item) => item['quantity']));
      after = page.body['nextCursor'] === null ? '' : `&after=${page.body['nextCursor']}`;
    } while (after !== '');
    expect(quantities.toSorted((a, b) => Number(a) - Number(b))).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  });

  test('without the product has no ledger of it, and a cursor of another list is refused', async () => {
    const { locationId, productId } = await setup();
    const ledger = await get(`/v1/locations/${locationId}/stock/${productId}/movements`);
    expect(code(ledger)).toEqual([404, 'inventory.unknown_item']);
    const cursorOf = (...parts: unknown[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');
    const cursor = cursorOf(1, 'products', 'x', 'y');
    // What no item has: a text that PostgreSQL takes for none, and a day that the calendar lacks.
    const forged = [
      ['/v1/products', cursorOf(1, 'products', uuidv7(), 'a\0b')],
      [`/v1/locations/${locationId}/stock`, cursorOf(1, 'stock', 'a\0b')],
      [
        `/v1/locations/${locationId}/stock/${productId}/movements`,
        cursorOf(1, 'movements', '2026-13-45 00:00:00+00', uuidv7()),
      ],
    ] as const;
    for (const [path, after] of forged) {
      expect(code(await get(`${path}?after=${after}`)), path).toEqual([422, 'request.invalid_cursor']);
    }
    expect(code(await get(`/v1/locations/${locationId}/stock?after=${cursor}`))).toEqual([
      422,
      'request.invalid_cursor',
    ]);
  });
});

describe('rights', () => {
  test("another brand's ids are not found, in paths and in bodies", async () => {
    const { locationId, productId } = await setup();
    const key = other.ownerKey;
    const mine = {
      locationId: String((await post('/v1/locations', { name: 'Theirs', timeZone: 'UTC' }, key)).body.id),
    };
    expect(code(await get(`/v1/products/${productId}`, key))).toEqual([404, 'inventory.unknown_product']);
    for (const path of ['stock', `stock/${productId}/movements`, 'alerts']) {
      expect(code(await get(`/v1/locations/${locationId}/${path}`, key))).toEqual([404, 'identity.location_not_found']);
    }
    const adjustment = { type: 'in', quantity: 1, productId };
    expect(code(await post('/v1/inventory/adjustments', { ...adjustment, locationId }, key))).toEqual([
      404,
      'identity.location_not_found',
    ]);
    expect(code(await post('/v1/inventory/adjustments', { ...adjustment, ...mine }, key))).toEqual([
      404,
      'inventory.unknown_product',
    ]);
    expect(code(await post('/v1/inventory-items', { productId, ...mine }, key))).toEqual([
      404,
      'inventory.unknown_product',
    ]);
    expect(code(await post('/v1/products', { sku: 'x', name: 'x', franchiseId: app.franchiseId }, key))).toEqual([
      404,
      'identity.franchise_not_found',
    ]);
  });

  test('a key reads or writes what its scopes and shops allow', async () => {
    const { locationId, productId, adjust } = await setup();
    const elsewhere = await setup();
    await adjust('in', 1);
    const reader = await keyWith(['inventory:read'], { locationIds: [locationId] });
    const writer = await keyWith(['inventory:write'], { locationIds: [locationId] });
    const adjustment = { locationId, productId, type: 'in', quantity: 1 };
    expect((await get(`/v1/locations/${locationId}/stock`, reader)).status).toBe(200);
    expect((await get(`/v1/products/${productId}`, reader)).status).toBe(200);
    expect(code(await post('/v1/inventory/adjustments', adjustment, reader))).toEqual([403, 'identity.forbidden']);
    expect(code(await post('/v1/products', { sku: 'x', name: 'x' }, writer))).toEqual([403, 'identity.forbidden']);
    expect((await post('/v1/inventory/adjustments', adjustment, writer)).status).toBe(201);
    const foreign = { ...adjustment, locationId: elsewhere.locationId };
    expect(code(await post('/v1/inventory/adjustments', foreign, writer))).toEqual([
      404,
      'identity.location_not_found',
    ]);
  });
});
