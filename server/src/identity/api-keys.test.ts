import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type IdentityServer, namesIn, startIdentityServer } from '../../test/harness/identity-server.ts';

let server: IdentityServer;
let tree: IdentityServer['tree'];
let call: IdentityServer['call'];
let person: IdentityServer['person'];
let key: IdentityServer['key'];

beforeAll(async () => {
  server = await startIdentityServer();
  ({ tree, call, person, key } = server);
});
afterAll(() => server.stop());

const admin = () => person({ role: 'franchise_admin', franchiseId: tree.brand.id });
const franchisee = () => person({ role: 'franchisee', franchiseeId: tree.firm.id });

describe('API keys', () => {
  const make = (token: string, request: object) => call('POST /v1/api-keys', token, { name: 'till', ...request });

  test('are made, listed without their secret, and revoked at once', async () => {
    const token = await admin();
    const expiresAt = '2026-04-01T00:00:00.000Z';
    const request = { scopes: ['realtime:read', 'realtime:read'], locationIds: [tree.astoria.id], expiresAt };
    const made = await make(token, request);
    expect(made.status).toBe(201);
    const { key: secret, ...shown } = made.body;
    expect(shown).toMatchObject({
      scopes: ['realtime:read'],
      locationIds: [tree.astoria.id],
      expiresAt,
      revokedAt: null,
    });
    expect(secret).toMatch(new RegExp(`^${shown['prefix']}_[A-Za-z0-9_-]{43}$`));
    const listed = await call('GET /v1/api-keys', token);
    expect((listed.body['items'] as unknown[])[0]).toEqual(shown);
    expect(JSON.stringify(listed.body)).not.toContain(String(secret).slice(-43));
    expect((await call('GET /v1/me', String(secret))).status).toBe(200);

    const { status, body } = await call(`DELETE /v1/api-keys/${shown['id']}`, token);
    expect([status, body]).toEqual([204, {}]);
    const after = await call('GET /v1/me', String(secret));
    expect([after.status, after.body['code']]).toEqual([401, 'identity.key_revoked']);
    expect((await call(`DELETE /v1/api-keys/${shown['id']}`, token)).status).toBe(204);
    const [first] = (await call('GET /v1/api-keys', token)).body['items'] as { revokedAt: string }[];
    expect(first?.revokedAt).toBe(server.clock.now().toISOString());
  });

  test('of a franchisee are its own without saying so, and cannot reach further', async () => {
    const token = await franchisee();
    const own = await make(token, { scopes: ['sales:write'] });
    expect([own.status, own.body['franchiseeId']]).toEqual([201, tree.firm.id]);
    const refused = async (request: object) => {
      const { status, body } = await make(token, { scopes: ['sales:write'], ...request });
      return [status, body['code']];
    };
    expect(await refused({ franchiseeId: tree.rival.id })).toEqual([403, 'identity.forbidden']);
    expect(await refused({ locationIds: [tree.astoria.id, tree.bronx.id] })).toEqual([
      404,
      'identity.location_not_found',
    ]);
    expect(await refused({ locationIds: [tree.foreign.id] })).toEqual([404, 'identity.location_not_found']);
    expect(await refused({ franchiseId: tree.other.id })).toEqual([404, 'identity.franchise_not_found']);
    expect(await refused({ scopes: ['admin'] })).toEqual([403, 'identity.exceeds_own_rights']);
    expect(await refused({ scopes: [] })).toEqual([422, 'request.invalid']);
    expect(await refused({ scopes: ['everything'] })).toEqual([422, 'request.invalid']);
    expect(await refused({ locationIds: [] })).toEqual([422, 'request.invalid']);
    const useless = { scopes: ['keys:manage'], locationIds: [tree.astoria.id] };
    expect(await refused(useless)).toEqual([422, 'identity.scope_needs_franchisee']);
    expect(await refused({ expiresAt: '2026-03-02T09:00:00Z' })).toEqual([422, 'identity.expiry_in_the_past']);
    expect(await refused({ secretHash: 'x' })).toEqual([422, 'request.unknown_field']);
  });

  test('cannot give more than they have: no scope, no place, no later end', async () => {
    const expiresAt = new Date('2026-03-10T00:00:00Z');
    const maker = await key(['keys:manage', 'sales:write'], { expiresAt });
    const refused = async (token: string, request: object) => (await make(token, request)).body['code'];
    const until = { expiresAt: expiresAt.toISOString() };
    expect((await make(maker, { scopes: ['sales:write'], ...until })).status).toBe(201);
    expect(await refused(maker, { scopes: ['inventory:write'], ...until })).toBe('identity.exceeds_own_rights');
    expect(await refused(maker, { scopes: ['sales:write'] })).toBe('identity.exceeds_own_rights');
    const later = { expiresAt: '2026-03-10T00:00:01Z' };
    expect(await refused(maker, { scopes: ['sales:write'], ...later })).toBe('identity.exceeds_own_rights');
    const forShops = await key(['admin'], { locationIds: [tree.astoria.id] });
    expect(await refused(forShops, { scopes: ['sales:write'] })).toBe('identity.forbidden');
    expect(await refused(forShops, { scopes: ['sales:write'], locationIds: [tree.astoria.id] })).toBe(
      'identity.forbidden',
    );
    expect(await refused(await key(['inventory:write']), { scopes: ['inventory:read'] })).toBe('identity.forbidden');
    expect(await refused(await key(['admin']), { scopes: ['admin'] })).toBeUndefined();
  });

  test('of others are not there to be revoked or listed', async () => {
    const brandKey = await make(await admin(), { scopes: ['admin'] });
    const rivalKey = await make(await admin(), { scopes: ['sales:write'], franchiseeId: tree.rival.id });
    const token = await franchisee();
    for (const { body } of [brandKey, rivalKey]) {
      const answer = await call(`DELETE /v1/api-keys/${body['id']}`, token);
      expect([answer.status, answer.body['code']]).toEqual([404, 'identity.api_key_not_found']);
    }
    const listed = (await call('GET /v1/api-keys', token)).body['items'] as { franchiseeId: string }[];
    expect(new Set(listed.map(({ franchiseeId }) => franchiseeId))).toEqual(new Set([tree.firm.id]));
    const manager = await person({ role: 'location_manager', locationId: tree.astoria.id });
    expect(await call('GET /v1/api-keys', manager)).toMatchObject({
      status: 403,
      body: { code: 'identity.forbidden' },
    });
    expect((await call('GET /v1/me', String(brandKey.body['key']))).status).toBe(200);
  });

  test('come in pages, newest first', async () => {
    const token = await admin();
    for (const name of ['one', 'two', 'three']) await make(token, { name, scopes: ['realtime:read'] });
    const first = await call('GET /v1/api-keys?limit=2', token);
    expect(namesIn(first)).toEqual(['three', 'two']);
    const second = await call(`GET /v1/api-keys?limit=1&after=${first.body['nextCursor']}`, token);
    expect(namesIn(second)).toEqual(['one']);
  });
});
