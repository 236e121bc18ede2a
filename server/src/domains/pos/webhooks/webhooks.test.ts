// Webhooks from a simulated Square over real HTTP: what is genuine is kept and followed, anything else changes nothing.
import { createHmac, randomBytes, randomUUID } from 'node:crypto';
import fc from 'fast-check';
import { sql } from 'kysely';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { eventually } from '../../../../test/harness/eventually.ts';
import { openSquareShops, type SquareShops } from '../../../../test/vendors/square-shops.ts';
import { backgroundActor } from '../../../platform/actor.ts';

let server: PosServer;
let shops: SquareShops;
let address: { id: string; url: string };
let key: string;
beforeAll(async () => {
  server = await startPosServer({ poller: { lookMs: 50 } });
  shops = await openSquareShops(server);
  await shops.run();
  const made = await server.call('POST', '/v1/pos-webhooks', { body: { systemType: 'square' } });
  address = { id: String(made.body['id']), url: String(made.body['url']) };
  key = shops.square.subscribe(address.url).signatureKey;
  await configure({ secret: key });
});
afterAll(async () => {
  await server.stop();
  await shops.close();
});

const configure = (changes: object) =>
  server.call('POST', `/v1/pos-webhooks/${address.id}/configure`, { body: changes });
const sign = (body: string | Buffer, { url = address.url, by = key } = {}) =>
  createHmac('sha256', by).update(url).update(body).digest('base64');

async function deliver(body: string | Buffer, headers: Record<string, string> = {}, url = address.url) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: new Uint8Array(Buffer.from(body)),
  });
  await response.text();
  return response.status;
}
const genuine = (body: string | Buffer, by = key) =>
  deliver(body, { 'x-square-hmacsha256-signature': sign(body, { by }) });

const eventAbout = (orderId: string, part: object = {}) =>
  JSON.stringify({
    merchant_id: shops.square.merchantId,
    location_id: shops.square.externalIdOf(shops.till.shopId),
    type: 'order.updated',
    event_id: randomUUID(),
    created_at: '2026-03-08T15:00:00Z',
    data: { type: 'order', id: orderId, object: { order_updated: { order_id: orderId, version: 1, state: 'OPEN' } } },
    ...part,
  });

/** Everything that a delivery may touch. */
const state = () =>
  server.database.rows(
    `select (select count(*) from pos_webhook_messages) as messages, (select count(*) from pos_hints) as hints,
       (select count(*) from pos_transactions) as sales, (select max(webhook_at) from pos_connections) as heard`,
  );
const counted = async (outcome: string): Promise<number> => {
  const line = (await server.metrics.render()).split('\n').find((text) => text.includes(`outcome="${outcome}"`));
  return Number(line?.split(' ').at(-1) ?? 0);
};

test('what is sold is booked as soon as the vendor tells, without waiting for the feed', async () => {
  const id = shops.sell(shops.till.shopId);
  await shops.square.webhooksSettled();
  await eventually(async () => {
    const rows = await server.database.rows('select 1 from pos_transactions where external_transaction_id = $1', [id]);
    expect(rows).toHaveLength(1);
  });
  const { body } = await server.call('GET', `/v1/pos-webhooks/${address.id}/messages`);
  expect(body['items']).toContainEqual(expect.objectContaining({ knownPlaces: 1, arrivals: 1 }));
  const system = await server.call('GET', `/v1/pos-systems/${shops.till.posSystemId}`);
  expect(system.body['connection']).toMatchObject({ webhookAt: expect.any(String) });
});

test('what is genuine is taken whatever kind it is said to be of', async () => {
  const event = eventAbout('of-any-kind');
  const signed = { 'x-square-hmacsha256-signature': sign(event) };
  for (const type of [
    'text/plain',
    'application/x-www-form-urlencoded',
    'application/vnd.square+json; charset=utf-8',
  ]) {
    expect(await deliver(event, { ...signed, 'content-type': type })).toBe(200);
  }
  expect(await deliver(event, { 'content-type': 'text/plain' })).toBe(401);
  // Everything else is JSON as before.
  const key = { authorization: 'Bearer none', 'content-type': 'text/plain' };
  expect([401, 415]).toContain(await deliver('{}', key, new URL('/v1/pos-systems', address.url).href));
});

test('a till that backs off is not woken by a webhook before its turn', async () => {
  const { posSystemId } = shops.till;
  const row = async () =>
    (await server.database.rows('select * from pos_connections where pos_system_id = $1', [posSystemId]))[0] ?? {};
  await eventually(async () => expect(await row()).toMatchObject({ lease_holder: null, wake_at: null }));
  await server.database.rows(
    `update pos_connections set failures_in_row = 3, next_poll_at = now() + interval '10 minutes' where pos_system_id = $1`,
    [posSystemId],
  );
  const before = await row();
  expect(await genuine(eventAbout('later'))).toBe(200);
  expect(await row()).toMatchObject({ due_at: before['due_at'], failures_in_row: 3 });
  expect((await row())['webhook_at']).not.toEqual(before['webhook_at']);
  expect(await server.database.rows(`select 1 from pos_hints where external_id = 'later'`)).toHaveLength(1);
  await shops.run();
  await eventually(async () =>
    expect(await server.database.rows(`select 1 from pos_hints where external_id = 'later'`)).toEqual([]),
  );
});

test('a webhook that comes in the moment in which a run ends wakes the till all the same', async () => {
  const { posSystemId } = shops.till;
  const heard = async () =>
    (await server.database.rows('select webhook_at from pos_connections where pos_system_id = $1', [posSystemId]))[0];
  const before = await heard();
  let delivered: Promise<number> | undefined;
  await server.database.db.transaction(backgroundActor('test'), async (tx) => {
    // As the end of a run writes it: not committed yet when the webhook reads the row.
    await sql`update pos_connections set news_at = clock_timestamp() where pos_system_id = ${posSystemId}::uuid`.execute(
      tx,
    );
    delivered = genuine(eventAbout('in-between'));
    await eventually(async () => {
      const waiting = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
      expect(await server.database.rows(waiting)).not.toEqual([]);
    });
  });
  expect(await delivered).toBe(200);
  expect(await heard()).not.toEqual(before);
  await eventually(async () =>
    expect(await server.database.rows(`select 1 from pos_hints where external_id = 'in-between'`)).toEqual([]),
  );
});

test('a signature that is not the vendor’s changes nothing, and is counted', async () => {
  const before = await state();
  const wrongBefore = await counted('wrong_signature');
  const unsignedBefore = await counted('unsigned');
  const event = eventAbout('nothing');
  const right = sign(event);
  let wrong = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        fc.record({ body: fc.constant(event), signature: fc.base64String({ minLength: 44, maxLength: 44 }) }),
        fc.nat({ max: event.length - 1 }).map((at) => {
          const body = Buffer.from(event);
          body[at] = (body[at] ?? 0) ^ 1;
          return { body: body.toString('latin1'), signature: right };
        }),
        fc.webUrl().map((url) => ({ body: event, signature: sign(event, { url }) })),
        fc.string({ minLength: 1, maxLength: 40 }).map((by) => ({ body: event, signature: sign(event, { by }) })),
        fc.constant({ body: event, signature: `${right}=` }),
        fc.constant({ body: `${event} `, signature: right }),
      ),
      async ({ body, signature }) => {
        // The second opinion: whatever node:crypto says is right is no case for this property.
        fc.pre(sign(body) !== signature && signature !== '');
        wrong += 1;
        expect(await deliver(body, { 'x-square-hmacsha256-signature': signature })).toBe(401);
      },
    ),
    { numRuns: 100 },
  );
  expect(await deliver(event)).toBe(401);
  expect(await counted('wrong_signature')).toBe(wrongBefore + wrong);
  expect(await counted('unsigned')).toBe(unsignedBefore + 1);
  expect(await deliver('')).toBe(401);
  expect(await state()).toEqual(before);
});

test('an address that nobody made, and one of another make, are answered 404', async () => {
  const event = eventAbout('nothing');
  const headers = { 'x-square-hmacsha256-signature': sign(event) };
  expect(await deliver(event, headers, address.url.replace(address.id, randomUUID()))).toBe(404);
  expect(await deliver(event, headers, address.url.replace('/square/', '/toast/'))).toBe(404);
});

test('a delivery that comes again is counted, kept once and followed once', async () => {
  const event = eventAbout(shops.sell(shops.till.shopId), { event_id: 'again' });
  for (let count = 0; count < 3; count++) expect(await genuine(event)).toBe(200);
  const rows = await server.database.rows(`select arrivals from pos_webhook_messages where dedupe_key like '%again%'`);
  expect(rows).toEqual([{ arrivals: 3 }]);
});

test('many events about one order are one fetch, and a delivery can be followed again', async () => {
  await shops.square.webhooksSettled();
  // Nobody works on hints meanwhile: another node seems to be at the till.
  const hold = (until: string) =>
    server.database.rows(
      `update pos_connections set lease_holder = gen_random_uuid(), lease_until = now() + $2::interval
       where pos_system_id = $1 and (lease_holder is null or $2 <> '1 hour')`,
      [shops.till.posSystemId, until],
    );
  await eventually(async () => {
    await hold('1 hour');
    const [row] = await server.database.rows(
      'select lease_until > now() + interval $$30 min$$ as held from pos_connections',
    );
    expect(row).toEqual({ held: true });
  });
  await server.database.rows('delete from pos_hints');
  const orderId = shops.sell(shops.till.shopId);
  await shops.square.webhooksSettled();
  for (let count = 0; count < 5; count++) expect(await genuine(eventAbout(orderId))).toBe(200);
  const hints = await server.database.rows(`select arrivals from pos_hints where external_id = $1`, [orderId]);
  expect(hints).toHaveLength(1);
  expect(hints[0]?.['arrivals']).toBeGreaterThanOrEqual(5);
  await hold('-1 second');
  server.pos.poller.wake();
  await eventually(async () => expect(await server.database.rows('select 1 from pos_hints')).toEqual([]));

  const { body } = await server.call('GET', `/v1/pos-webhooks/${address.id}/messages?limit=1`);
  const [message] = body['items'] as { id: string }[];
  const replayed = await server.call('POST', `/v1/pos-webhooks/${address.id}/messages/${message?.id}/replay`);
  expect(replayed).toMatchObject({ status: 200, body: { knownPlaces: 1, replayedAt: expect.any(String) } });
  await eventually(async () => expect(await server.database.rows('select 1 from pos_hints')).toEqual([]));
});

test('an id of an event that no row can hold is known again all the same', async () => {
  for (const event_id of ['e\0v', 'half \ud800', 'x'.repeat(5_000)]) {
    const body = eventAbout('weird', { event_id });
    expect(await genuine(body)).toBe(200);
    const { messages } = (await state())[0] ?? {};
    expect(await genuine(body)).toBe(200);
    expect((await state())[0]).toMatchObject({ messages });
  }
});

test('while a key replaces another both are valid; later only the new one is', async () => {
  const next = randomBytes(16).toString('hex');
  await configure({ secret: next, keepFormerHours: 1 });
  expect(await genuine(eventAbout('a'), key)).toBe(200);
  expect(await genuine(eventAbout('b'), next)).toBe(200);
  server.clock.advance(3_600_001);
  expect(await genuine(eventAbout('c'), key)).toBe(401);
  expect(await genuine(eventAbout('d'), next)).toBe(200);
  key = next;
  const read = await server.call('GET', `/v1/pos-webhooks/${address.id}`);
  expect(read.body).toMatchObject({ hasSecret: true });
  expect(JSON.stringify([read.body, server.logged])).not.toContain(next);
});

test('a delivery above a MiB is taken, and one that cannot be read is kept for people', async () => {
  const large = eventAbout('large', { padding: 'x'.repeat(2_000_000) });
  expect(await genuine(large)).toBe(200);
  // What could not be kept while its vendor waits is refused before it is read; the feed brings what it was about.
  const before = await state();
  const huge = eventAbout('huge', { padding: 'x'.repeat(2 * 1_048_576) });
  const refused = await fetch(address.url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-square-hmacsha256-signature': sign(huge) },
    body: huge,
  });
  expect([refused.status, await refused.json()]).toMatchObject([413, { code: 'request.too_large' }]);
  expect(await state()).toEqual(before);
  expect(await genuine('{"event_id": 1')).toBe(200);
  const { body } = await server.call('GET', `/v1/pos-webhooks/${address.id}/messages?limit=1`);
  expect(body['items']).toEqual([expect.objectContaining({ hints: null, knownPlaces: 0 })]);
});

test('who does not manage the tills neither sees nor configures the addresses', async () => {
  const till = (await server.makeKey(['sales:write'])).key;
  for (const [method, path] of [
    ['GET', '/v1/pos-webhooks'],
    ['GET', `/v1/pos-webhooks/${address.id}`],
    ['GET', `/v1/pos-webhooks/${address.id}/messages`],
  ] as const) {
    expect((await server.call(method, path, { as: till })).status).toBe(403);
  }
});
