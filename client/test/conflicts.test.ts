// Editing through the client against the real server: the seed's updateWithConflictDetection, and both ways to go on.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestApp } from '../../server/test/harness/test-app.ts';
import { ConflictError, type Tillstream, TillstreamError } from '../src/index.ts';
import { type Shop, startWithShop } from './open-shop.ts';
import { refusedWith } from './refused-with.ts';

let app: TestApp;
let owner: Tillstream;
let shop: Shop;

beforeAll(async () => {
  ({ app, owner, shop } = await startWithShop());
});
afterAll(() => app?.stop());

const conflictOf = (call: Promise<unknown>) => refusedWith(ConflictError, call);

test('an edit of what was read makes the next version, for every kind of thing', async () => {
  const product = await owner.updateWithConflictDetection('products', shop.productId, { price: 4.8 }, 1);
  expect(product).toMatchObject({ id: shop.productId, price: 4.8, version: 2 });
  const place = await owner.updateWithConflictDetection('locations', shop.locationId, { closingHour: 5 }, 1);
  expect(place).toMatchObject({ closingHour: 5, version: 2 });
  const till = await owner.updateWithConflictDetection('pos_systems', shop.posSystemId, { name: 'Till 2' }, 1);
  expect(till).toMatchObject({ name: 'Till 2', version: 2 });
  const [item] = (await owner.listStock(shop.locationId)).items;
  const levels = { reorderLevel: 8 };
  const edited = await owner.updateWithConflictDetection('inventory_items', item?.inventoryItemId ?? '', levels, 1);
  expect(edited).toMatchObject({ reorderLevel: 8, rearmLevel: 9, version: 2 });
});

test('a late edit throws both sides, and goes through on top of theirs', async () => {
  const { id } = await owner.createProduct({ sku: 'TEA', name: 'Tea', price: 2 });
  await owner.updateWithConflictDetection('products', id, { name: 'Green tea' }, 1);
  const conflict = await conflictOf(owner.updateWithConflictDetection('products', id, { price: 2.5 }, 1));
  expect(conflict).toBeInstanceOf(TillstreamError);
  expect(conflict).toMatchObject({
    code: 'version.conflict',
    status: 409,
    mine: { price: 2.5 },
    theirs: { name: 'Green tea', price: 2, version: 2 },
    expectedVersion: 1,
    currentVersion: 2,
    advice: expect.any(String),
    requestId: expect.any(String),
  });
  const again = owner.updateWithConflictDetection('products', id, { price: 2.5 }, conflict.currentVersion);
  expect(await again).toMatchObject({ name: 'Green tea', price: 2.5, version: 3 });
});

test('a conflict is listed and settled', async () => {
  const { id } = await owner.createProduct({ sku: 'CAKE', name: 'Cake', price: 3 });
  await owner.updateWithConflictDetection('products', id, { name: 'Cheesecake' }, 1);
  const { conflictId } = await conflictOf(owner.updateWithConflictDetection('products', id, { name: 'Pie' }, 1));
  const { items } = await owner.listSyncConflicts({ state: 'open', entityId: id });
  expect(items).toMatchObject([{ id: conflictId, entityType: 'products', mine: { name: 'Pie' } }]);
  const settled = await owner.resolveSyncConflict(conflictId, { resolution: 'mine', reason: 'It is a pie' });
  expect(settled).toMatchObject({ conflict: { state: 'resolved' }, entity: { name: 'Pie', version: 3 } });
});

test('other refusals of an edit are no conflicts', async () => {
  const edit = owner.updateWithConflictDetection('products', shop.locationId, { price: 1 }, 1);
  const error = await edit.catch((reason: unknown) => reason);
  expect(error).toMatchObject({ code: 'inventory.unknown_product', status: 404 });
  expect(error).not.toBeInstanceOf(ConflictError);
});
