// What registering, editing and trying a till must not do, against vendors on real sockets that behave badly: no secret in
// an answer, a row or the log, whatever a vendor quotes, and no credentials for a server that they were not given for.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { foundBrand, openShop } from '../../../../test/factories/brand.ts';
import { type Answer, codeOf, type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { eventually } from '../../../../test/harness/eventually.ts';
import { everyRowOf } from '../../../../test/harness/every-row.ts';
import { emptyStore, type StubVendor, startStubVendor } from '../../../../test/vendors/stub-vendor.ts';

let server: PosServer;
beforeAll(async () => {
  server = await startPosServer({ poller: { lookMs: 50 }, vendorTimeoutMs: 5_000 });
});
afterAll(() => server.stop());

async function startVendor(answer: StubVendor['answer'] = emptyStore()): Promise<StubVendor> {
  const vendor = await startStubVendor(answer);
  onTestFinished(() => vendor.close());
  return vendor;
}

const apiKey = 'planted/+"secret" of=a till?';
const register = async (body: object): Promise<Answer> =>
  server.call('POST', '/v1/pos-systems', {
    body: {
      ...{ locationId: (await openShop(server.database, server.brand)).locationId, systemType: 'custom' },
      ...{ credentials: { apiKey: 'planted-key' }, settings: { storeId: 'store-1' } },
      syncSettings: { enabled: true, frequencyMinutes: 1_440, autoSync: false },
      ...body,
    },
  });
const idOf = ({ status, body }: Answer): string => {
  expect(status, JSON.stringify(body)).toBe(201);
  return String(body['id']);
};

/** The secret as vendors quote it, each form alone. */
const quotes: readonly ((secret: string) => string)[] = [
  (secret) => `The token ${secret} is unknown`,
  (secret) => `No token=${encodeURIComponent(secret)}&x=1`,
  (secret) => `No token=${encodeURIComponent(secret).replaceAll('%20', '+')}`,
  (secret) => `You sent ${JSON.stringify({ token: secret })}`,
  (secret) => `No Basic ${Buffer.from(secret).toString('base64')}`,
  (secret) => `No Basic ${Buffer.from(`me:${secret}`).toString('base64')}`,
  (secret) => `No Basic ${Buffer.from(`a user:${secret}:`).toString('base64url')}`,
  // Cut in the middle, where a mask behind the cut would no longer know it.
  (secret) => `${'x'.repeat(190)}${secret}`,
];

/** In any form that a reader could turn back: long enough pieces of each. */
function expectHidden(text: string, secret: string): void {
  for (const quote of quotes.slice(0, -1)) {
    const quoted = quote(secret).replace(/^.*?(?:=|Basic |"token":"|token )/, '');
    expect(text).not.toContain(quoted.slice(6, 18));
  }
  expect(text).not.toContain(secret.slice(0, 7));
}

test.each(quotes)('a token that the vendor quotes is in no refusal and no trial (%#)', async (quote) => {
  const vendor = await startVendor(() => ({ status: 403, body: { message: quote(apiKey) } }));
  const refused = await register({ apiEndpoint: vendor.url, credentials: { apiKey } });
  expect(refused).toMatchObject({ status: 422, body: { code: 'pos.connection_failed' } });
  expect(refused.body['detail']).toContain('403');
  const errors = refused.body['errors'] as { readonly message: string }[];
  expectHidden([refused.body['detail'], ...errors.map(({ message }) => message)].join('\n'), apiKey);

  vendor.answer = emptyStore();
  const id = idOf(await register({ apiEndpoint: vendor.url, credentials: { apiKey } }));
  vendor.answer = ({ url }) => ({ status: 400, body: { errors: [{ detail: quote(apiKey) }], path: url.pathname } });
  const tried = await server.call('POST', `/v1/pos-systems/${id}/try`);
  expect(tried.body).toMatchObject({ ok: false, problem: expect.stringContaining('400') });
  expectHidden(String(tried.body['problem']), apiKey);
  expectHidden(server.logged.join('\n'), apiKey);
});

test('a name that is the token is not told either', async () => {
  const vendor = await startVendor(emptyStore({ storeId: 'planted-key' }));
  const refused = await register({ apiEndpoint: vendor.url });
  expect(refused).toMatchObject({ status: 422, body: { code: 'pos.connection_failed' } });
  expect(JSON.stringify(refused.body)).not.toContain('planted-key');
});

test('what a vendor quotes of a renewal is in no row: the till says why it fails without it', async () => {
  const secretKey = 'planted-client-secret';
  const guid = '0b0e1a70-7b0f-4d4c-9c1e-6f2f0f4d8a11';
  const general = { locationName: 'Stub', timeZone: 'America/New_York', currencyCode: 'USD' };
  const works: StubVendor['answer'] = ({ url }) => {
    if (url.pathname.endsWith('/login'))
      return { body: { token: { accessToken: 'planted-access', expiresIn: 86_400 } } };
    return {
      body: url.pathname.startsWith('/restaurants') ? { guid, general } : url.pathname.includes('menus') ? {} : [],
    };
  };
  const vendor = await startVendor(works);
  const credentials = { apiKey: 'planted-client', secretKey };
  const system = { systemType: 'toast', apiEndpoint: vendor.url, settings: { restaurantGuid: guid }, credentials };
  const path = `/v1/pos-systems/${idOf(await register(system))}`;
  vendor.answer = ({ body }) => ({ status: 401, body: { message: `We were sent ${body}` } });
  server.clock.advance(24 * 3_600_000);
  expect((await server.call('POST', `${path}/sync`, { body: {} })).status).toBe(202);
  await eventually(async () => {
    const { body } = await server.call('GET', path);
    expect(body['connection']).toMatchObject({ failure: { detail: expect.stringContaining('We were sent') } });
    expect(JSON.stringify(body)).not.toContain('planted');
  });
  expect((await everyRowOf(server.database)).join('\n')).not.toContain(secretKey);
});

test('credentials that are kept go to no server but the one that they were given for', async () => {
  const vendor = await startVendor();
  const thief = await startVendor();
  const id = idOf(await register({ apiEndpoint: `${vendor.url}/store-1` }));
  const path = `/v1/pos-systems/${id}`;
  const patch = async (body: object) => {
    const { headers } = await server.call('GET', path);
    return server.call('PATCH', path, { body, headers: { 'if-match': headers.get('etag') ?? '' } });
  };
  const refused = await patch({ apiEndpoint: thief.url });
  expect(refused).toMatchObject({
    status: 422,
    body: { code: 'pos.credentials_incomplete', errors: [{ path: 'credentials' }] },
  });
  // Nor in two steps.
  expect((await patch({ apiEndpoint: null })).status).toBe(200);
  expect((await patch({ apiEndpoint: thief.url })).status).toBe(422);
  // Another path of the same server is no other server; another server with its own credentials is a matter of course.
  expect((await patch({ apiEndpoint: `${vendor.url}/store-2`, credentials: { apiKey: 'planted-key' } })).status).toBe(
    200,
  );
  expect((await patch({ apiEndpoint: `${vendor.url}/store-1` })).status).toBe(200);
  expect((await patch({ apiEndpoint: thief.url, credentials: { apiKey: 'other-key' } })).status).toBe(200);
  await server.call('POST', `${path}/try`);
  expect(thief.asked.length).toBeGreaterThan(0);
  expect(JSON.stringify(thief.asked)).not.toContain('planted-key');
});

test('outside this machine a till is asked by https alone', async () => {
  const apiEndpoint = 'http://till.example.com/store-1';
  expect(await codeOf(register({ apiEndpoint }))).toBe('422 pos.address_refused');
  const vendor = await startVendor();
  const path = `/v1/pos-systems/${idOf(await register({ apiEndpoint: vendor.url }))}`;
  const { headers } = await server.call('GET', path);
  const body = { apiEndpoint, credentials: { apiKey: 'another' } };
  const edit = server.call('PATCH', path, { body, headers: { 'if-match': headers.get('etag') ?? '' } });
  expect(await codeOf(edit)).toBe('422 pos.address_refused');
});

test('a shop at a vendor is one till of a brand, until that is disconnected', async () => {
  const vendor = await startVendor();
  const apiEndpoint = `${vendor.url}/maker`;
  const [one, other] = await Promise.all([register({ apiEndpoint }), register({ apiEndpoint: `${apiEndpoint}/` })]);
  expect([one.status, other.status].sort()).toEqual([201, 409]);
  const [made, refused] = one.status === 201 ? [one, other] : [other, one];
  const id = idOf(made);
  expect(refused.body).toMatchObject({ code: 'pos.place_taken', detail: expect.stringContaining(id) });
  // Another store of the server is another shop, and an edit takes no other till's.
  vendor.answer = emptyStore({ storeId: 'store-2' });
  const second = `/v1/pos-systems/${idOf(await register({ apiEndpoint, settings: { storeId: 'store-2' } }))}`;
  const { headers } = await server.call('GET', second);
  const edit = { body: { settings: { storeId: 'store-1' } }, headers: { 'if-match': headers.get('etag') ?? '' } };
  expect(await codeOf(server.call('PATCH', second, edit))).toBe('409 pos.place_taken');
  // Nor another brand's.
  vendor.answer = emptyStore();
  const stranger = await foundBrand(server.database, 'Other');
  const { key } = await server.makeKey(['admin'], { franchiseId: stranger.franchiseId });
  const { locationId } = await openShop(server.database, stranger);
  const body = {
    locationId,
    systemType: 'custom',
    apiEndpoint,
    credentials: { apiKey: 'k' },
    settings: { storeId: 'store-1' },
  };
  expect((await server.call('POST', '/v1/pos-systems', { body, as: key })).status).toBe(201);

  await server.call('POST', `/v1/pos-systems/${id}/pause`);
  expect(await codeOf(register({ apiEndpoint }))).toBe('409 pos.place_taken');
  await server.call('POST', `/v1/pos-systems/${id}/disconnect`);
  expect((await register({ apiEndpoint })).status).toBe(201);
});

test('whom one vendor wants to be left alone by is not kept waiting at another', async () => {
  const tired = await startVendor();
  const well = await startVendor();
  const [slow, quick] = [
    idOf(await register({ apiEndpoint: tired.url })),
    idOf(await register({ apiEndpoint: well.url })),
  ];
  tired.answer = () => ({ status: 429, headers: { 'retry-after': '3600' }, body: {} });
  const attempt = (id: string) => server.call('POST', `/v1/pos-systems/${id}/try`);
  expect((await attempt(slow)).body).toMatchObject({ ok: false });
  expect((await attempt(quick)).body).toEqual({ ok: true, problem: null, field: null });
  // Nobody waits for an hour: it is told, and the vendor is not asked again.
  const asked = tired.asked.length;
  expect((await attempt(slow)).body).toMatchObject({ ok: false, problem: expect.stringContaining('no more requests') });
  expect(tired.asked.length).toBe(asked);
});

/** A Square with these locations, whose token may not ask for `forbidden`. */
function square(locations: readonly object[], forbidden = '/nothing'): StubVendor['answer'] {
  return ({ url }) => {
    if (url.pathname.startsWith(forbidden)) return { status: 403, body: { errors: [{ code: 'INSUFFICIENT_SCOPES' }] } };
    return { body: url.pathname === '/v2/locations' ? { locations } : {} };
  };
}
const location = { id: 'L1', name: 'Counter', status: 'ACTIVE', currency: 'USD', timezone: 'America/New_York' };
const atSquare = { systemType: 'square', credentials: { apiKey: 'planted-key' } };

test.each([
  '/v2/orders/search',
  '/v2/payments',
  '/v2/refunds',
  '/v2/catalog/search',
])('a token of Square that may not ask for %s is refused before the till is kept', async (forbidden) => {
  const { url: apiEndpoint } = await startVendor(square([location], forbidden));
  const refused = await register({ ...atSquare, apiEndpoint, settings: { locationIds: 'L1' } });
  expect(refused).toMatchObject({
    status: 422,
    body: { code: 'pos.connection_failed', detail: expect.stringContaining('lacks the right') },
  });
});

test.each(['transactions', 'refunds', 'items'])('nor is a key that may not read /%s of a till', async (feed) => {
  const works = emptyStore();
  const { url: apiEndpoint } = await startVendor((request) =>
    request.url.pathname.endsWith(feed) ? { status: 403, body: {} } : works(request),
  );
  expect(await codeOf(register({ apiEndpoint }))).toBe('422 pos.connection_failed');
});

test.each([
  ['of another currency', { currency: 'CAD' }, /USD and CAD/],
  ['of another zone', { timezone: 'America/Los_Angeles' }, /America\/Los_Angeles/],
  ['that is closed', { status: 'INACTIVE' }, /inactive/],
])('all locations of a shop are looked at: one %s is refused', async (_, part, told) => {
  const { url: apiEndpoint } = await startVendor(square([location, { ...location, id: 'L2', ...part }]));
  const refused = await register({ ...atSquare, apiEndpoint, settings: { locationIds: 'L1,L2' } });
  expect(refused).toMatchObject({ status: 422, body: { code: 'pos.connection_failed' } });
  expect(refused.body['detail']).toMatch(told);
  expect((await register({ ...atSquare, apiEndpoint, settings: { locationIds: 'L1' } })).status).toBe(201);
});

test('a till keeps the time of its shop, by whatever name', async () => {
  const vendor = await startVendor(emptyStore({ timeZone: 'Asia/Tokyo' }));
  expect(await codeOf(register({ apiEndpoint: vendor.url }))).toBe('422 pos.time_zone_mismatch');
  // The same in winter, and another one in summer.
  vendor.answer = emptyStore({ timeZone: 'America/Panama' });
  expect(await codeOf(register({ apiEndpoint: vendor.url }))).toBe('422 pos.time_zone_mismatch');
  vendor.answer = emptyStore({ timeZone: 'US/Eastern' });
  expect((await register({ apiEndpoint: vendor.url })).status).toBe(201);
});

test('the configuration as it has always been registers a till of Square: who has one location need not name it', async () => {
  const credentials = { apiKey: 'planted-key', merchantId: 'M1' };
  const vendor = await startVendor(square([location, { ...location, id: 'L0', status: 'INACTIVE' }]));
  const made = await register({ ...atSquare, apiEndpoint: vendor.url, credentials, settings: {} });
  expect(made).toMatchObject({ status: 201, body: { settings: { merchantId: 'M1', locationIds: 'L1' } } });
  vendor.answer = square([location, { ...location, id: 'L2', name: 'Kiosk' }]);
  const refused = await register({ ...atSquare, apiEndpoint: vendor.url, credentials, settings: {} });
  expect(refused).toMatchObject({
    status: 422,
    body: {
      code: 'pos.credentials_incomplete',
      detail: expect.stringContaining('L1 (Counter), L2 (Kiosk)'),
      errors: [{ path: 'settings.locationIds' }],
    },
  });
  vendor.answer = () => ({ status: 401, body: { message: 'No planted-key' } });
  const wrong = await register({ ...atSquare, apiEndpoint: vendor.url, credentials, settings: {} });
  expect(wrong).toMatchObject({ status: 422, body: { code: 'pos.connection_failed', errors: [{ path: 'apiKey' }] } });
  expect(JSON.stringify(wrong.body)).not.toContain('planted-key');
});

test('the merchant of a till of Square is found out: webhooks about access and items name nothing else', async () => {
  const vendor = await startVendor(square([{ ...location, merchant_id: 'M7' }]));
  const at = { ...atSquare, apiEndpoint: vendor.url };
  const made = await register({ ...at, settings: { locationIds: 'L1' } });
  expect(made).toMatchObject({ status: 201, body: { settings: { locationIds: 'L1', merchantId: 'M7' } } });
  const [row] = await server.database.rows<{ places: string[] }>(
    'select places from pos_connections where pos_system_id = $1',
    [idOf(made)],
  );
  expect(row?.places).toEqual(['L1', 'M7']);
  await server.call('POST', `/v1/pos-systems/${idOf(made)}/disconnect`);
  // Who says otherwise goes above it, and what was sent as a secret is no setting.
  const own = await register({ ...at, settings: { locationIds: 'L1', merchantId: 'M8' } });
  expect(own.body['settings']).toEqual({ locationIds: 'L1', merchantId: 'M8' });
  await server.call('POST', `/v1/pos-systems/${idOf(own)}/disconnect`);
  vendor.answer = square([{ ...location, merchant_id: 'planted-key' }]);
  const echoed = await register({ ...at, credentials: { apiKey: 'planted-key' }, settings: { locationIds: 'L1' } });
  expect(echoed.body['settings']).toEqual({ locationIds: 'L1' });
});

test('an address with a password, a query or a fragment is refused, and what it held is shown to nobody', async () => {
  const vendor = await startVendor();
  const { host } = new URL(vendor.url);
  const till = idOf(await register({ apiEndpoint: vendor.url }));
  for (const apiEndpoint of [
    `http://me:planted-word@${host}`,
    `http://planted-word@${host}`,
    `${vendor.url}?key=planted-word`,
    `${vendor.url}#planted-word`,
  ]) {
    const refused = await register({ apiEndpoint, settings: { storeId: 'store-1' } });
    expect(refused).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
    const { body } = await server.call('GET', `/v1/pos-systems/${till}`);
    const edited = await server.call('PATCH', `/v1/pos-systems/${till}`, {
      headers: { 'if-match': `"${String(body['version'])}"` },
      body: { apiEndpoint, credentials: { apiKey: 'planted-key' } },
    });
    expect(edited).toMatchObject({ status: 422, body: { code: 'request.invalid' } });
    expect(JSON.stringify([refused.body, edited.body])).not.toContain('planted-word');
  }
  expect((await everyRowOf(server.database)).join('\n')).not.toContain('planted-word');
  expect(server.logged.join('\n')).not.toContain('planted-word');
});

test('a token that no header can carry is named as what is wrong', async () => {
  const vendor = await startVendor();
  for (const apiKey of ['planted\u201ckey\u201d', 'planted\nkey', 'planted\u2028key']) {
    const refused = await register({ apiEndpoint: vendor.url, credentials: { apiKey } });
    expect(refused).toMatchObject({
      status: 422,
      body: { code: 'pos.credentials_incomplete', errors: [{ path: 'credentials.apiKey' }] },
    });
    expect(JSON.stringify(refused.body)).not.toContain('planted');
  }
  // At its end a line break is what copying brings along, and does no harm.
  idOf(await register({ apiEndpoint: vendor.url, credentials: { apiKey: 'planted-key\n' } }));
});

test('a sync of a till that is disconnected ends, and no till has more open than twenty', async () => {
  const vendor = await startVendor();
  const id = idOf(await register({ apiEndpoint: vendor.url }));
  vendor.answer = () => ({ status: 503, body: { message: 'closed' } });
  const ask = () => server.call('POST', `/v1/pos-systems/${id}/sync`, { body: { since: '2026-03-01T00:00:00Z' } });
  const asked = await Promise.all(Array.from({ length: 20 }, ask));
  expect(new Set(asked.map(({ status }) => status))).toEqual(new Set([202]));
  expect(await codeOf(ask())).toBe('409 pos.too_many_syncs');
  await server.call('POST', `/v1/pos-systems/${id}/disconnect`);
  for (const { body } of asked) {
    const sync = await server.call('GET', `/v1/pos-systems/${id}/syncs/${String(body['id'])}`);
    expect(sync.body).toMatchObject({ state: 'failed', failure: 'The till was disconnected.' });
    expect(sync.body['finishedAt']).not.toBeNull();
  }
});
