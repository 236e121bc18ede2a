// What is read of sales over HTTP: pages, periods, and whose they are.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { foundBrand, openShop } from '../../../../test/factories/brand.ts';
import { codeOf, type PosServer, readAll, startPosServer } from '../../../../test/factories/pos-server.ts';
import { installTill, saleOf } from '../../../../test/factories/till.ts';

let server: PosServer;
beforeAll(async () => {
  server = await startPosServer();
});
afterAll(() => server.stop());

test('sales come newest first, page by page, with their lines; a period is cut at its ends', async () => {
  const shop = await installTill(server.database, await openShop(server.database, server.brand));
  const at = (minute: number) => `2026-03-08T12:${String(minute).padStart(2, '0')}:00Z`;
  // Pairs at the same instant: the order between them is by id, and a page may end between them.
  const sales = Array.from({ length: 7 }, (_, index) =>
    saleOf({ tea: 1, mystery: 2 }, { externalId: `s${index}`, occurredAt: at(Math.floor(index / 2)) }),
  );
  await server.send({ transactions: sales }, { to: shop.id });
  const read = (query: string) =>
    readAll((path) => server.call('GET', path), `/v1/locations/${shop.locationId}/transactions?${query}`);
  const all = await read('limit=2');
  expect(all).toHaveLength(7);
  expect(new Set(all.map(({ id }) => id)).size).toBe(7);
  expect(all.map(({ occurredAt }) => occurredAt)).toEqual(
    [3, 2, 2, 1, 1, 0, 0].map((minute) => new Date(at(minute)).toISOString()),
  );
  expect(all[0]).toMatchObject({
    externalId: 's6',
    locationId: shop.locationId,
    posSystemId: shop.id,
    totalAmount: 3,
    discrepancy: 0,
    businessDate: '2026-03-08',
    lines: [
      { productId: expect.any(String), sku: 'tea', name: 'Product tea', quantity: 1, unitPrice: 1, totalPrice: 1 },
      { productId: null, sku: 'mystery', quantity: 2 },
    ],
  });
  const cut = await read(`from=${at(1)}&to=${at(3)}`);
  expect(cut.map(({ externalId }) => externalId).sort()).toEqual(['s2', 's3', 's4', 's5']);
  expect((await server.call('GET', `/v1/transactions/${String(all[0]?.['id'])}`)).body).toEqual(all[0]);
  const unmapped = await server.call('GET', `/v1/pos-systems/${shop.id}/unmapped`);
  expect(unmapped.body['items']).toEqual([
    {
      externalProductId: 'mystery',
      name: null,
      lines: 7,
      quantity: 14,
      firstSoldAt: new Date(at(0)).toISOString(),
      lastSoldAt: new Date(at(3)).toISOString(),
    },
  ]);
});

test("another's sales are not there, and a scope that does not read sales reads none", async () => {
  const { body } = await server.send({ transactions: [saleOf({ tea: 1 }, { externalId: 'mine' })] });
  const [sale] = body['results'] as { transactionId: string }[];
  const paths = [`/v1/transactions/${sale?.transactionId}`, `/v1/locations/${server.till.locationId}/transactions`];
  const stranger = (
    await server.makeKey(['admin'], { franchiseId: (await foundBrand(server.database, 'Reader')).franchiseId })
  ).key;
  const sender = (await server.makeKey(['sales:write'])).key;
  for (const path of paths) {
    expect((await server.call('GET', path, { as: stranger })).status).toBe(404);
    expect(await codeOf(server.call('GET', path, { as: sender }))).toBe('403 identity.forbidden');
    expect((await server.call('GET', path)).status).toBe(200);
  }
  expect((await server.call('GET', '/v1/sync-errors', { as: stranger })).body).toEqual({ items: [], nextCursor: null });
  expect(await codeOf(server.call('GET', '/v1/sync-errors', { as: sender }))).toBe('403 identity.forbidden');
  expect(await codeOf(server.call('GET', `${paths[1]}?after=nonsense`))).toBe('422 request.invalid_cursor');
});

test('refused sales are listed over all shops, newest first, page by page', async () => {
  const shops = await Promise.all(
    [1, 2].map(async () => installTill(server.database, await openShop(server.database, server.brand))),
  );
  for (const round of [1, 2, 3]) {
    for (const { id } of shops) await server.send(`{"transactions":[{"round":${round},"at":"${id}"}]}`, { to: id });
  }
  const mine = (await server.makeKey(['pos:manage'], { locationIds: shops.map(({ locationId }) => locationId) })).key;
  const found = await readAll((path) => server.call('GET', path, { as: mine }), '/v1/sync-errors?limit=4');
  const expected = [3, 2, 1].flatMap((round) => shops.toReversed().map(({ id }) => `{"round":${round},"at":"${id}"}`));
  expect(found.map(({ rawBody }) => rawBody)).toEqual(expected);
});
