import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type HttpAnswer, type HttpCaller, openCaller } from '../../../test/harness/http-caller.ts';
import { startTestApp, type TestApp } from '../../../test/harness/test-app.ts';
import {
  addMembership,
  createFranchisee,
  createLocation,
  createUser,
  type NewMembership,
} from '../../identity/index.ts';
import { backgroundActor } from '../../platform/actor.ts';

let app: TestApp;
let owner: HttpCaller;
let stranger: HttpCaller;
const callers: HttpCaller[] = [];

beforeAll(async () => {
  app = await startTestApp();
  const other = await app.foundBrand('Other brand');
  [owner, stranger] = [opened(app.ownerKey), opened(other.ownerKey)];
});
afterAll(async () => {
  for (const caller of callers) caller.close();
  await app.stop();
});

function opened(credential: string): HttpCaller {
  const caller = openCaller(app.url, credential);
  callers.push(caller);
  return caller;
}

const founder = backgroundActor('test');

/** Somebody with one role at one place. */
async function person(place: NewMembership['place']): Promise<HttpCaller> {
  const userId = await app.app.db.transaction(founder, async (tx) => {
    const { id } = await createUser(tx, { name: 'Ada' });
    await addMembership(tx, { userId: id, place, at: new Date('2026-03-02T09:00:00Z') });
    return id;
  });
  return opened(await app.app.authenticator.issueToken(userId));
}

const code = ({ status, body }: HttpAnswer) => [status, body['code']];
const patch = (path: string, version: number, body: unknown) =>
  owner.call(`PATCH ${path}`, { body, headers: { 'if-match': `"${version}"` } });
const resolve = (id: unknown, body: object, caller = owner) =>
  caller.call(`POST /v1/sync-conflicts/${id}/resolve`, { body: { reason: 'Asked the shop', ...body } });
const read = (id: unknown, caller = owner) => caller.call(`GET /v1/sync-conflicts/${id}`);

/** A product at version 2, and the conflict about an edit of version 1: mine renames, theirs has changed the price. */
async function conflict() {
  const made = await owner.call('POST /v1/products', { body: { sku: uuidv7(), name: 'Bagel', price: 2.5 } });
  const path = `/v1/products/${made.body['id']}`;
  await patch(path, 1, { price: 3 });
  const late = await patch(path, 1, { name: 'Mine', price: 4 });
  expect(late.status).toBe(409);
  return { path, id: late.body['conflictId'], entityId: made.body['id'] };
}

describe('a conflict', () => {
  test('is read with both sides, whose they are, and where', async () => {
    const { id, entityId } = await conflict();
    const { status, body } = await read(id);
    expect(status).toBe(200);
    expect(body).toMatchObject({
      id,
      entityType: 'products',
      entityId,
      conflictType: 'concurrent_update',
      franchiseId: app.franchiseId,
      franchiseeId: null,
      locationId: null,
      expectedVersion: 1,
      currentVersion: 2,
      mine: { name: 'Mine', price: 4 },
      theirs: { name: 'Bagel', price: 3, version: 2 },
      state: 'open',
      createdBy: expect.stringMatching(/^key:/),
      resolution: null,
    });
  });

  test('is listed, newest first, by state and by what it is about', async () => {
    const [older, newer] = [await conflict(), await conflict()];
    await resolve(older.id, { resolution: 'theirs' });
    const ids = async (query: string) => {
      const { body } = await owner.call(`GET /v1/sync-conflicts?${query}`);
      return (body['items'] as { id: string }[]).map(({ id }) => id);
    };
    expect((await ids('limit=2')).slice(0, 2)).toEqual([newer.id, older.id]);
    expect(await ids('state=open')).not.toContain(older.id);
    expect(await ids('state=resolved')).not.toContain(newer.id);
    expect(await ids(`entityId=${older.entityId}`)).toEqual([older.id]);
    const first = await owner.call('GET /v1/sync-conflicts?limit=1');
    expect(await ids(`limit=1&after=${first.body['nextCursor']}`)).toEqual([older.id]);
    expect(code(await owner.call('GET /v1/sync-conflicts?state=odd'))).toEqual([422, 'request.invalid']);
  });
});

describe('resolving', () => {
  test('as mine applies the refused edit on top of theirs', async () => {
    const { id, path } = await conflict();
    const settled = await resolve(id, { resolution: 'mine' });
    expect(settled.status).toBe(200);
    expect(settled.body).toMatchObject({
      conflict: {
        id,
        state: 'resolved',
        resolution: 'mine',
        resolvedVersion: 3,
        reason: 'Asked the shop',
        resolvedBy: expect.stringMatching(/^key:/),
      },
      entity: { name: 'Mine', price: 4, version: 3 },
    });
    expect((await owner.call(`GET ${path}`)).body).toEqual(settled.body['entity']);
    expect((await read(id)).body).toEqual(settled.body['conflict']);
  });

  test('as theirs changes nothing, also when it has moved again', async () => {
    const { id, path } = await conflict();
    await patch(path, 2, { unit: 'bag' });
    const settled = await resolve(id, { resolution: 'theirs' });
    expect(settled.body).toMatchObject({
      conflict: { state: 'resolved', resolution: 'theirs', resolvedVersion: 3 },
      entity: { name: 'Bagel', price: 3, unit: 'bag', version: 3 },
    });
  });

  test('as merged applies what is given', async () => {
    const { id } = await conflict();
    const settled = await resolve(id, { resolution: 'merged', merged: { name: 'Mine', unit: 'bag' } });
    expect(settled.body['entity']).toMatchObject({ name: 'Mine', price: 3, unit: 'bag', version: 3 });
  });

  test('meets a later state with 409: nothing is applied, and the conflict shows the new state', async () => {
    const { id, path } = await conflict();
    await patch(path, 2, { unit: 'bag' });
    const met = await resolve(id, { resolution: 'mine' });
    expect(code(met)).toEqual([409, 'version.conflict']);
    expect(met.body).toMatchObject({ conflictId: id, expectedVersion: 2, currentVersion: 3, theirs: { unit: 'bag' } });
    const renewed = await read(id);
    expect(renewed.body).toMatchObject({ state: 'open', currentVersion: 3, theirs: { unit: 'bag', version: 3 } });
    expect((await owner.call(`GET ${path}`)).headers.etag).toBe('"3"');
    const rows = await app.rows('select from sync_conflicts where entity_id = $1', [renewed.body['entityId']]);
    expect(rows).toHaveLength(1);
    expect((await resolve(id, { resolution: 'mine' })).body['entity']).toMatchObject({ name: 'Mine', unit: 'bag' });
  });

  test('a second time is refused, and of ten at once one counts', async () => {
    const { id, path } = await conflict();
    const all = await Promise.all(
      Array.from({ length: 10 }, () => resolve(id, { resolution: 'mine' }, opened(app.ownerKey))),
    );
    expect(all.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(all.filter((answer) => code(answer)[1] === 'conflicts.already_resolved')).toHaveLength(9);
    for (const resolution of ['mine', 'theirs']) {
      expect(code(await resolve(id, { resolution }))).toEqual([409, 'conflicts.already_resolved']);
    }
    expect((await owner.call(`GET ${path}`)).headers.etag).toBe('"3"');
  });

  test('is refused for what an edit would be refused for, and then leaves the conflict open', async () => {
    const { id, path } = await conflict();
    const refusals: [object, [number, string]][] = [
      [{ resolution: 'merged', merged: { price: -1 } }, [422, 'request.invalid']],
      [{ resolution: 'merged', merged: { colour: 'red' } }, [422, 'request.invalid']],
      [{ resolution: 'merged', merged: {} }, [422, 'request.invalid']],
      [{ resolution: 'merged' }, [422, 'request.invalid']],
      [{ resolution: 'mine', merged: { name: 'x' } }, [422, 'request.invalid']],
      [{ resolution: 'mine', reason: ' ' }, [422, 'request.invalid']],
      [{ resolution: 'ours' }, [422, 'request.invalid']],
    ];
    for (const [body, expected] of refusals)
      expect(code(await resolve(id, body)), JSON.stringify(body)).toEqual(expected);
    const wrong = await resolve(id, { resolution: 'merged', merged: { price: -1 } });
    expect(wrong.body['errors']).toEqual([{ path: 'merged.price', message: 'must be 0 or more' }]);
    const { body: taken } = await owner.call('POST /v1/products', { body: { sku: uuidv7(), name: 'Other' } });
    const sku = { resolution: 'merged', merged: { sku: taken['sku'] } };
    expect(code(await resolve(id, sku))).toEqual([409, 'inventory.sku_taken']);
    expect((await read(id)).body['state']).toBe('open');
    expect((await owner.call(`GET ${path}`)).headers.etag).toBe('"2"');
  });

  test('under an idempotency key happens once, also when it meets a later state', async () => {
    const { id, path } = await conflict();
    const send = (key: string) =>
      owner.call(`POST /v1/sync-conflicts/${id}/resolve`, {
        body: { resolution: 'mine', reason: 'x' },
        headers: { 'idempotency-key': key },
      });
    await patch(path, 2, { unit: 'bag' });
    expect([(await send(`${id} 1`)).status, (await read(id)).body['currentVersion']]).toEqual([409, 3]);
    const settled = await send(`${id} 2`);
    const again = await send(`${id} 2`);
    expect([settled.status, again.headers['idempotency-replayed'], again.body]).toEqual([200, 'true', settled.body]);
  });

  test('as mine is refused where the edit held a secret, and merged gives it anew', async () => {
    const shop = await owner.call('POST /v1/locations', { body: { name: 'Shop', timeZone: 'UTC' } });
    const till = { locationId: shop.body['id'], systemType: 'custom' };
    const { body: system } = await owner.call('POST /v1/pos-systems', { body: till });
    const path = `/v1/pos-systems/${system['id']}`;
    await patch(path, 1, { name: 'Theirs' });
    const credentials = { apiKey: 'very-secret', secretKey: 'very-secret' };
    const { body: late } = await patch(path, 1, { name: 'Mine', credentials });
    const id = late['conflictId'];
    expect((await read(id)).body).toMatchObject({ mine: { name: 'Mine' }, withheld: ['credentials'] });
    expect(code(await resolve(id, { resolution: 'mine' }))).toEqual([422, 'conflicts.field_withheld']);
    const merged = await resolve(id, { resolution: 'merged', merged: { name: 'Mine', credentials } });
    expect(merged.body['entity']).toMatchObject({ name: 'Mine', hasCredentials: true });
    expect(JSON.stringify([merged, await app.rows('select * from sync_conflicts')])).not.toContain('very-secret');
  });

  test.each(['locations', 'inventory_items'])('goes through the edit of its kind: %s', async (kind) => {
    const { body: shop } = await owner.call('POST /v1/locations', { body: { name: 'Shop', timeZone: 'UTC' } });
    const { body: product } = await owner.call('POST /v1/products', { body: { sku: uuidv7(), name: 'Bagel' } });
    const { body: item } = await owner.call('POST /v1/inventory-items', {
      body: { locationId: shop['id'], productId: product['id'] },
    });
    const [path, theirs, mine] =
      kind === 'locations'
        ? [`/v1/locations/${shop['id']}`, { name: 'Theirs' }, { closingHour: 7 }]
        : [`/v1/inventory-items/${item['inventoryItemId']}`, { maxStockLevel: 9 }, { reorderLevel: 2.5 }];
    await patch(path, 1, theirs);
    const { body: late } = await patch(path, 1, mine);
    const settled = await resolve(late['conflictId'], { resolution: 'mine' });
    expect(settled.body['entity']).toMatchObject({ ...theirs, ...mine, version: 3 });
    expect((await owner.call(`GET ${path}`)).body).toEqual(settled.body['entity']);
  });
});

describe('who may', () => {
  test('neither see nor settle a conflict: another brand, who may not edit, keys for other things', async () => {
    const { id } = await conflict();
    const { body: shop } = await owner.call('POST /v1/locations', { body: { name: 'Shop', timeZone: 'UTC' } });
    const manager = await person({ role: 'location_manager', locationId: String(shop['id']) });
    const staff = await person({ role: 'staff', locationId: String(shop['id']) });
    for (const caller of [stranger, manager]) {
      expect(code(await read(id, caller))).toEqual([404, 'conflicts.not_found']);
      expect(code(await resolve(id, { resolution: 'theirs' }, caller))).toEqual([404, 'conflicts.not_found']);
      expect((await caller.call('GET /v1/sync-conflicts')).body).toEqual({ items: [], nextCursor: null });
    }
    for (const caller of [staff]) {
      expect(code(await read(id, caller))).toEqual([403, 'identity.forbidden']);
      expect(code(await resolve(id, { resolution: 'theirs' }, caller))).toEqual([403, 'identity.forbidden']);
      expect(code(await caller.call('GET /v1/sync-conflicts'))).toEqual([403, 'identity.forbidden']);
    }
    expect(code(await read(uuidv7()))).toEqual([404, 'conflicts.not_found']);
    expect((await read(id)).body['state']).toBe('open');
  });

  test('settle it: the manager of the shop that it is about, its franchisee and the brand, each only of the own shops', async () => {
    const { firm, shop, rival } = await app.app.db.transaction(founder, async (tx) => {
      const { franchiseId } = app;
      const [firm, other] = [
        await createFranchisee(tx, { franchiseId, name: 'Firm' }),
        await createFranchisee(tx, { franchiseId, name: 'Rival' }),
      ];
      const place = { franchiseId, timeZone: 'UTC' };
      const shop = await createLocation(tx, { ...place, franchiseeId: firm.id, name: 'Astoria' });
      return { firm, shop, rival: await createLocation(tx, { ...place, franchiseeId: other.id, name: 'Bronx' }) };
    });
    const { body: product } = await owner.call('POST /v1/products', { body: { sku: uuidv7(), name: 'Bagel' } });
    const late = async () => {
      const body = { locationId: shop.id, productId: product['id'] };
      const existing = await app.rows<{ id: string; version: number }>(
        'select id, version from inventory_items where location_id = $1',
        [shop.id],
      );
      const item = existing[0] ?? {
        id: (await owner.call('POST /v1/inventory-items', { body })).body['inventoryItemId'],
        version: 1,
      };
      await patch(`/v1/inventory-items/${item.id}`, item.version, { maxStockLevel: 50 });
      return (await patch(`/v1/inventory-items/${item.id}`, item.version, { maxStockLevel: 60 })).body['conflictId'];
    };
    const manager = await person({ role: 'location_manager', locationId: shop.id });
    const franchisee = await person({ role: 'franchisee', franchiseeId: firm.id });
    const neighbour = await person({ role: 'location_manager', locationId: rival.id });
    for (const caller of [manager, franchisee, owner]) {
      const id = await late();
      expect(code(await read(id, neighbour))).toEqual([404, 'conflicts.not_found']);
      expect(code(await resolve(id, { resolution: 'mine' }, neighbour))).toEqual([404, 'conflicts.not_found']);
      const listed = await caller.call('GET /v1/sync-conflicts?state=open&limit=1');
      expect(listed.body['items']).toMatchObject([{ id, locationId: shop.id, franchiseeId: firm.id }]);
      expect((await resolve(id, { resolution: 'mine' }, caller)).body['entity']).toMatchObject({ maxStockLevel: 60 });
    }
  });
});
