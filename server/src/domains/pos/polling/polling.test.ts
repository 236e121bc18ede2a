// Polling against a simulated Square on real sockets: what is sold there is booked here once, whatever goes wrong between.
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { stockOf } from '../../../../test/factories/till.ts';
import { eventually } from '../../../../test/harness/eventually.ts';
import { openSquareShops, type SquareShops, type VendorTill } from '../../../../test/vendors/square-shops.ts';

let server: PosServer;
const open: SquareShops[] = [];
beforeAll(async () => {
  server = await startPosServer({ poller: { lookMs: 50 }, vendorTimeoutMs: 2_000 });
});
afterEach(async () => {
  for (const shops of open.splice(0)) {
    await server.database.rows('update pos_connections set enabled = false');
    await shops.close();
  }
});
afterAll(() => server.stop());

async function openShops(options: Parameters<typeof openSquareShops>[1] = {}): Promise<SquareShops> {
  const shops = await openSquareShops(server, options);
  open.push(shops);
  await shops.run();
  return shops;
}

const salesOf = ({ posSystemId }: VendorTill) =>
  server.database.rows<{ id: string; total: string }>(
    `select external_transaction_id as id, total_amount as total from pos_transactions
     where pos_system_id = $1 and status <> 'voided' order by 1`,
    [posSystemId],
  );

/** Far enough for what was just sold to lie behind the lag of a window. */
const pass = (ms = 60_000) => server.clock.advance(ms);

test('what is sold at the vendor is booked, once, with its stock', async () => {
  const shops = await openShops();
  const id = shops.sell(shops.till.shopId);
  shops.sell(shops.till.shopId, 'scone');
  pass();
  const row = await shops.run();
  expect(row).toMatchObject({ failure_kind: null, failures_in_row: 0, window_to: null, resume_at: null });
  expect(await salesOf(shops.till)).toHaveLength(2);
  expect((await salesOf(shops.till)).map((sale) => sale.id)).toContain(id);
  expect(await stockOf(server.database, shops.till.locationId)).toEqual({ latte: -1, scone: -1 });
  await shops.run();
  expect(await stockOf(server.database, shops.till.locationId)).toEqual({ latte: -1, scone: -1 });
  const { body } = await server.call('GET', `/v1/pos-systems/${shops.till.posSystemId}`);
  expect(body['connection']).toMatchObject({ state: 'active', isRunning: false, failure: null });
});

test('a vendor that answers 429 and 500 now and then loses nothing', async () => {
  const shops = await openShops();
  Object.assign(shops.square.trouble, { rateLimited: 0.2, failing: 0.2 });
  for (let count = 0; count < 5; count++) {
    for (let each = 0; each < 3; each++) shops.sell(shops.till.shopId);
    pass();
    await shops.run();
  }
  Object.assign(shops.square.trouble, { rateLimited: 0, failing: 0 });
  await shops.run();
  expect(await salesOf(shops.till)).toHaveLength(15);
  expect(await stockOf(server.database, shops.till.locationId)).toEqual({ latte: -15 });
});

test('a failure is told in words, backs off, and ends by itself', async () => {
  const shops = await openShops();
  shops.sell(shops.till.shopId);
  pass();
  Object.assign(shops.square.trouble, { failing: 1 });
  const failed = await shops.run();
  expect(failed).toMatchObject({ failure_kind: 'unavailable', failures_in_row: 1 });
  const at = (column: string) => new Date(String(failed[column])).getTime();
  expect(at('next_poll_at')).toBeGreaterThan(at('failed_at') + 5_000);
  const { body } = await server.call('GET', `/v1/pos-systems/${shops.till.posSystemId}`);
  expect(body['connection']).toMatchObject({ state: 'failing', failure: { kind: 'unavailable' }, failuresInRow: 1 });
  Object.assign(shops.square.trouble, { failing: 0 });
  expect(await shops.run()).toMatchObject({ failure_kind: null, failures_in_row: 0 });
  expect(await salesOf(shops.till)).toHaveLength(1);
});

test('a paused till is not asked; resumed, it goes on where it was; disconnected, its credentials are gone', async () => {
  const shops = await openShops();
  const { posSystemId } = shops.till;
  const steer = (stroke: string) => server.call('POST', `/v1/pos-systems/${posSystemId}/${stroke}`);
  expect((await steer('pause')).body).toMatchObject({ connection: { state: 'paused', nextRunAt: null } });
  shops.sell(shops.till.shopId);
  pass();
  const asked = shops.square.requests();
  expect(await server.call('POST', `/v1/pos-systems/${posSystemId}/sync`, { body: {} })).toMatchObject({
    status: 409,
    body: { code: 'pos.not_connected' },
  });
  expect(shops.square.requests()).toBe(asked);
  expect((await steer('resume')).body).toMatchObject({ syncSettings: { enabled: true } });
  server.pos.poller.wake();
  await eventually(async () => expect(await salesOf(shops.till)).toHaveLength(1));
  expect((await steer('try')).body).toEqual({ ok: true, problem: null, field: null });
  expect((await steer('disconnect')).body).toMatchObject({ hasCredentials: false, connection: { state: 'paused' } });
  const [row] = await server.database.rows('select api_credentials from pos_systems where id = $1', [posSystemId]);
  expect(row?.['api_credentials']).toBeNull();
});

test('a sync fetches what lies before the registration, and shows how far it has come', async () => {
  const shops = await openShops();
  const day = 86_400_000;
  const start = server.clock.now().getTime();
  // Sold while the till was paused for a month, so that the feed alone would begin at its end.
  await server.database.rows(`update pos_connections set enabled = false where pos_system_id = $1`, [
    shops.till.posSystemId,
  ]);
  for (let count = 0; count < 5; count++) {
    shops.sell(shops.till.shopId);
    pass(day);
  }
  await server.database.rows(
    `update pos_connections set enabled = true, cursor_at = $2, next_poll_at = null where pos_system_id = $1`,
    [shops.till.posSystemId, server.clock.now()],
  );
  const since = new Date(start - day).toISOString();
  const asked = await server.call('POST', `/v1/pos-systems/${shops.till.posSystemId}/sync`, { body: { since } });
  expect(asked.status).toBe(202);
  const done = await eventually(async () => {
    const { body } = await server.call('GET', `/v1/pos-systems/${shops.till.posSystemId}/syncs/${asked.body['id']}`);
    expect(body).toMatchObject({ state: 'done' });
    return body;
  });
  expect(done).toMatchObject({ created: 5, rejected: 0, progress: 1, failure: null, reason: 'requested' });
  expect(await salesOf(shops.till)).toHaveLength(5);
});

test('what is wished for while a run is at the till is carried out by the next one, and not forgotten with the first', async () => {
  const shops = await openShops();
  shops.sell(shops.till.shopId);
  const hang = Promise.withResolvers<void>();
  shops.square.trouble.hanging = hang.promise;
  const path = `/v1/pos-systems/${shops.till.posSystemId}`;
  const since = new Date(server.clock.now().getTime() - 3_600_000).toISOString();
  const wish = async () => String((await server.call('POST', `${path}/sync`, { body: { since } })).body['id']);
  const wishes = [await wish()];
  await eventually(async () => {
    expect((await server.call('GET', path)).body).toMatchObject({ connection: { isRunning: true } });
    expect((await server.call('GET', `${path}/syncs/${wishes[0]}`)).body).toMatchObject({ state: 'running' });
  });
  wishes.push(await wish());
  hang.resolve();
  delete shops.square.trouble.hanging;
  for (const id of wishes) {
    await eventually(async () => {
      expect((await server.call('GET', `${path}/syncs/${id}`)).body).toMatchObject({ state: 'done' });
    });
  }
});

test('a sync that the vendor refuses for good ends, and says why', async () => {
  const shops = await openShops();
  const { posSystemId } = shops.till;
  await server.database.rows('update pos_connections set next_poll_at = null where pos_system_id = $1', [posSystemId]);
  const { body: till } = await server.call('GET', `/v1/pos-systems/${posSystemId}`);
  await server.call('PATCH', `/v1/pos-systems/${posSystemId}`, {
    body: { credentials: { apiKey: 'revoked' }, syncSettings: { autoSync: false } },
    headers: { 'if-match': `"${till['version']}"` },
  });
  const since = new Date(server.clock.now().getTime() - 86_400_000).toISOString();
  const asked = await server.call('POST', `/v1/pos-systems/${posSystemId}/sync`, { body: { since } });
  await eventually(async () => {
    const { body } = await server.call('GET', `/v1/pos-systems/${posSystemId}/syncs/${asked.body['id']}`);
    expect(body).toMatchObject({ state: 'failed', failure: expect.stringMatching(/401/) });
  });
});

test('a poll that is cut anywhere is taken up by the next one', async () => {
  const shops = await openShops();
  for (let count = 0; count < 10; count++) {
    shops.sell(shops.till.shopId);
    pass();
    // As if a node had died at it: leased, in the middle of a window, with nobody there.
    await server.database.rows(
      `update pos_connections set lease_holder = gen_random_uuid(), lease_until = now() - interval '1 second'
       where pos_system_id = $1`,
      [shops.till.posSystemId],
    );
    await shops.run();
  }
  expect(await salesOf(shops.till)).toHaveLength(10);
  expect(await stockOf(server.database, shops.till.locationId)).toEqual({ latte: -10 });
});

test('a vendor that hangs holds nobody else up', async () => {
  const hanging = await openShops({ shops: 6 });
  const well = await openShops({ shops: 2 });
  const { promise, resolve } = Promise.withResolvers<void>();
  Object.assign(hanging.square.trouble, { hanging: promise });
  for (const till of well.tills) well.sell(till.shopId);
  pass();
  const due = hanging.tills.map(({ posSystemId }) => posSystemId);
  await server.database.rows('update pos_connections set next_poll_at = now() where pos_system_id = any($1)', [due]);
  server.pos.poller.wake();
  for (const till of well.tills) expect(await well.run(till)).toMatchObject({ failure_kind: null });
  for (const till of well.tills) expect(await salesOf(till)).toHaveLength(1);
  await eventually(async () => {
    const rows = await server.database.rows(
      `select 1 from pos_connections where pos_system_id = any($1) and failure_kind = 'unavailable'`,
      [due],
    );
    expect(rows).toHaveLength(6);
  });
  resolve();
});

test('what cannot be connected says in words what is wrong, and keeps nothing', async () => {
  const { square, till } = await openShops();
  const wrong = (part: object) =>
    server.call('POST', '/v1/pos-systems', {
      body: {
        ...{ locationId: till.locationId, systemType: 'square', apiEndpoint: square.url },
        credentials: { apiKey: square.accessToken },
        settings: { locationIds: square.externalIdOf(till.shopId) },
        ...part,
      },
    });
  const before = await server.database.rows('select id from pos_systems');
  expect(await wrong({ credentials: { apiKey: 'planted-wrong-token' } })).toMatchObject({
    status: 422,
    body: { code: 'pos.connection_failed', errors: [{ path: 'apiKey' }] },
  });
  expect(await wrong({ credentials: {} })).toMatchObject({
    status: 422,
    body: { code: 'pos.credentials_incomplete', errors: [{ path: 'credentials.apiKey', message: 'is missing' }] },
  });
  expect(await wrong({ settings: { locationIds: 'L0' } })).toMatchObject({
    status: 422,
    body: { code: 'pos.connection_failed', errors: [{ path: 'locationIds' }] },
  });
  expect(await wrong({ apiEndpoint: 'http://127.0.0.1:1' })).toMatchObject({
    status: 422,
    body: { code: 'pos.connection_failed' },
  });
  await server.database.rows(`update locations set currency = 'EUR' where id = $1`, [till.locationId]);
  expect(await wrong({})).toMatchObject({ status: 422, body: { code: 'pos.currency_mismatch' } });
  expect(await server.database.rows('select id from pos_systems')).toEqual(before);
  expect(server.logged.join('')).not.toContain('planted-wrong-token');
});
