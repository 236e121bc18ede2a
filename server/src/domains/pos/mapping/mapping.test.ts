// Mapping what a till calls its products, over HTTP on real PostgreSQL: what waited is booked, once, as of its sale.
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProducts, foundBrand, openShop } from '../../../../test/factories/brand.ts';
import { codeOf, type PosServer, readAll, startPosServer } from '../../../../test/factories/pos-server.ts';
import { installTill, type SaleOnWire, saleOf, stockOf, type Till } from '../../../../test/factories/till.ts';
import { decimal } from '../../../platform/decimal.ts';
import { adjustStock } from '../../inventory/adjust-stock.ts';

let server: PosServer;
let products: string[];
beforeAll(async () => {
  server = await startPosServer();
  products = await addProducts(server.database, server.brand, ['mug', 'jug']);
});
afterAll(() => server.stop());

const newTill = async (): Promise<Till> =>
  installTill(server.database, await openShop(server.database, server.brand, { firm: true }));

const pathOf = (till: Till, name: string) => `/v1/pos-systems/${till.id}/mappings/${encodeURIComponent(name)}`;
const map = (till: Till, name: string, productId: string | undefined) =>
  server.call('PUT', pathOf(till, name), { body: { productId } });
const line = (externalProductId: string, quantity: number, more: object = {}) => ({
  externalProductId,
  quantity,
  unitPrice: 1,
  total: quantity,
  ...more,
});
function sell(till: Till, sale: string | SaleOnWire, lines: object[]) {
  const part = typeof sale === 'string' ? { externalId: sale } : sale;
  return server.send({ transactions: [{ ...saleOf({}, { total: 0, ...part }), lines }] }, { to: till.id });
}

const waitingAt = async (till: Till) =>
  (await server.call('GET', `/v1/pos-systems/${till.id}/unmapped`)).body['items'] as Record<string, unknown>[];

test('what waited is booked as of its sale, told of once a sale, and sold directly from then on', async () => {
  const till = await newTill();
  await sell(till, 'a', [line('btn-1', 2), line('btn-2', 5), line('btn-1', 1, { name: 'Big mug' })]);
  await sell(till, 'b', [line('btn-1', 4), { sku: 'tea', quantity: 1, unitPrice: 1, total: 1 }]);
  expect(await stockOf(server.database, till.locationId)).toEqual({ tea: -1 });
  server.clock.advance(60_000);

  const mapped = await map(till, 'btn-1', products[0]);
  expect(mapped.status).toBe(200);
  expect(mapped.body).toEqual({
    externalProductId: 'btn-1',
    productId: products[0],
    productSku: 'mug',
    productName: 'Product mug',
    mappedBy: expect.stringMatching(/^key:/),
    createdAt: server.clock.now().toISOString(),
    updatedAt: server.clock.now().toISOString(),
    linesBooked: 3,
    linesWaiting: 0,
  });
  expect(await stockOf(server.database, till.locationId)).toEqual({ mug: -7, tea: -1 });
  expect(await waitingAt(till)).toMatchObject([{ externalProductId: 'btn-2', lines: 1, quantity: 5 }]);
  const movements = await server.database.rows(
    `select quantity, reference_type, performed_by, occurred_at, m.franchisee_id, s.external_transaction_id as sale
     from stock_movements m join pos_transactions s on s.location_id = m.location_id and s.id = m.reference_id
     where m.location_id = $1 and product_id = $2 order by s.external_transaction_id, quantity`,
    [till.locationId, products[0]],
  );
  const movement = {
    reference_type: 'pos_transaction',
    performed_by: mapped.body['mappedBy'],
    occurred_at: new Date('2026-03-08T12:00:00Z'),
    franchisee_id: till.franchiseeId,
  };
  expect(movements).toEqual([
    { ...movement, quantity: '-2.0000', sale: 'a' },
    { ...movement, quantity: '-1.0000', sale: 'a' },
    { ...movement, quantity: '-4.0000', sale: 'b' },
  ]);
  const sales = await readAll(
    (path) => server.call('GET', path),
    `/v1/locations/${till.locationId}/transactions?limit=10`,
  );
  expect(sales.find(({ externalId }) => externalId === 'a')).toMatchObject({
    version: 1,
    updatedAt: server.clock.now().toISOString(),
    lines: [
      { productId: products[0], sku: 'mug', name: 'Product mug', externalProductId: 'btn-1' },
      { productId: null, sku: null, name: null, externalProductId: 'btn-2' },
      { productId: products[0], sku: 'mug', name: 'Big mug', externalProductId: 'btn-1' },
    ],
  });
  const told = await server.database.rows(
    `select event_type as type, operation, change_data as data, record from sync_events
     where scope_id = $1 and metadata is not null order by seq desc limit 3`,
    [till.locationId],
  );
  expect(told.map(({ type, operation }) => `${type} ${operation}`)).toEqual([
    'inventory.update INSERT',
    'pos.transaction UPDATE',
    'pos.transaction UPDATE',
  ]);
  expect(told[0]).toMatchObject({ data: { sku: 'mug', previousStock: 0, newStock: -7, change: -7, reason: 'sale' } });
  // Version and total stay: a running sum of totals takes back what it adds.
  const first = told.find(({ data }) => data?.externalId === 'a');
  expect(first?.['data']).toMatchObject({
    version: 1,
    totalAmount: 0,
    previousTotalAmount: 0,
    businessDate: '2026-03-08',
  });
  expect(first?.['data'].lines).toMatchObject([
    { productId: products[0], sku: 'mug', name: 'Product mug', quantity: 2 },
    { productId: null, sku: null, name: null, quantity: 5 },
    { productId: products[0], sku: 'mug', name: 'Big mug', quantity: 1 },
  ]);
  const [row] = await server.database.rows(
    `select to_jsonb(s) - 'content_hash' as row from pos_transactions s where location_id = $1 and external_transaction_id = 'a'`,
    [till.locationId],
  );
  const asTold = ({ created_at, updated_at, transaction_timestamp, ...rest }: Record<string, string>) => ({
    ...rest,
    times: [created_at, updated_at, transaction_timestamp].map((time) => new Date(time ?? '').getTime()),
  });
  expect(asTold(first?.['record'])).toEqual(asTold(row?.['row']));

  await sell(till, 'c', [line('btn-1', 1)]);
  expect(await stockOf(server.database, till.locationId)).toEqual({ mug: -8, tea: -1 });
  expect((await map(till, 'btn-1', products[0])).body).toMatchObject({ linesBooked: 0, linesWaiting: 0 });
  expect(await stockOf(server.database, till.locationId)).toEqual({ mug: -8, tea: -1 });
});

test('a name that looks like a part of an address is a name', async () => {
  const till = await newTill();
  const names = ['a/b', 'x?y=1#z', ' blank at both ends ', '%2F', 'é'.repeat(200), '\u{1f355}'.repeat(100)];
  for (const [index, name] of names.entries()) {
    await sell(till, `sale ${index}`, [line(name, 1)]);
    const { body } = await map(till, name, products[0]);
    expect(body).toMatchObject({ externalProductId: name, linesBooked: 1 });
  }
  const listed = await readAll((path) => server.call('GET', path), `/v1/pos-systems/${till.id}/mappings?limit=2`);
  expect(listed.map(({ externalProductId }) => externalProductId).sort()).toEqual([...names].sort());
  expect(listed[0]).toMatchObject({ productId: products[0], productSku: 'mug', mappedBy: expect.any(String) });
});

test('a mapping that is changed or taken away counts from then on; a later version is booked by it', async () => {
  const till = await newTill();
  await sell(till, 'a', [line('btn', 3)]);
  await map(till, 'btn', products[0]);
  server.clock.advance(1_000);
  const changed = await map(till, 'btn', products[1]);
  expect(changed.body).toMatchObject({
    productSku: 'jug',
    linesBooked: 0,
    updatedAt: server.clock.now().toISOString(),
  });
  expect(changed.body['createdAt']).not.toBe(changed.body['updatedAt']);
  expect(await stockOf(server.database, till.locationId)).toEqual({ mug: -3 });
  await sell(till, { externalId: 'a', version: 2 }, [line('btn', 2)]);
  expect(await stockOf(server.database, till.locationId)).toEqual({ jug: -2, mug: 0 });

  expect((await server.call('DELETE', pathOf(till, 'btn'))).status).toBe(204);
  expect(await codeOf(server.call('DELETE', pathOf(till, 'btn')))).toBe('404 pos.mapping_not_found');
  await sell(till, { externalId: 'a', version: 3, status: 'refunded' }, [line('btn', 1)]);
  expect(await stockOf(server.database, till.locationId)).toEqual({ jug: 0, mug: 0 });
  expect(await waitingAt(till)).toMatchObject([{ externalProductId: 'btn', lines: 1, quantity: 1 }]);
  await map(till, 'btn', products[0]);
  expect(await stockOf(server.database, till.locationId)).toEqual({ jug: 0, mug: -1 });
});

test('of a refund that leaves nothing of a line, nothing moves, and the line waits no more', async () => {
  const till = await newTill();
  await sell(till, 'a', [line('btn', 3)]);
  await sell(till, { externalId: 'a', version: 2, status: 'refunded' }, [line('btn', 0)]);
  expect((await map(till, 'btn', products[0])).body).toMatchObject({ linesBooked: 1, linesWaiting: 0 });
  expect(await stockOf(server.database, till.locationId)).toEqual({});
});

test('what was sold before the shelf was counted is part of the count, however late it is mapped', async () => {
  const till = await newTill();
  await sell(till, 'a', [line('btn', 3)]);
  const count = { locationId: till.locationId, productId: products[0] ?? '', type: 'count', reason: null } as const;
  const parts = { db: server.database.db, clock: server.clock };
  const countedAt = server.clock.now();
  await adjustStock(parts, server.brand.admin, { ...count, quantity: decimal('10'), countedAt });
  await map(till, 'btn', products[0]);
  expect(await stockOf(server.database, till.locationId)).toEqual({ mug: 10 });
});

test('a long queue is booked a part a request, and the answer says what is left', async () => {
  const till = await newTill();
  const lines = Array.from({ length: 300 }, () => line('btn', 1));
  for (const name of ['a', 'b', 'c', 'd', 'e']) await sell(till, name, lines);
  const answers = [];
  for (let part = 0; part < 3; part++) answers.push((await map(till, 'btn', products[0])).body);
  expect(answers).toMatchObject([
    { linesBooked: 1_000, linesWaiting: 500 },
    { linesBooked: 500, linesWaiting: 0 },
    { linesBooked: 0, linesWaiting: 0 },
  ]);
  expect(await stockOf(server.database, till.locationId)).toEqual({ mug: -1_500 });
});

test('two who map at once book each line once', async () => {
  const till = await newTill();
  for (const name of ['a', 'b', 'c'])
    await sell(
      till,
      name,
      Array.from({ length: 200 }, () => line('btn', 1)),
    );
  const answers = await Promise.all([0, 0, 0, 0].map(() => map(till, 'btn', products[0])));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200]);
  expect(answers.reduce((sum, { body }) => sum + Number(body['linesBooked']), 0)).toBe(600);
  expect(await stockOf(server.database, till.locationId)).toEqual({ mug: -600 });
});

test('sales that come while their product is being mapped are booked by one of the two', async () => {
  const till = await newTill();
  const sent = Array.from({ length: 40 }, (_, index) => sell(till, `s${index}`, [line('btn', 1), line('other', 1)]));
  const mapped = Array.from({ length: 5 }, () => map(till, 'btn', products[0]));
  await Promise.all([...sent, ...mapped]);
  // All mappings are committed by now; what any of the sales left waiting, this one finds.
  await map(till, 'btn', products[0]);
  expect(await stockOf(server.database, till.locationId)).toEqual({ mug: -40 });
  expect(await waitingAt(till)).toMatchObject([{ externalProductId: 'other', lines: 40 }]);
});

test('what cannot be mapped says why, and nothing is mapped', async () => {
  const till = await newTill();
  const other = await foundBrand(server.database, 'Other');
  const [foreign] = await addProducts(server.database, other, ['mug']);
  const stranger = (await server.makeKey(['admin'], { franchiseId: other.franchiseId })).key;
  const sender = (await server.makeKey(['sales:write'])).key;
  const refusals: [Promise<string>, string][] = [
    [codeOf(map(till, 'btn', uuidv7())), '404 inventory.unknown_product'],
    [codeOf(map(till, 'btn', foreign)), '404 inventory.unknown_product'],
    [
      codeOf(server.call('PUT', pathOf(till, 'btn'), { body: { productId: products[0] }, as: stranger })),
      '404 pos.system_not_found',
    ],
    [
      codeOf(server.call('PUT', pathOf(till, 'btn'), { body: { productId: products[0] }, as: sender })),
      '403 identity.forbidden',
    ],
    [codeOf(map({ ...till, id: uuidv7() }, 'btn', products[0])), '404 pos.system_not_found'],
    [codeOf(map(till, 'x'.repeat(201), products[0])), '404 request.not_found'],
    [codeOf(map(till, ' ', products[0])), '404 request.not_found'],
    [codeOf(map(till, 'a\0', products[0])), '422 request.unstorable_text'],
    [codeOf(map(till, 'btn', 'no id')), '422 request.invalid'],
    [codeOf(map(till, 'btn', undefined)), '422 request.invalid'],
    [
      codeOf(server.call('PUT', pathOf(till, 'btn'), { body: { productId: products[0], force: 1 } })),
      '422 request.unknown_field',
    ],
    [codeOf(server.call('DELETE', pathOf(till, 'btn'), { as: stranger })), '404 pos.system_not_found'],
    [codeOf(server.call('GET', `/v1/pos-systems/${till.id}/mappings`, { as: stranger })), '404 pos.system_not_found'],
  ];
  for (const [answer, expected] of refusals) expect(await answer).toBe(expected);
  expect((await server.call('GET', `/v1/pos-systems/${till.id}/mappings`)).body).toEqual({
    items: [],
    nextCursor: null,
  });
});
