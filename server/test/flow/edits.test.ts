// Editing over HTTP, the same for each kind of thing: versions as ETags, late edits refused with both sides, rights.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpAnswer, type HttpCaller, openCaller } from '../harness/http-caller.ts';
import { startTestApp, type TestApp } from '../harness/test-app.ts';

let app: TestApp;
let owner: HttpCaller;
let stranger: HttpCaller;
const callers: HttpCaller[] = [];

beforeAll(async () => {
  app = await startTestApp();
  const other = await app.foundBrand('Other brand');
  owner = openCaller(app.url, app.ownerKey);
  stranger = openCaller(app.url, other.ownerKey);
  callers.push(owner, stranger);
});
afterAll(async () => {
  for (const caller of callers) caller.close();
  await app.stop();
});

let made = 0;
const post = async (path: string, body: unknown): Promise<HttpAnswer> => {
  const answer = await owner.call(`POST ${path}`, { body });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer;
};
const location = () => post('/v1/locations', { name: `Shop ${++made}`, timeZone: 'America/New_York' });
const product = () => post('/v1/products', { sku: `SKU ${++made}`, name: 'Bagel', price: 2.5 });
const system = async () =>
  post('/v1/pos-systems', { locationId: (await location()).body['id'], systemType: 'custom', name: 'Till' });
const item = async () =>
  post('/v1/inventory-items', {
    locationId: (await location()).body['id'],
    productId: (await product()).body['id'],
    reorderLevel: 10,
  });

interface Kind {
  readonly path: string;
  readonly table: string;
  readonly make: () => Promise<HttpAnswer>;
  readonly idField?: string;
  /** Two edits of different fields, and what GET shows of each. */
  readonly first: Readonly<Record<string, unknown>>;
  readonly second: Readonly<Record<string, unknown>>;
  readonly unknown: string;
}

const kinds: readonly Kind[] = [
  {
    path: '/v1/locations',
    table: 'locations',
    make: location,
    first: { name: 'Astoria' },
    second: { timeZone: 'Europe/Berlin', currency: 'EUR', closingHour: 6 },
    unknown: 'identity.location_not_found',
  },
  {
    path: '/v1/products',
    table: 'products',
    make: product,
    first: { name: 'Roll', price: 3.25 },
    second: { costPrice: 0.123456, unit: 'dozen', currency: 'EUR' },
    unknown: 'inventory.unknown_product',
  },
  {
    path: '/v1/inventory-items',
    table: 'inventory_items',
    make: item,
    idField: 'inventoryItemId',
    first: { maxStockLevel: 40 },
    second: { reorderLevel: 5, rearmLevel: 8 },
    unknown: 'inventory.unknown_item',
  },
  {
    path: '/v1/pos-systems',
    table: 'pos_systems',
    make: system,
    first: { name: 'Counter' },
    second: {
      apiEndpoint: 'https://tills.example.com/',
      syncSettings: { enabled: false, frequencyMinutes: 5, autoSync: false },
    },
    unknown: 'pos.system_not_found',
  },
];

const code = ({ status, body }: HttpAnswer) => [status, body['code']];

describe.each(kinds)('$path', ({ path, table, make, idField = 'id', first, second, unknown }) => {
  const editBy = (caller: HttpCaller) => (id: unknown, ifMatch: string | undefined, body: unknown) =>
    caller.call(`PATCH ${path}/${id}`, {
      body,
      ...(ifMatch === undefined ? {} : { headers: { 'if-match': ifMatch } }),
    });
  const edit = (id: unknown, ifMatch: string | undefined, body: unknown) => editBy(owner)(id, ifMatch, body);
  const read = (id: unknown) => owner.call(`GET ${path}/${id}`);

  test('each edit makes the next version of what it names and leaves the rest', async () => {
    const before = await make();
    const id = before.body[idField];
    expect(before.headers.etag).toBe('"1"');
    const once = await edit(id, '"1"', first);
    expect([once.status, once.headers.etag]).toEqual([200, '"2"']);
    expect(once.body).toMatchObject({ ...before.body, ...first, version: 2, updatedAt: once.body['updatedAt'] });
    const twice = await edit(id, 'W/"2"', second);
    expect([twice.status, twice.headers.etag]).toEqual([200, '"3"']);
    expect(twice.body).toMatchObject({ ...once.body, ...second, version: 3, updatedAt: twice.body['updatedAt'] });
    const now = await read(id);
    expect([now.status, now.headers.etag, now.body]).toEqual([200, '"3"', twice.body]);
  });

  test('an edit that changes nothing is an edit', async () => {
    const { body } = await make();
    expect((await edit(body[idField], '"1"', first)).status).toBe(200);
    expect((await edit(body[idField], '"2"', first)).headers.etag).toBe('"3"');
  });

  test('a late edit is refused with both sides, changes nothing, and is written down', async () => {
    const { body } = await make();
    const id = body[idField];
    const winner = await edit(id, '"1"', first);
    const late = await edit(id, '"1"', second);
    expect(code(late)).toEqual([409, 'version.conflict']);
    expect(late.headers.etag).toBe('"2"');
    expect(late.body).toMatchObject({ expectedVersion: 1, currentVersion: 2, mine: second, theirs: winner.body });
    expect(await read(id)).toMatchObject({ body: winner.body });
    const rows = await app.rows('select * from sync_conflicts where entity_id = $1', [id]);
    expect(rows).toMatchObject([
      {
        id: late.body['conflictId'],
        entity_type: table,
        conflict_type: 'concurrent_update',
        expected_version: 1,
        current_version: 2,
        source_data: second,
        target_data: winner.body,
        withheld: [],
        state: 'open',
      },
    ]);
  });

  test('a version from the future is refused like one from the past', async () => {
    const { body } = await make();
    expect(code(await edit(body[idField], '"7"', first))).toEqual([409, 'version.conflict']);
  });

  test('an edit must say of what it is made', async () => {
    const { body } = await make();
    const id = body[idField];
    expect(code(await edit(id, undefined, first))).toEqual([428, 'version.required']);
    expect(code(await edit(id, '*', first))).toEqual([428, 'version.required']);
    expect(code(await edit(id, '"1", "2"', first))).toEqual([422, 'version.malformed']);
    expect(code(await edit(id, '"1"', {}))).toEqual([422, 'request.invalid']);
    expect(code(await edit(id, '"1"', { ...first, colour: 'red' }))).toEqual([422, 'request.unknown_field']);
    expect((await read(id)).headers.etag).toBe('"1"');
  });

  test('nobody edits what is not there or is another brand’s, nor does a late edit tell him of it', async () => {
    const { body } = await make();
    const id = body[idField];
    for (const ifMatch of ['"1"', '"2"'])
      expect(code(await editBy(stranger)(id, ifMatch, first))).toEqual([404, unknown]);
    expect(code(await edit('01890000-0000-7000-8000-000000000000', '"1"', first))).toEqual([404, unknown]);
    expect(await app.rows('select from sync_conflicts where entity_id = $1', [id])).toEqual([]);
  });

  test('who may only read it may not edit it', async () => {
    const { body } = await make();
    const scopes = ['realtime:read', 'inventory:read', 'sales:write'];
    const { body: key } = await post('/v1/api-keys', { name: 'reader', scopes });
    const reader = openCaller(app.url, String(key['key']));
    callers.push(reader);
    for (const ifMatch of ['"1"', '"2"']) {
      expect(code(await editBy(reader)(body[idField], ifMatch, first))).toEqual([403, 'identity.forbidden']);
    }
  });
});

const patch = (path: string, version: number, body: unknown) =>
  owner.call(`PATCH ${path}`, { body, headers: { 'if-match': `"${version}"` } });

describe('what an edit may not say', () => {
  test('a SKU that another product has', async () => {
    const [one, two] = [(await product()).body, (await product()).body];
    expect(code(await patch(`/v1/products/${one['id']}`, 1, { sku: two['sku'] }))).toEqual([
      409,
      'inventory.sku_taken',
    ]);
    expect((await patch(`/v1/products/${one['id']}`, 1, { sku: `${two['sku']}x`, price: null })).body).toMatchObject({
      sku: `${two['sku']}x`,
      price: null,
      version: 2,
    });
  });

  test('a zone that nobody knows, and a shop’s owner', async () => {
    const { body } = await location();
    const path = `/v1/locations/${body['id']}`;
    expect(code(await patch(path, 1, { timeZone: 'Mars/Olympus' }))).toEqual([422, 'identity.unknown_time_zone']);
    expect(code(await patch(path, 1, { franchiseeId: null }))).toEqual([422, 'request.unknown_field']);
  });

  test('levels that contradict those that stay', async () => {
    const { body } = await item();
    const path = `/v1/inventory-items/${body['inventoryItemId']}`;
    expect(code(await patch(path, 1, { rearmLevel: 9 }))).toEqual([422, 'inventory.levels_contradict']);
    expect((await patch(path, 1, { reorderLevel: 30 })).body).toMatchObject({ reorderLevel: 30, rearmLevel: 33 });
  });
});

describe('the credentials of a till', () => {
  const sealed = async (id: unknown) =>
    (
      await app.rows<{ held: string }>(`select encode(api_credentials, 'hex') as held from pos_systems where id = $1`, [
        id,
      ])
    )[0]?.held;

  test('are changed, kept and taken away, and appear in no answer and no conflict', async () => {
    const { body } = await system();
    const path = `/v1/pos-systems/${body['id']}`;
    const credentials = { apiKey: 'very-secret-key', secretKey: 'very-secret-too' };
    const given = await patch(path, 1, { credentials });
    expect(given.body).toMatchObject({ hasCredentials: true, version: 2 });
    const first = await sealed(body['id']);
    await patch(path, 2, { name: 'Other' });
    expect(await sealed(body['id'])).toBe(first);
    const late = await patch(path, 1, { name: 'Late', credentials });
    expect([late.status, late.body['mine']]).toEqual([409, { name: 'Late' }]);
    const rows = await app.rows('select * from sync_conflicts where entity_id = $1', [body['id']]);
    expect(rows).toMatchObject([{ withheld: ['credentials'] }]);
    for (const told of [given, late, rows]) expect(JSON.stringify(told)).not.toContain('very-secret');
    expect((await patch(path, 3, { credentials: null })).body['hasCredentials']).toBe(false);
    expect(await sealed(body['id'])).toBe(null);
  });
});

describe('an edit of levels', () => {
  test('is told to the log, with the alert that it opens or ends', async () => {
    const { body } = await item();
    const { inventoryItemId: id, locationId, productId } = body;
    await post('/v1/inventory/adjustments', { locationId, productId, type: 'in', quantity: 15 });
    const path = `/v1/inventory-items/${id}`;
    const raised = await patch(path, 1, { reorderLevel: 20 });
    expect(raised.body).toMatchObject({ low: true, alert: { id: expect.any(String) }, currentStock: 15 });
    const alertId = (raised.body['alert'] as { id: string }).id;
    const lowered = await patch(path, 2, { reorderLevel: 3 });
    expect(lowered.body).toMatchObject({ low: false, alert: null });
    const events = await app.rows(
      `select event_type, operation, entity_id, change_data, record from sync_events
       where location_id = $1 and event_type <> 'notification.queued' and seq > (select max(seq) from sync_events where change_data->>'reason' = 'in') order by seq`,
      [locationId],
    );
    const update = { previousStock: 15, newStock: 15, change: 0, reason: 'levels' };
    expect(events).toMatchObject([
      {
        event_type: 'inventory.update',
        operation: 'UPDATE',
        entity_id: id,
        change_data: update,
        record: { version: 2 },
      },
      {
        event_type: 'stock.alert',
        operation: 'INSERT',
        entity_id: alertId,
        change_data: { state: 'open', reorderLevel: 20 },
      },
      {
        event_type: 'inventory.update',
        operation: 'UPDATE',
        entity_id: id,
        change_data: update,
        record: { version: 3 },
      },
      {
        event_type: 'stock.alert',
        operation: 'UPDATE',
        entity_id: alertId,
        change_data: { state: 'resolved', currentStock: 15 },
      },
    ]);
  });

  test('does not collide with the shop’s business', async () => {
    const { body } = await item();
    const { inventoryItemId: id, locationId, productId } = body;
    await post('/v1/inventory/adjustments', { locationId, productId, type: 'in', quantity: 15 });
    expect((await patch(`/v1/inventory-items/${id}`, 1, { maxStockLevel: 99 })).body).toMatchObject({
      currentStock: 15,
    });
  });
});

test('an edit under an idempotency key is made once, and refused once', async () => {
  const { body } = await product();
  const send = (key: string, name: string) =>
    owner.call(`PATCH /v1/products/${body['id']}`, {
      body: { name },
      headers: { 'if-match': '"1"', 'idempotency-key': key },
    });
  const first = await send('edit-a', 'A');
  const again = await send('edit-a', 'A');
  expect([first.status, again.status, again.headers['idempotency-replayed'], again.body]).toEqual([
    200,
    200,
    'true',
    first.body,
  ]);
  expect(again.headers.etag).toBe('"2"');
  const late = await send('edit-b', 'B');
  const lateAgain = await send('edit-b', 'B');
  expect([late.status, lateAgain.status, lateAgain.headers['idempotency-replayed']]).toEqual([409, 409, 'true']);
  expect(lateAgain.body).toEqual(late.body);
  expect(await app.rows('select from sync_conflicts where entity_id = $1', [body['id']])).toHaveLength(1);
});

test('an API key that is made under a key is shown again to who repeats the request, and lies in no row readable', async () => {
  const sent = { body: { name: 'till', scopes: ['sales:write'] }, headers: { 'idempotency-key': 'new-till' } };
  const first = await owner.call('POST /v1/api-keys', sent);
  const again = await owner.call('POST /v1/api-keys', sent);
  expect([first.status, again.body]).toEqual([201, first.body]);
  const secret = String(first.body['key']).split('_')[2] ?? 'nothing';
  const kept = await app.rows<{ body: Buffer }>('select body from idempotency_keys');
  expect(kept.length).toBeGreaterThan(0);
  expect(kept.some((row) => row.body.includes(secret))).toBe(false);
  expect(await app.rows(`select from api_keys where name = 'till'`)).toHaveLength(1);
});
