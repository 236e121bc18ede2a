// Errors that end: a vendor's document that can be read by now, and a sale that its till has sent again.
import { hash } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openShop } from '../../../../test/factories/brand.ts';
import { type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { installTill, saleOf, stockOf, type Till } from '../../../../test/factories/till.ts';
import { eventually } from '../../../../test/harness/eventually.ts';
import { openSquareShops, type SquareShops } from '../../../../test/vendors/square-shops.ts';
import { backgroundActor } from '../../../platform/actor.ts';
import { connect } from '../credentials/connect.ts';
import { resolveBookedErrors } from './queries.ts';
import { createErrorResolver } from './resolve-booked-errors.ts';

let server: PosServer;
beforeAll(async () => {
  server = await startPosServer({ poller: { lookMs: 50 } });
});
afterAll(() => server.stop());

const errorsOf = async (posSystemId: string) =>
  (await server.call('GET', `/v1/sync-errors?posSystemId=${posSystemId}`)).body['items'] as Record<string, unknown>[];
const replay = (id: unknown) => server.call('POST', `/v1/sync-errors/${id}/replay`);

/** What the vendor answers about an order, as bytes. */
async function documentOf({ square, till }: SquareShops, orderId: string): Promise<Buffer> {
  const { connection, connector } = connect(
    server.pos.vendors,
    {
      franchiseId: server.brand.franchiseId,
      ...{ systemType: 'square', apiEndpoint: square.url, credentials: { apiKey: square.accessToken } },
      settings: { locationIds: square.externalIdOf(till.shopId) },
    },
    { signal: AbortSignal.timeout(30_000) },
  );
  const [document] = await connector.fetchOne(connection, { kind: 'order', id: orderId });
  if (document === undefined) throw new Error(`Square knows no order ${orderId}`);
  return document.bytes;
}

/** As a release of ours that could not read the document left it. */
async function keepDocument({ till }: SquareShops, externalId: string, bytes: Buffer): Promise<string> {
  const id = uuidv7();
  await server.database.rows(
    `insert into sync_errors (location_id, id, franchise_id, pos_system_id, external_transaction_id, code, detail, raw_body,
       raw_digest, created_at, last_seen_at)
     values ($1, $2, $3, $4, $5, 'pos.untranslatable', 'order.state is no state that we know.', $6, $7, $8, $8)`,
    [
      ...[till.locationId, id, server.brand.franchiseId, till.posSystemId, externalId, bytes],
      ...[hash('sha256', bytes, 'buffer'), server.clock.now()],
    ],
  );
  return id;
}

test("a vendor's document that can be read by now is translated anew, and books its sale with its stock", async () => {
  const shops = await openSquareShops(server);
  onTestFinished(() => shops.close());
  // Its catalogue is known, its sales are not.
  await shops.run();
  const orderId = shops.sell(shops.till.shopId);
  const id = await keepDocument(shops, orderId, await documentOf(shops, orderId));
  const { body } = await replay(id);
  expect(body).toMatchObject({ result: { externalId: orderId, status: 'created' }, syncError: { state: 'resolved' } });
  expect((await replay(id)).status).toBe(409);
  const [sale] = await server.database.rows('select total_amount::text as total from pos_transactions where id = $1', [
    (body['result'] as Record<string, unknown>)['transactionId'],
  ]);
  expect(sale).toEqual({ total: '4.50' });
  // The feed brings it once more, and it is the same sale.
  await shops.run();
  expect(
    await server.database.rows('select id from pos_transactions where location_id = $1', [shops.till.locationId]),
  ).toHaveLength(1);
  expect(await stockOf(server.database, shops.till.locationId)).toEqual({ latte: -1 });
  await server.database.rows('update pos_connections set enabled = false');
});

test('a document that cannot be read still stays open, is not kept twice, and says why as of today', async () => {
  const shops = await openSquareShops(server);
  onTestFinished(() => shops.close());
  const orderId = shops.sell(shops.till.shopId);
  const order = JSON.parse((await documentOf(shops, orderId)).toString());
  order.order.created_at = 'yesterday';
  order.order.closed_at = 'yesterday';
  const id = await keepDocument(shops, orderId, Buffer.from(JSON.stringify(order)));
  const { body } = await replay(id);
  expect(body).toMatchObject({
    result: { externalId: orderId, status: 'rejected', code: 'pos.untranslatable' },
    syncError: { id, state: 'open', detail: expect.stringContaining('yesterday') },
  });
  expect(await errorsOf(shops.till.posSystemId)).toHaveLength(1);
  // What belongs to another shop is no longer an error, and nothing to book.
  order.order.location_id = 'SOMEWHERE';
  const foreign = await keepDocument(shops, 'elsewhere', Buffer.from(JSON.stringify(order)));
  expect((await replay(foreign)).body).toMatchObject({
    result: { status: 'duplicate', detail: expect.stringContaining('SOMEWHERE') },
    syncError: { state: 'resolved', transactionId: null },
  });
  await server.database.rows('update pos_connections set enabled = false');
});

test('an error is settled by no refund of the same number, and not by what it contradicts', async () => {
  const till: Till = await installTill(server.database, await openShop(server.database, server.brand));
  const send = (sale: object) => server.send({ transactions: [sale] }, { to: till.id });
  const taken = saleOf({ tea: 1 }, { externalId: 'number 7' });
  await send({ ...taken, total: 'a lot' });
  const strange = { externalProductId: 'strange', quantity: 1, unitPrice: 1, total: 1 };
  const waiting = { ...taken, externalId: 'changed', lines: [strange] };
  await send(waiting);
  await send({ ...waiting, total: 99 });
  server.clock.advance(60_000);
  const back = { sku: 'tea', quantity: -1, unitPrice: 1, total: -1 };
  const refund = await send({ ...taken, kind: 'refund', total: -1, lines: [back] });
  expect(refund.body['results']).toMatchObject([{ status: 'created' }]);
  // The booked version is touched: its waiting line has found its product.
  const [product] = await server.database.rows<{ id: string }>(`select id from products where sku = 'tea'`);
  const path = `/v1/pos-systems/${till.id}/mappings/strange`;
  const mapped = await server.call('PUT', path, { body: { productId: product?.id } });
  expect(mapped.body).toMatchObject({ linesBooked: 1 });
  const states = async () =>
    Object.fromEntries((await errorsOf(till.id)).map(({ externalId, state }) => [externalId, state]));
  await resolveNow();
  expect(await states()).toEqual({ 'number 7': 'open', changed: 'open' });
  await send(taken);
  await send({ ...waiting, total: 99, version: 2 });
  await resolveNow();
  expect(await states()).toEqual({ 'number 7': 'resolved', changed: 'resolved' });
});

const resolveNow = () =>
  server.database.db.transaction(backgroundActor('sync errors'), (tx) =>
    resolveBookedErrors(tx, { by: 'system:sync errors', at: server.clock.now() }),
  );

/** Refused for its currency, which somebody corrects. */
const dear = (externalId: string, part: object = {}) => saleOf({ tea: 2 }, { externalId, currency: 'EUR', ...part });

test('an error ends by itself when its till sends the sale again, and only by the refused version or a later one', async () => {
  const till: Till = await installTill(server.database, await openShop(server.database, server.brand));
  const send = (sale: object) => server.send({ transactions: [sale] }, { to: till.id });
  await send(dear('again'));
  await send(dear('newer', { version: 3 }));
  await send(dear('never'));
  server.clock.advance(60_000);
  await send(saleOf({ tea: 2 }, { externalId: 'again' }));
  // An older version that comes late is not what was refused.
  await send(saleOf({ tea: 2 }, { externalId: 'newer', version: 2 }));
  const resolver = createErrorResolver({ ...server.pos, onError: (error) => expect.fail(String(error)) });
  await resolver.start();
  onTestFinished(() => resolver.stop());
  const states = async () =>
    Object.fromEntries((await errorsOf(till.id)).map(({ externalId, state }) => [externalId, state]));
  await eventually(async () => {
    expect(await states()).toEqual({ again: 'resolved', newer: 'open', never: 'open' });
  });
  const [resolved] = (await errorsOf(till.id)).filter(({ externalId }) => externalId === 'again');
  expect(resolved).toMatchObject({ resolvedBy: 'system:sync errors', transactionId: expect.any(String) });

  await send(saleOf({ tea: 1 }, { externalId: 'newer', version: 4, status: 'refunded' }));
  resolver.wake();
  await eventually(async () => {
    expect(await states()).toEqual({ again: 'resolved', newer: 'resolved', never: 'open' });
  });
  // Refused anew it is open anew.
  server.clock.advance(60_000);
  await send(dear('again'));
  expect(await states()).toMatchObject({ again: 'open' });
});
