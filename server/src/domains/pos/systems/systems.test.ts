// Tills over HTTP: who may register and read them, and where their credentials are not.
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { foundBrand, openShop } from '../../../../test/factories/brand.ts';
import { codeOf, type PosServer, readAll, startPosServer } from '../../../../test/factories/pos-server.ts';
import { credentialsPlace } from '../credentials/sealed-credentials.ts';

let server: PosServer;
beforeAll(async () => {
  server = await startPosServer();
});
afterAll(() => server.stop());

const system = (part: object = {}) => ({ locationId: server.till.locationId, systemType: 'custom', ...part });

test('a till is registered with its settings, read, and listed', async () => {
  const shop = await openShop(server.database, server.brand);
  const settings = { enabled: false, frequencyMinutes: 60, autoSync: false };
  const made = await server.call('POST', '/v1/pos-systems', {
    body: { locationId: shop.locationId, systemType: 'custom', name: 'Front', syncSettings: settings },
  });
  expect(made.status).toBe(201);
  expect(made.headers.get('etag')).toBe('"1"');
  expect(made.body).toEqual({
    id: expect.any(String),
    locationId: shop.locationId,
    franchiseId: server.brand.franchiseId,
    franchiseeId: null,
    name: 'Front',
    systemType: 'custom',
    apiEndpoint: null,
    hasCredentials: false,
    settings: {},
    syncSettings: settings,
    connection: null,
    createdAt: '2026-03-08T15:00:00.000Z',
    updatedAt: '2026-03-08T15:00:00.000Z',
    version: 1,
  });
  expect((await server.call('GET', `/v1/pos-systems/${String(made.body['id'])}`)).body).toEqual(made.body);
  const found = await readAll((path) => server.call('GET', path), '/v1/pos-systems?limit=1');
  expect(found).toContainEqual(made.body);
});

test('credentials are kept sealed for their row, and are in no answer, log or event', async () => {
  const credentials = { apiKey: 'planted-secret-one', secretKey: 'planted-secret-two', merchantId: 'planted-three' };
  const made = await server.call('POST', '/v1/pos-systems', { body: system({ credentials }) });
  expect(made.body).toMatchObject({ hasCredentials: true });
  const read = await server.call('GET', `/v1/pos-systems/${String(made.body['id'])}`);
  const listed = await server.call('GET', '/v1/pos-systems?limit=500');
  expect(JSON.stringify([made.body, read.body, listed.body, server.logged])).not.toContain('planted');
  const [row] = await server.database.rows('select * from pos_systems where id = $1', [made.body['id']]);
  const sealed: Buffer = row?.['api_credentials'];
  expect(sealed.toString('latin1')).not.toContain('planted');
  const place = {
    franchiseId: server.brand.franchiseId,
    locationId: server.till.locationId,
    posSystemId: String(made.body['id']),
  };
  expect(JSON.parse(server.secrets.openText(sealed, credentialsPlace(place)))).toEqual(credentials);
  expect(() => server.secrets.openText(sealed, credentialsPlace({ ...place, posSystemId: server.till.id }))).toThrow();
  const [{ told } = { told: '' }] = await server.database.rows(
    `select coalesce(string_agg(e::text, ''), '') as told from sync_events e`,
  );
  expect(told).not.toContain('planted');
});

test('what cannot be registered says why', async () => {
  const answers = (part: object, options: { as?: string } = {}) =>
    codeOf(server.call('POST', '/v1/pos-systems', { body: system(part), ...options }));
  for (const systemType of ['square', 'clover', 'toast']) {
    expect(await answers({ systemType })).toBe('422 pos.credentials_incomplete');
  }
  expect(await answers({ systemType: 'abacus' })).toBe('422 request.invalid');
  expect(await answers({ colour: 'red' })).toBe('422 request.unknown_field');
  expect(await answers({ apiEndpoint: 'javascript:alert(1)' })).toBe('422 request.invalid');
  expect(await answers({ syncSettings: { enabled: true, autoSync: true, frequencyMinutes: 0 } })).toBe(
    '422 request.invalid',
  );
  expect(await answers({ locationId: uuidv7() })).toBe('404 identity.location_not_found');
  expect(await answers({}, { as: (await server.makeKey(['sales:write'])).key })).toBe('403 identity.forbidden');
});

test("another brand's tills are not there", async () => {
  const stranger = (
    await server.makeKey(['admin'], { franchiseId: (await foundBrand(server.database, 'Other')).franchiseId })
  ).key;
  expect(await codeOf(server.call('GET', `/v1/pos-systems/${server.till.id}`, { as: stranger }))).toBe(
    '404 pos.system_not_found',
  );
  expect(await codeOf(server.call('GET', `/v1/pos-systems/${server.till.id}/unmapped`, { as: stranger }))).toBe(
    '404 pos.system_not_found',
  );
  expect((await server.call('GET', '/v1/pos-systems', { as: stranger })).body).toEqual({ items: [], nextCursor: null });
  const body = { locationId: server.till.locationId, systemType: 'custom' };
  expect(await codeOf(server.call('POST', '/v1/pos-systems', { body, as: stranger }))).toBe(
    '404 identity.location_not_found',
  );
  expect(await codeOf(server.call('GET', '/v1/pos-systems/not-an-id'))).toBe('404 request.not_found');
});
