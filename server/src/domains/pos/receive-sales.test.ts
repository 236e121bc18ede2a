// Sales over HTTP, on real PostgreSQL: what every kind of bad input is answered, and what is kept of it.
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { foundBrand, openShop } from '../../../test/factories/brand.ts';
import { codeOf, type PosServer, startPosServer } from '../../../test/factories/pos-server.ts';
import { installTill, saleOf } from '../../../test/factories/till.ts';
import { revokeApiKey } from '../../identity/index.ts';
import { backgroundActor } from '../../platform/actor.ts';

let server: PosServer;
beforeAll(async () => {
  server = await startPosServer();
});
afterAll(() => server.stop());

async function bookedRows(): Promise<string> {
  const [row] = await server.database.rows<{ rows: string }>(
    `select (select count(*) from pos_transactions) || ' sales, ' || (select count(*) from sync_errors) || ' errors' as rows`,
  );
  return row?.rows ?? '';
}

test('each gets its result in order: good ones are booked, bad ones kept, repeated ones recognised', async () => {
  const good = saleOf({ tea: 1 }, { externalId: 'http 1' });
  const { status, headers, body } = await server.send(
    `{"transactions": [${JSON.stringify(good)}, {"externalId": "http 2", "total": 1e400}, ${JSON.stringify(good)},
      {"externalId": "http 3", "total": NaN}]}`,
  );
  expect(status).toBe(200);
  expect(headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(body).toEqual({
    results: [
      { externalId: 'http 1', version: 1, status: 'created', transactionId: expect.any(String) },
      {
        externalId: 'http 2',
        version: 1,
        status: 'rejected',
        code: 'pos.number_out_of_range',
        detail: expect.any(String),
      },
      { externalId: 'http 1', version: 1, status: 'duplicate', transactionId: expect.any(String) },
      { externalId: null, version: null, status: 'rejected', code: 'pos.malformed_sale', detail: expect.any(String) },
    ],
  });
  const errors = await server.call('GET', `/v1/sync-errors?locationId=${server.till.locationId}&state=open`);
  expect(errors.body['items']).toMatchObject([
    { code: 'pos.malformed_sale', rawBody: '{"externalId": "http 3", "total": NaN}', rawBodyEncoding: 'utf8' },
    { code: 'pos.number_out_of_range', rawBody: '{"externalId": "http 2", "total": 1e400}', occurrences: 1 },
  ]);
});

test('also a request of which nothing is booked is answered 200', async () => {
  const { status, body } = await server.send({ transactions: [{}] });
  expect([status, body['results']]).toMatchObject([200, [{ status: 'rejected', code: 'pos.malformed_sale' }]]);
});

test('bytes that are no UTF-8 come back as base64', async () => {
  const raw = Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]);
  const { body } = await server.send(Buffer.concat([Buffer.from('{"transactions":['), raw, Buffer.from(']}')]));
  expect(body['results']).toMatchObject([{ status: 'rejected', code: 'pos.invalid_text' }]);
  const errors = await server.call('GET', '/v1/sync-errors?code=pos.invalid_text');
  expect(errors.body['items']).toMatchObject([{ rawBody: raw.toString('base64'), rawBodyEncoding: 'base64' }]);
});

test('one that is nested beyond all sense costs the others nothing, and is kept', async () => {
  const [before, after] = ['in front of it', 'behind it'].map((externalId) =>
    JSON.stringify(saleOf({ tea: 1 }, { externalId })),
  );
  const nest = `{"externalId":"nest","metadata":${'['.repeat(20_000)}${']'.repeat(20_000)}}`;
  const { body } = await server.send(`{"transactions":[${before},${nest},${after}]}`);
  expect(body['results']).toMatchObject([
    { status: 'created' },
    { status: 'rejected', code: 'pos.malformed_sale', externalId: 'nest' },
    { status: 'created' },
  ]);
  const { body: errors } = await server.call('GET', '/v1/sync-errors?limit=1');
  expect(errors['items']).toMatchObject([{ externalId: 'nest', rawBody: nest }]);
});

test('1,000 sales are one request', async () => {
  const sales = Array.from({ length: 1_000 }, (_, index) => saleOf({ tea: 1 }, { externalId: `thousand ${index}` }));
  const { body } = await server.send({ transactions: sales });
  const results = body['results'] as { status: string; externalId: string }[];
  expect(results.map(({ status, externalId }) => `${status} ${externalId}`)).toEqual(
    sales.map(({ externalId }) => `created ${externalId}`),
  );
});

test('a request refused as a whole books nothing and keeps nothing', async () => {
  const sale = saleOf({ tea: 1 }, { externalId: 'never' });
  const before = await bookedRows();
  const sales = (count: number) =>
    Array.from({ length: count }, (_, index) => ({ ...sale, externalId: `never ${index}` }));
  const refused: [unknown, string][] = [
    ['{"transactions": [', '400 request.malformed_json'],
    [`{"transactions": [${JSON.stringify(sale)},]}`, '400 request.malformed_json'],
    ['', '400 request.malformed_json'],
    ['[]', '400 request.malformed_json'],
    [{ transactions: [sale], dryRun: true }, '422 request.unknown_field'],
    [{ sales: [sale] }, '422 request.invalid'],
    [{ transactions: sale }, '422 request.invalid'],
    [{ transactions: [] }, '422 pos.sales_out_of_range'],
    [{ transactions: sales(1_001) }, '422 pos.sales_out_of_range'],
    [`{"transactions": [${JSON.stringify(sale)}], "transactions": []}`, '400 request.ambiguous_json'],
    [{ transactions: [{ ...sale, filler: 'x'.repeat(4 * 1_048_576) }] }, '413 request.too_large'],
  ];
  for (const [body, expected] of refused) expect(await codeOf(server.send(body))).toBe(expected);
  expect(await codeOf(server.send({ transactions: [sale], filler: 'x'.repeat(10_000_000) }))).toBe(
    '413 request.too_large',
  );
  expect(await bookedRows()).toBe(before);
  expect(await server.metrics.render()).toMatch(
    /tillstream_sales_requests_refused_total\{fault="client"\} (10|[1-9]\d+)/,
  );
});

test('who may not send sales here books and keeps nothing either', async () => {
  const sale = { transactions: [saleOf({ tea: 1 }, { externalId: 'intruder' }), {}] };
  const before = await bookedRows();
  const otherShop = await openShop(server.database, server.brand);
  const stranger = await foundBrand(server.database, 'Stranger');
  const keys: [string, string][] = [
    [(await server.makeKey(['admin'], { franchiseId: stranger.franchiseId })).key, '404 pos.system_not_found'],
    [(await server.makeKey(['sales:write'], { locationIds: [otherShop.locationId] })).key, '404 pos.system_not_found'],
    [(await server.makeKey(['inventory:write', 'realtime:read'])).key, '403 identity.forbidden'],
    ['tsk_00000000_nonsense', '401 identity.invalid_key'],
  ];
  for (const [as, expected] of keys) expect(await codeOf(server.send(sale, { as }))).toBe(expected);
  expect(await codeOf(server.send(sale, { to: uuidv7() }))).toBe('404 pos.system_not_found');
  expect(await bookedRows()).toBe(before);
});

test('a key that is revoked is refused from then on, though its till was just remembered', async () => {
  const made = await server.makeKey(['sales:write']);
  const body = { transactions: [saleOf({ tea: 1 }, { externalId: 'before' })] };
  expect((await server.send(body, { as: made.key })).status).toBe(200);
  await server.database.db.transaction(backgroundActor('test'), (tx) =>
    revokeApiKey(tx, { key: made.row, at: server.clock.now() }),
  );
  server.authenticator.forget({ kind: 'api_key', id: made.row.id });
  expect(await codeOf(server.send(body, { as: made.key }))).toBe('401 identity.key_revoked');
});

test('what a shop no longer is counts from its next booking on: owner, currency, zone', async () => {
  const firm = uuidv7();
  const shop = await openShop(server.database, server.brand, { firm: true });
  const moved = await installTill(server.database, shop);
  await server.send({ transactions: [saleOf({ tea: 1 }, { externalId: 'old owner' })] }, { to: moved.id });
  await server.database.rows(`insert into franchisees (id, franchise_id, name) values ($1, $2, 'New firm')`, [
    firm,
    server.brand.franchiseId,
  ]);
  await server.database.rows(
    `update locations set franchisee_id = $2, currency = 'EUR', time_zone = 'Asia/Tokyo' where id = $1`,
    [shop.locationId, firm],
  );
  // The directory still believes in dollars; the booking does not.
  const sales = [saleOf({ tea: 1 }, { externalId: 'dollars' })];
  const { body } = await server.send({ transactions: sales }, { to: moved.id });
  expect(body['results']).toMatchObject([{ status: 'rejected', code: 'pos.wrong_currency' }]);
  await server.send({ transactions: [{ ...sales[0], externalId: 'euros', currency: 'EUR' }] }, { to: moved.id });
  const rows = await server.database.rows(
    `select external_transaction_id as id, franchisee_id, currency, business_date::text from pos_transactions
     where location_id = $1 order by 1`,
    [shop.locationId],
  );
  expect(rows).toEqual([
    { id: 'euros', franchisee_id: firm, currency: 'EUR', business_date: '2026-03-08' },
    { id: 'old owner', franchisee_id: shop.franchiseeId, currency: 'USD', business_date: '2026-03-08' },
  ]);
});

test('what was taken in dollars is given back in dollars, whatever the shop takes by now', async () => {
  const shop = await openShop(server.database, server.brand);
  const counter = await installTill(server.database, shop);
  const sale = saleOf({ tea: 2 }, { externalId: 'dollars' });
  const left = { version: 2, status: 'refunded', total: 1.5 } as const;
  const give = (part: { externalId: string; currency?: string }) =>
    server.send({ transactions: [saleOf({ tea: 1 }, { ...left, ...part })] }, { to: counter.id });
  await server.send({ transactions: [sale] }, { to: counter.id });
  await server.database.rows(`update locations set currency = 'EUR' where id = $1`, [shop.locationId]);
  const inEuros = await give({ externalId: 'dollars', currency: 'EUR' });
  expect(inEuros.body['results']).toMatchObject([
    { status: 'rejected', code: 'pos.wrong_currency', detail: 'currency must be the USD that it is booked in.' },
  ]);
  // Sent again as it was it is what it was.
  expect((await server.send({ transactions: [sale] }, { to: counter.id })).body['results']).toMatchObject([
    { status: 'duplicate' },
  ]);
  expect((await give({ externalId: 'dollars' })).body['results']).toMatchObject([{ status: 'updated' }]);
  const [kept] = (await server.call('GET', `/v1/sync-errors?posSystemId=${counter.id}`)).body['items'] as {
    id: string;
  }[];
  // Its replay meets a version that is booked, in the right currency.
  expect((await server.call('POST', `/v1/sync-errors/${kept?.id}/replay`)).body).toMatchObject({
    result: { status: 'rejected', code: 'pos.wrong_currency' },
  });
  const rows = await server.database.rows(
    `select currency, version, total_amount::text as total from pos_transactions where location_id = $1`,
    [shop.locationId],
  );
  expect(rows).toEqual([{ currency: 'USD', version: '2', total: '1.50' }]);
});

test('more than the lanes hold is answered 503 with the time to wait; sent again it is booked', async () => {
  const request = (name: string) => ({
    transactions: Array.from({ length: 1_000 }, (_, index) => saleOf({ tea: 1 }, { externalId: `${name} ${index}` })),
  });
  const answers = await Promise.all([server.send(request('a')), server.send(request('b')), server.send(request('c'))]);
  const refused = answers.filter(({ status }) => status === 503);
  expect(refused.length).toBeGreaterThan(0);
  expect(refused.length).toBeLessThan(3);
  for (const { body, headers } of refused) {
    expect([body['code'], headers.get('retry-after')]).toEqual(['pos.overloaded', '1']);
  }
  for (const name of ['a', 'b', 'c']) expect((await server.send(request(name))).status).toBe(200);
  const [row] = await server.database.rows(
    `select count(*) from pos_transactions where external_transaction_id ~ '^[abc] [0-9]+$'`,
  );
  expect(row?.['count']).toBe('3000');
});
