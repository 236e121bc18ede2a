// Credentials in use: renewed once however many need them, moved to a new key while they are used, and seen nowhere.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { everyRowOf } from '../../../../test/harness/every-row.ts';
import { grantOf, openSquareShops, type SquareShops } from '../../../../test/vendors/square-shops.ts';
import { backgroundActor } from '../../../platform/actor.ts';
import { Database } from '../../../platform/database.ts';
import { createLogger } from '../../../platform/logger.ts';
import { createMetrics } from '../../../platform/metrics.ts';
import { createOutboundAddresses } from '../../../platform/outbound-addresses.ts';
import { createSecrets } from '../../../platform/secrets.ts';
import { connectors } from '../connectors/index.ts';
import { createRateLimits } from '../vendor-calls/rate-limits.ts';
import { createVendorCalls } from '../vendor-calls/vendor-calls.ts';
import { openTill } from './open-till.ts';
import { loadCredentials } from './queries.ts';
import { rewrapCredentials } from './rewrap-credentials.ts';
import { openCredentials, sealCredentials } from './sealed-credentials.ts';

let server: PosServer;
beforeAll(async () => {
  server = await startPosServer({ poller: { lookMs: 50 } });
});
afterAll(() => server.stop());

const actor = backgroundActor('test');
const day = 86_400_000;

async function keptTill({ till, square }: SquareShops) {
  const kept = await server.database.db.transaction(actor, (tx) => loadCredentials(tx, till));
  if (kept === null) throw new Error('The till has no credentials');
  const settings = { locationIds: square.externalIdOf(till.shopId) };
  return { ...kept, systemType: 'square' as const, apiEndpoint: square.url, settings };
}

/** What another node is made of: a pool, limits and memory of its own. */
function anotherNode() {
  const db = new Database({ url: server.database.url, connectionsMax: 4 });
  const [clock, metrics, logger] = [server.clock, createMetrics(), createLogger({ level: 'silent' })];
  const addresses = createOutboundAddresses({ allowPrivate: true });
  const calls = createVendorCalls({ limits: createRateLimits(db), addresses, clock, metrics });
  return { db, clock, logger, secrets: server.secrets, calls, addresses, connectors };
}

test('of many runs on two nodes whose token has ended one renews it, and all go on with the new one', async () => {
  const granting = await openSquareShops(server, { credentialsOf: grantOf });
  const nodes = [anotherNode(), anotherNode()];
  try {
    const renewedBefore = granting.square.refreshes();
    server.clock.advance(29 * day);
    const till = await keptTill(granting);
    const signal = new AbortController().signal;
    const opened = await Promise.all(
      Array.from({ length: 20 }, (_, index) => openTill(nodes[index % 2] ?? anotherNode(), till, { signal })),
    );
    expect(granting.square.refreshes()).toBe(renewedBefore + 1);
    const tokens = new Set(opened.map(({ connection }) => connection.credentials['apiKey']));
    expect(tokens.size).toBe(1);
    expect(tokens.has(openCredentials(server.secrets, till)['apiKey'])).toBe(false);
    expect(openCredentials(server.secrets, await keptTill(granting))['apiKey']).toBe([...tokens][0]);
    const [first] = opened;
    if (first === undefined) throw new Error('Nothing was opened');
    expect(await first.connector.tryConnection(first.connection)).toMatchObject({ ok: true });

    // A single-use pair: the refused token that somebody still holds must not be renewed a second time.
    const refused = openCredentials(server.secrets, till);
    const again = await openTill(nodes[0] ?? anotherNode(), await keptTill(granting), { signal, refused });
    expect(again.connection.credentials['apiKey']).toBe([...tokens][0]);
    expect(granting.square.refreshes()).toBe(renewedBefore + 1);
  } finally {
    for (const { db } of nodes) await db.close();
    await server.database.rows('update pos_connections set enabled = false');
    await granting.close();
  }
});

test('a ciphertext that was copied to another row opens nothing there, and the till says that it failed', async () => {
  const shops = await openSquareShops(server, { shops: 2 });
  const [first, second] = shops.tills;
  await server.database.rows(
    `update pos_systems set api_credentials = (select api_credentials from pos_systems where id = $1) where id = $2`,
    [first?.posSystemId, second?.posSystemId],
  );
  expect(await shops.run(second)).toMatchObject({
    failure_kind: 'ours',
    failure_detail: expect.not.stringContaining('EAAA'),
  });
  expect(await shops.run(first)).toMatchObject({ failure_kind: null });
  await server.database.rows('update pos_connections set enabled = false');
  await shops.close();
});

test('a key is replaced under load and no request fails', async () => {
  let ring = [randomBytes(32)];
  const before = createSecrets(ring);
  const running = createSecrets(ring, { reload: () => ring });
  const db = server.database.db;
  const systems = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const made = await server.call('POST', '/v1/pos-systems', {
        body: { locationId: server.till.locationId, systemType: 'custom' },
      });
      return {
        locationId: server.till.locationId,
        posSystemId: String(made.body['id']),
        franchiseId: server.brand.franchiseId,
      };
    }),
  );
  for (const system of systems) {
    await server.database.rows('update pos_systems set api_credentials = $2 where id = $1', [
      system.posSystemId,
      sealCredentials(before, system, { apiKey: `key of ${system.posSystemId}` }),
    ]);
  }
  await server.database.rows('update pos_systems set api_credentials = null where not id = any($1)', [
    systems.map(({ posSystemId }) => posSystemId),
  ]);

  let isRotating = true;
  let read = 0;
  const load = systems.map(async (system) => {
    do {
      const kept = await db.transaction(actor, (tx) => loadCredentials(tx, system));
      if (kept === null) throw new Error('Credentials are gone');
      expect(openCredentials(running, kept)).toEqual({ apiKey: `key of ${system.posSystemId}` });
      read += 1;
    } while (isRotating);
  });
  // Five times over: each new key in front, all credentials moved, the former key taken out.
  for (let count = 0; count < 5; count++) {
    const former = ring;
    ring = [randomBytes(32), ...former];
    const rotating = { db, secrets: createSecrets(ring) };
    while ((await rewrapCredentials(rotating)) > 0);
  }
  isRotating = false;
  await Promise.all(load);
  expect(read).toBeGreaterThan(systems.length);
  const last = createSecrets(ring.slice(0, 1));
  for (const system of systems) {
    const kept = await db.transaction(actor, (tx) => loadCredentials(tx, system));
    expect(kept && openCredentials(last, kept)).toEqual({ apiKey: `key of ${system.posSystemId}` });
  }
});

test('twenty planted secrets are in no row, no line of the log, no event, no metric and no answer', async () => {
  const planted = Array.from({ length: 20 }, (_, index) => `planted-${index}-${randomBytes(12).toString('hex')}`);
  const next = () => planted.pop() ?? '';
  const all = [...planted];
  const shops = await openSquareShops(server);
  const { till, square } = shops;
  const answers: unknown[] = [];
  const call = async (method: string, path: string, body?: object) => {
    const answer = await server.call(method, path, body === undefined ? {} : { body });
    answers.push(answer.body);
    return answer.body;
  };
  const registration = (apiKey: string, part: object = {}) => ({
    ...{ locationId: till.locationId, systemType: 'square', apiEndpoint: square.url },
    credentials: { apiKey, secretKey: next(), ...part },
    settings: { locationIds: square.externalIdOf(till.shopId) },
  });
  // Refused by the vendor, refused for its fields, taken, edited, edited too late, kept by a till that only pushes.
  await call('POST', '/v1/pos-systems', registration(next()));
  await call('POST', '/v1/pos-systems', registration(next(), { unheardOf: next() }));
  await call('POST', `/v1/pos-systems/${till.posSystemId}/disconnect`);
  const made = await call('POST', '/v1/pos-systems', registration(square.accessToken));
  const custom = { locationId: till.locationId, systemType: 'custom' };
  await call('POST', '/v1/pos-systems', {
    ...custom,
    credentials: { apiKey: next(), secretKey: next(), merchantId: next() },
  });
  const edit = (version: number, credentials: object) =>
    server
      .call('PATCH', `/v1/pos-systems/${made['id']}`, {
        body: { credentials },
        headers: { 'if-match': `"${version}"` },
      })
      .then(({ body }) => answers.push(body));
  await edit(1, { apiKey: next(), secretKey: next() });
  await edit(1, { apiKey: next(), secretKey: next() });
  // The vendor refuses it, and quotes what it was sent.
  // The run that the registration set off may have been given what was true before the edit, and may have asked for all
  // there is up to this instant: of none the vendor is not asked again.
  let failed: Record<string, unknown> = { failure_kind: null };
  for (let times = 0; times < 5 && failed['failure_kind'] === null; times++) {
    server.clock.advance(60_000);
    failed = await shops.run({ ...till, posSystemId: String(made['id']) });
  }
  expect(failed['failure_kind']).toBe('unauthorised');
  await call('POST', `/v1/pos-systems/${made['id']}/try`);
  const webhook = await call('POST', '/v1/pos-webhooks', { systemType: 'square', secret: next() });
  await call('POST', `/v1/pos-webhooks/${webhook['id']}/configure`, { secret: next() });
  for (const path of [
    '/v1/pos-systems?limit=500',
    `/v1/pos-systems/${made['id']}`,
    '/v1/pos-webhooks',
    '/v1/sync-conflicts',
  ]) {
    await call('GET', path);
  }
  for (const header of [next(), next()]) {
    await fetch(String(webhook['url']), {
      method: 'POST',
      body: '{}',
      headers: { 'x-square-hmacsha256-signature': header },
    });
  }
  while (planted.length > 0) await call('POST', '/v1/pos-systems', registration(next()));

  const everything = [
    JSON.stringify(answers),
    server.logged.join(''),
    await server.metrics.render(),
    ...(await everyRowOf(server.database)),
  ].join('\n');
  for (const secret of all) {
    for (const form of [secret, Buffer.from(secret).toString('hex'), Buffer.from(secret).toString('base64')]) {
      expect(everything.includes(form), `a planted secret was found: ${secret}`).toBe(false);
    }
  }
  await server.database.rows('update pos_connections set enabled = false');
  await shops.close();
});
