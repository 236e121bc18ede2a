// The client's calls against the real server: a shop's day from its opening to its ledger, and the refusals on the way.
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TestApp } from '../../server/test/harness/test-app.ts';
import { createTillstream, eachItem, type Tillstream, TillstreamError } from '../src/index.ts';
import { type Shop, sale, sell, startWithShop } from './open-shop.ts';
import { refusedWith } from './refused-with.ts';

let app: TestApp;
let owner: Tillstream;
let shop: Shop;

beforeAll(async () => {
  ({ app, owner, shop } = await startWithShop());
});
afterAll(() => app?.stop());

const refusalOf = (call: Promise<unknown>) => refusedWith(TillstreamError, call);

test('a key and a person are told who they are', async () => {
  expect(await owner.me()).toMatchObject({ actor: { kind: 'key' }, memberships: [] });
  const person = createTillstream({ url: app.url, accessToken: app.ownerToken });
  expect(await person.me()).toMatchObject({
    actor: { kind: 'user', id: app.ownerId },
    memberships: [{ role: 'franchise_admin', franchiseId: app.franchiseId }],
  });
});

test('sales are booked once each, however often they are sent, and each has a result of its own', async () => {
  const good = sale(shop, 2);
  const bad = { ...sale(shop), currency: 'EUR' };
  const sent = await owner.recordSales(shop.posSystemId, [good, bad]);
  expect(sent.map(({ externalId, status }) => [externalId, status])).toEqual([
    [good.externalId, 'created'],
    [bad.externalId, 'rejected'],
  ]);
  expect(sent[1]?.code).toMatch(/^pos\./);
  expect((await owner.recordSales(shop.posSystemId, [good]))[0]?.status).toBe('duplicate');
  const { items } = await owner.listTransactions(shop.locationId);
  expect(items).toMatchObject([{ externalId: good.externalId, totalAmount: 9, lines: [{ name: 'Latte' }] }]);
});

test('the ledger of a product adds up to its stock, read in pages of one', async () => {
  await owner.adjustStock({ locationId: shop.locationId, productId: shop.productId, type: 'waste', quantity: -1 });
  const item = { locationId: shop.locationId, productId: shop.productId };
  let sum = 0;
  for await (const movement of eachItem((after) => owner.listMovements(item, { limit: 1, ...(after && { after }) }))) {
    sum += movement.quantity;
  }
  const { items } = await owner.listStock(shop.locationId);
  expect(items).toMatchObject([{ productName: 'Latte', reorderLevel: 10, maxStockLevel: 40 }]);
  expect(items[0]?.currentStock).toBe(sum);
});

test('stock that falls to its reorder level opens an alert, which its manager reads as a notification too', async () => {
  const { items } = await owner.listStock(shop.locationId);
  await sell(owner, shop, (items[0]?.currentStock ?? 0) - 9);
  const alerts = await owner.listAlerts(shop.locationId, { state: 'open' });
  expect(alerts.items).toMatchObject([{ productName: 'Latte', state: 'open', currentStock: 9, reorderLevel: 10 }]);
  expect((await owner.listAlerts(shop.locationId, { state: 'resolved' })).items).toEqual([]);
  const person = createTillstream({ url: app.url, accessToken: app.ownerToken });
  expect(Array.isArray((await person.listNotifications()).items)).toBe(true);
});

test('every refusal is a TillstreamError that says what to do', async () => {
  const square = owner.registerPOSSystem({ locationId: shop.locationId, systemType: 'square', name: 'Square' });
  expect(await refusalOf(square)).toMatchObject({ code: 'pos.credentials_incomplete', status: 422 });
  const nobody = createTillstream({ url: app.url, apiKey: 'tsk_00000000_0' });
  const refusal = await refusalOf(nobody.me());
  expect(refusal).toMatchObject({ status: 401, isTemporary: false });
  expect(refusal.code).toMatch(/^identity\./);
  expect(refusal.advice).toMatch(/key/);
  expect(refusal.requestId).toBeTruthy();
  const elsewhere = await refusalOf(owner.listStock('01a203ee-94cf-74f4-b3ae-192b275b3470'));
  expect(elsewhere.status).toBe(404);
  const misspelt = { externalId: 'x', occurredAt: 'yesterday', total: 1, currency: 'USD', lines: [] };
  expect((await owner.recordSales(shop.posSystemId, [misspelt]))[0]).toMatchObject({ status: 'rejected' });
  expect(await refusalOf(owner.demo())).toMatchObject({ status: 404 });
});

test('what could not be booked is found, mapped and replayed', async () => {
  const stranger = {
    ...sale(shop),
    lines: [{ externalProductId: 'btn-9', name: 'Scone', quantity: 2, unitPrice: 1, total: 2 }],
    total: 2,
  };
  const [booked] = await owner.recordSales(shop.posSystemId, [stranger, { ...sale(shop), currency: 'EUR' }]);
  expect(await owner.readTransaction(booked?.transactionId ?? '')).toMatchObject({ externalId: stranger.externalId });
  const { items: waiting } = await owner.listUnmapped(shop.posSystemId);
  expect(waiting).toMatchObject([{ externalProductId: 'btn-9', lines: 1 }]);
  const button = { posSystemId: shop.posSystemId, externalProductId: 'btn-9' };
  await owner.mapProduct(button, shop.productId);
  expect((await owner.listUnmapped(shop.posSystemId)).items).toEqual([]);
  expect((await owner.listMappings(shop.posSystemId)).items).toMatchObject([{ productId: shop.productId }]);
  await owner.unmapProduct(button);
  expect((await owner.listMappings(shop.posSystemId)).items).toEqual([]);
  const [refused] = (await owner.listSyncErrors({ state: 'open' })).items;
  expect(await owner.readSyncError(refused?.id ?? '')).toMatchObject({ code: 'pos.wrong_currency' });
  expect(await owner.replaySyncError(refused?.id ?? '')).toMatchObject({ result: { status: 'rejected' } });
});

test('keys are made, used and ended; places, products and items are read one by one', async () => {
  const made = await owner.createApiKey({ name: 'screen', scopes: ['realtime:read'] });
  const screen = createTillstream({ url: app.url, apiKey: made.key });
  expect((await screen.listFranchises()).items).toMatchObject([{ id: app.franchiseId }]);
  await owner.revokeApiKey(made.id);
  expect(await refusalOf(screen.me())).toMatchObject({ status: 401 });
  expect((await owner.listApiKeys()).items).toContainEqual(expect.objectContaining({ id: made.id }));
  expect((await owner.listFranchisees()).items).toEqual([]);
  const opened = await owner.openLocation({ name: 'Second', timeZone: 'America/New_York', currency: 'USD' });
  expect(await owner.readLocation(opened.id)).toMatchObject({ name: 'Second' });
  expect(await owner.readPosSystem(shop.posSystemId)).toMatchObject({ systemType: 'custom' });
  expect(await owner.readProduct(shop.productId)).toMatchObject({ name: 'Latte' });
  const [item] = (await owner.listStock(shop.locationId)).items;
  expect(await owner.readInventoryItem(item?.inventoryItemId ?? '')).toMatchObject({ productId: shop.productId });
});
