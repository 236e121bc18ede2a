import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IdentityServer, namesIn, startIdentityServer } from '../../test/harness/identity-server.ts';
import { backgroundActor } from '../platform/actor.ts';
import { createFranchise } from './create-franchise.ts';
import { createLocation } from './create-location.ts';

let server: IdentityServer;
let tree: IdentityServer['tree'];
let call: IdentityServer['call'];
let person: IdentityServer['person'];
let key: IdentityServer['key'];

beforeAll(async () => {
  server = await startIdentityServer((app) => {
    app.get('/v1/open', { config: { public: true } }, async () => ({ open: true }));
    app.get('/v1/confused', { config: { public: true } }, async (request) => request.caller.id);
  });
  ({ tree, call, person, key } = server);
});
afterAll(() => server.stop());

const admin = () => person({ role: 'franchise_admin', franchiseId: tree.brand.id });
const franchisee = () => person({ role: 'franchisee', franchiseeId: tree.firm.id });

describe('a route under /v1', () => {
  test('needs a credential, in a Bearer header, and says so before it looks at the rest', async () => {
    for (const [method, path] of [
      ['GET', '/v1/me'],
      ['GET', '/v1/locations?limit=0'],
      ['POST', '/v1/locations'],
      ['DELETE', '/v1/api-keys/x'],
    ] as const) {
      const { status, headers, body } = await call(`${method} ${path}`);
      expect([status, body['code']], path).toEqual([401, 'identity.missing_credentials']);
      expect(headers.get('www-authenticate')).toBe('Bearer');
    }
    for (const authorization of ['Basic YTpi', 'Bearer', 'Bearer a b', 'tsk_x']) {
      const response = await fetch(new URL('/v1/me', server.url), { headers: { authorization } });
      expect([response.status, ((await response.json()) as { code: string }).code]).toEqual([
        401,
        'identity.missing_credentials',
      ]);
    }
    const wrong = await call('GET /v1/me', 'letmein');
    expect([wrong.status, wrong.body['code']]).toEqual([401, 'identity.invalid_token']);
  });

  test('answers a stranger before it has read the body', async () => {
    const body = '{"name":"'.padEnd(900_000, 'x');
    const response = await fetch(new URL('/v1/locations', server.url), {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body,
    });
    expect(((await response.json()) as { code: string }).code).toBe('identity.missing_credentials');
  });

  test('answers without one only where it is marked public, and then has no caller to ask', async () => {
    expect(await call('GET /v1/open')).toMatchObject({ status: 200, body: { open: true } });
    expect((await call('GET /v1/confused', await admin())).status).toBe(500);
  });

  test('that does not exist is 404 for everybody', async () => {
    expect((await call('GET /v1/nothing')).status).toBe(404);
  });
});

describe('GET /v1/me', () => {
  test('tells a person who it is and where it stands', async () => {
    const token = await person(
      { role: 'location_manager', locationId: tree.astoria.id },
      { role: 'staff', locationId: tree.bronx.id },
    );
    const { status, body } = await call('GET /v1/me', token);
    expect(status).toBe(200);
    expect(body).toEqual({
      actor: { kind: 'user', id: expect.any(String), name: 'Ada' },
      memberships: [
        {
          role: 'location_manager',
          franchiseId: tree.brand.id,
          franchiseeId: tree.firm.id,
          locationId: tree.astoria.id,
        },
        { role: 'staff', franchiseId: tree.brand.id, franchiseeId: tree.rival.id, locationId: tree.bronx.id },
      ],
      key: null,
      expiresAt: new Date(server.clock.now().getTime() + 86_400_000).toISOString(),
    });
  });

  test('tells a key its name, scopes and place', async () => {
    const { body } = await call('GET /v1/me', await key(['sales:write'], { locationIds: [tree.astoria.id] }));
    expect(body).toEqual({
      actor: { kind: 'key', id: expect.any(String), name: 'key' },
      memberships: [],
      key: {
        scopes: ['sales:write'],
        franchiseId: tree.brand.id,
        franchiseeId: null,
        locationIds: [tree.astoria.id],
      },
      expiresAt: null,
    });
  });

  test('works for a person without any membership, who sees no place', async () => {
    const token = await person();
    expect((await call('GET /v1/me', token)).body['memberships']).toEqual([]);
    expect(await call('GET /v1/locations', token)).toMatchObject({
      status: 403,
      body: { code: 'identity.forbidden' },
    });
  });
});

describe('the lists of places', () => {
  test('show each caller its own, by name', async () => {
    const lists = async (token: string) => {
      const of = async (path: string) => namesIn(await call(`GET ${path}`, token));
      return [await of('/v1/franchises'), await of('/v1/franchisees'), await of('/v1/locations')];
    };
    expect(await lists(await admin())).toEqual([
      ['Maven'],
      ['Firm', 'Rival'],
      ['Astoria', 'Bronx', 'Flagship', 'Harlem'],
    ]);
    expect(await lists(await franchisee())).toEqual([['Maven'], ['Firm'], ['Astoria', 'Harlem']]);
    expect(await lists(await person({ role: 'staff', locationId: tree.bronx.id }))).toEqual([
      ['Maven'],
      ['Rival'],
      ['Bronx'],
    ]);
    const till = await key(['sales:write'], { locationIds: [tree.flagship.id, tree.harlem.id] });
    expect(await lists(till)).toEqual([['Maven'], ['Firm'], ['Flagship', 'Harlem']]);
  });

  test('come in pages that neither skip nor repeat, also among equal names', async () => {
    const brand = await server.database.db.transaction(backgroundActor('test'), async (tx) => {
      const { id } = await createFranchise(tx, { name: 'Pages', currency: 'USD' });
      for (const name of ['b', 'a', 'Ä', 'b', 'B', 'b', 'z']) {
        await createLocation(tx, { franchiseId: id, name, timeZone: 'Asia/Kolkata' });
      }
      return id;
    });
    const token = await person({ role: 'franchise_admin', franchiseId: brand });
    const seen: { id: string; name: string }[] = [];
    for (let after: string | null = ''; after !== null; ) {
      const { body } = await call(`GET /v1/locations?limit=2${after && `&after=${after}`}`, token);
      seen.push(...(body['items'] as typeof seen));
      after = body['nextCursor'] as string | null;
    }
    expect(seen.map(({ name }) => name)).toEqual(['B', 'a', 'b', 'b', 'b', 'z', 'Ä']);
    expect(new Set(seen.map(({ id }) => id)).size).toBe(7);
    const { body } = await call('GET /v1/locations?limit=1', token);
    const elsewhere = await call(`GET /v1/franchises?after=${body['nextCursor']}`, token);
    expect([elsewhere.status, elsewhere.body['code']]).toEqual([422, 'request.invalid_cursor']);
  });
});

describe('a location', () => {
  test('is shown with its version as ETag, and another tenant’s is not there', async () => {
    const token = await franchisee();
    const { status, headers, body } = await call(`GET /v1/locations/${tree.astoria.id}`, token);
    expect([status, headers.get('etag')]).toEqual([200, '"1"']);
    expect(body).toMatchObject({
      id: tree.astoria.id,
      franchiseId: tree.brand.id,
      franchiseeId: tree.firm.id,
      name: 'Astoria',
      timeZone: 'America/New_York',
      currency: 'USD',
      closingHour: 4,
      version: 1,
    });
    for (const { id } of [tree.bronx, tree.flagship, tree.foreign]) {
      const foreign = await call(`GET /v1/locations/${id}`, token);
      expect([foreign.status, foreign.body['code']]).toEqual([404, 'identity.location_not_found']);
    }
    expect((await call('GET /v1/locations/1', token)).status).toBe(404);
  });

  test('is opened by the brand, for itself or for one of its franchisees', async () => {
    const request = { name: ' Queens ', timeZone: 'America/New_York', franchiseeId: tree.firm.id, closingHour: 0 };
    const { status, body, headers } = await call('POST /v1/locations', await admin(), request);
    expect([status, headers.get('etag')]).toEqual([201, '"1"']);
    expect(headers.get('location')).toBe(`/v1/locations/${body['id']}`);
    expect(body).toMatchObject({ name: 'Queens', franchiseeId: tree.firm.id, currency: 'USD', closingHour: 0 });
    expect(namesIn(await call('GET /v1/locations', await franchisee()))).toContain('Queens');
    await server.database.rows('delete from locations where id = $1', [body['id']]);
  });

  test('is not opened in a currency whose smallest coins the books cannot hold', async () => {
    const open = async (currency: string) => {
      const body = { name: currency, timeZone: 'America/New_York', currency };
      const answer = await call('POST /v1/locations', await admin(), body);
      return [answer.status, answer.body['code']];
    };
    expect(await open('KWD')).toEqual([422, 'request.invalid']);
    expect(await open('CLF')).toEqual([422, 'request.invalid']);
    for (const currency of ['HUF', 'JPY', 'USD']) expect(await open(currency)).toEqual([201, undefined]);
  });

  test('is not opened by franchisees, nor by the brand elsewhere', async () => {
    const shop = { name: 'X', timeZone: 'America/New_York' };
    const refused = async (token: string, body: object) => {
      const answer = await call('POST /v1/locations', token, { ...shop, ...body });
      return [answer.status, answer.body['code']];
    };
    const [byFirm, byAdmin] = [await franchisee(), await admin()];
    expect(await refused(byFirm, { franchiseeId: tree.firm.id })).toEqual([403, 'identity.forbidden']);
    expect(await refused(await key(['pos:manage']), {})).toEqual([403, 'identity.forbidden']);
    expect(await refused(byAdmin, { franchiseId: tree.other.id })).toEqual([404, 'identity.franchise_not_found']);
    const strangeFirm = { franchiseeId: tree.brand.id };
    expect(await refused(byAdmin, strangeFirm)).toEqual([404, 'identity.franchisee_not_found']);
    const ofTwo = await person(
      { role: 'franchise_admin', franchiseId: tree.brand.id },
      { role: 'franchise_admin', franchiseId: tree.other.id },
    );
    expect(await refused(ofTwo, {})).toEqual([422, 'identity.franchise_required']);
  });

  test.each([
    [{ timeZone: 'America/new_york' }, 'identity.unknown_time_zone'],
    [{ timeZone: 'EST5EDT4' }, 'identity.unknown_time_zone'],
    [{ timeZone: '+02:00' }, 'identity.unknown_time_zone'],
    // PostgreSQL lists these, JavaScript does not; then the other way round.
    [{ timeZone: 'Factory' }, 'identity.unknown_time_zone'],
    [{ timeZone: 'posixrules' }, 'identity.unknown_time_zone'],
    [{ timeZone: 'utc' }, 'identity.unknown_time_zone'],
    [{ timeZone: "UTC'; drop table users; --" }, 'identity.unknown_time_zone'],
    [{ timeZone: 'x'.repeat(65) }, 'request.invalid'],
    [{ currency: 'usd' }, 'request.invalid'],
    [{ currency: 'ZZZ' }, 'request.invalid'],
    [{ closingHour: 24 }, 'request.invalid'],
    [{ closingHour: 4.5 }, 'request.invalid'],
    [{ closingHour: '4' }, 'request.invalid'],
    [{ name: '   ' }, 'request.invalid'],
    [{ name: 'x'.repeat(201) }, 'request.invalid'],
    [{ franchiseeId: 'x' }, 'request.invalid'],
    [{ version: 7 }, 'request.unknown_field'],
  ])('is refused with %j', async (change, code) => {
    const request = { name: 'X', timeZone: 'America/New_York', ...change };
    const { status, body } = await call('POST /v1/locations', await admin(), request);
    expect([status, body['code']]).toEqual([422, code]);
  });
});

test('every route says in openapi.json what it may refuse', () => {
  const document = JSON.stringify(server.app.swagger());
  for (const code of ['identity.forbidden', 'identity.exceeds_own_rights', 'identity.location_not_found']) {
    expect(document).toContain(code);
  }
});
