// A merchant lets us in on the vendor's page: the whole way by HTTP, as a browser goes it, and everything that must not
// lead to a till.
import { startClover, startSquare } from '@tillstream/simulators/vendors';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openShop } from '../../../../test/factories/brand.ts';
import { codeOf, type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { everyRowOf } from '../../../../test/harness/every-row.ts';

let server: PosServer;
beforeAll(async () => {
  server = await startPosServer();
});
afterAll(() => server.stop());

const redirectUrl = 'http://127.0.0.1:4000/back?from=vendor';
const products = [{ sku: 'latte', name: 'Latte', unit: 'piece', priceCents: 450, popularity: 1 }] as const;
const place = { timeZone: 'America/New_York', currency: 'USD', closingHour: 4, products };
const clock = { now: () => server.clock.now().getTime(), sleep: async () => undefined };

async function openSquare({ shops = 1, consent = 'given' as 'given' | 'denied' } = {}) {
  const names = Array.from({ length: shops }, (_, n) => ({ id: `shop-${n}`, name: `Shop ${n}`, ...place }));
  const square = await startSquare({ clock, seed: 'consent', shops: names, switches: { consent } });
  onTestFinished(() => square.close());
  const { locationId } = await openShop(server.database, server.brand);
  const system = { locationId, systemType: 'square', apiEndpoint: square.url, name: 'By consent' };
  return { square, system };
}

const begin = (body: object, as?: string) =>
  server.call('POST', '/v1/pos-systems/consents', {
    body: { redirectUrl, ...body },
    ...(as === undefined ? {} : { as }),
  });
const complete = (body: object, as?: string) =>
  server.call('POST', '/v1/pos-systems/consents/complete', { body, ...(as === undefined ? {} : { as }) });

/** What the merchant's browser comes back with. */
async function goThrough(consentUrl: unknown, more: Record<string, string> = {}): Promise<Record<string, string>> {
  const page = new URL(String(consentUrl));
  for (const [name, value] of Object.entries(more)) page.searchParams.set(name, value);
  const answer = await fetch(page, { redirect: 'manual' });
  const location = answer.headers.get('location') ?? '';
  expect(location.startsWith('http://127.0.0.1:4000/back?from=vendor')).toBe(true);
  return Object.fromEntries(new URL(location).searchParams);
}

const returned = ({ state, code }: Record<string, string>) => ({ state, code });

test('a merchant of Square agrees, and the till is registered with tokens that nobody has seen', async () => {
  const { square, system } = await openSquare();
  const begun = await begin({ system, ...square.app });
  expect(begun.status).toBe(201);
  expect(begun.body['expiresAt']).toBe('2026-03-08T15:15:00.000Z');
  const page = new URL(String(begun.body['consentUrl']));
  expect(page.origin).toBe(square.url);
  expect(page.searchParams.get('scope')).toBe('ORDERS_READ PAYMENTS_READ ITEMS_READ MERCHANT_PROFILE_READ');
  expect(page.searchParams.get('code_challenge')).toBeNull();
  const back = returned(await goThrough(begun.body['consentUrl']));
  const rows = (await everyRowOf(server.database)).join('\n');
  for (const secret of [square.app.clientSecret, back.state ?? '']) {
    expect(rows).not.toContain(secret);
    expect(rows).not.toContain(Buffer.from(secret).toString('hex'));
  }
  const made = await complete(back);
  expect(made.status).toBe(201);
  expect(made.body).toMatchObject({
    locationId: system.locationId,
    name: 'By consent',
    hasCredentials: true,
    // The one location that the merchant has was found out.
    settings: { locationIds: square.externalIdOf('shop-0'), merchantId: square.merchantId },
    connection: { state: 'active' },
  });
  expect((await server.call('POST', `/v1/pos-systems/${made.body['id']}/try`)).body).toMatchObject({ ok: true });
  // Once: neither the state nor the code is good for a second till.
  expect(await codeOf(complete(back))).toBe('404 pos.consent_unknown');
  expect(await server.database.rows('select * from pos_consents')).toEqual([]);
  const said = JSON.stringify([begun.body, made.body, server.logged]);
  for (const secret of [square.app.clientSecret, back.code ?? '', 'EAAA', 'EQAA']) expect(said).not.toContain(secret);
});

test('an app without a secret is held to a verifier that never leaves the server', async () => {
  const { square, system } = await openSquare();
  const { clientId } = square.app;
  const begun = await begin({ system, clientId });
  const page = new URL(String(begun.body['consentUrl']));
  expect(page.searchParams.get('code_challenge')).toMatch(/^[A-Za-z0-9_-]{43}$/);
  // Whoever catches the code on its way can do nothing with it.
  const { code, state } = await goThrough(begun.body['consentUrl']);
  const caught = await fetch(`${square.url}/oauth2/token`, {
    method: 'POST',
    body: JSON.stringify({ client_id: clientId, grant_type: 'authorization_code', code, code_verifier: 'guessed' }),
  });
  expect(caught.status).toBe(401);
  expect(await codeOf(complete({ state, code }))).toBe('422 pos.consent_refused');
  const again = await begin({ system, clientId });
  expect((await complete(returned(await goThrough(again.body['consentUrl'])))).status).toBe(201);
});

test('a merchant of Clover agrees; the browser brings the merchant, and the secret is not kept', async () => {
  const clover = await startClover({ clock, seed: 'consent', shops: [{ id: 'shop', name: 'Shop', ...place }] });
  onTestFinished(() => clover.close());
  const { locationId } = await openShop(server.database, server.brand);
  const system = { locationId, systemType: 'clover', apiEndpoint: clover.url };
  const { clientId } = clover.app;
  expect((await begin({ system, clientId })).body).toMatchObject({
    code: 'pos.credentials_incomplete',
    errors: [{ path: 'clientSecret' }],
  });
  const begun = await begin({ system, ...clover.app });
  const back = await goThrough(begun.body['consentUrl'], { merchant_id: clover.externalIdOf('shop') });
  const made = await complete({ ...returned(back), merchantId: back['merchant_id'] });
  expect(made.body).toMatchObject({ hasCredentials: true, settings: { merchantId: clover.externalIdOf('shop') } });
  expect((await server.call('POST', `/v1/pos-systems/${made.body['id']}/try`)).body).toMatchObject({ ok: true });
});

test('a state is good for who was given it, for a quarter of an hour, and for no other', async () => {
  const { square, system } = await openSquare();
  const other = await server.makeKey(['admin']);
  const stranger = await server.makeKey(['sales:write']);
  expect(await codeOf(begin({ system, ...square.app }, stranger.key))).toBe('403 identity.forbidden');
  const begun = await begin({ system, ...square.app });
  const back = returned(await goThrough(begun.body['consentUrl']));
  expect(await codeOf(complete(back, other.key))).toBe('404 pos.consent_unknown');
  expect(await codeOf(complete({ ...back, state: `${back.state}x` }))).toBe('404 pos.consent_unknown');
  expect(await codeOf(complete({ ...back, state: 'not even a shop' }))).toBe('404 pos.consent_unknown');
  // Somebody else's attempt has not used it up.
  const made = await complete(back);
  expect(made.status).toBe(201);
  await server.call('POST', `/v1/pos-systems/${made.body['id']}/disconnect`);

  const late = returned(await goThrough((await begin({ system, ...square.app })).body['consentUrl']));
  server.clock.advance(15 * 60_000);
  expect(await codeOf(complete(late))).toBe('404 pos.consent_unknown');
  // Of two who come back at the same moment one has it.
  const raced = returned(await goThrough((await begin({ system, ...square.app })).body['consentUrl']));
  const statuses = (await Promise.all([complete(raced), complete(raced)])).map(({ status }) => status).sort();
  expect(statuses).toEqual([201, 404]);
});

test('what cannot become a till says why: a denial, a make without a page, a merchant of many places', async () => {
  const denied = await openSquare({ consent: 'denied' });
  const begun = await begin({ system: denied.system, ...denied.square.app });
  expect(await goThrough(begun.body['consentUrl'])).toMatchObject({ error: 'access_denied' });

  const { square, system } = await openSquare({ shops: 2 });
  expect(await codeOf(begin({ system: { ...system, systemType: 'toast' }, ...square.app }))).toBe(
    '422 pos.consent_not_offered',
  );
  expect(await codeOf(begin({ ...square.app }))).toBe('422 request.invalid');
  const back = await goThrough((await begin({ system, ...square.app })).body['consentUrl']);
  expect((await complete(returned(back))).body).toMatchObject({
    code: 'pos.consent_refused',
    detail: expect.stringContaining(`${square.externalIdOf('shop-1')} (Shop 1)`),
  });
  const chosen = { ...system, settings: { locationIds: square.externalIdOf('shop-1') } };
  const wrong = { ...square.app, clientSecret: 'a-wrong-secret' };
  const refused = await complete(
    returned(await goThrough((await begin({ system: chosen, ...wrong })).body['consentUrl'])),
  );
  expect(refused.body['code']).toBe('pos.consent_refused');
  expect(JSON.stringify(refused.body)).not.toContain('a-wrong-secret');
  const taken = await complete(
    returned(await goThrough((await begin({ system: chosen, ...square.app })).body['consentUrl'])),
  );
  expect(taken.body).toMatchObject({ settings: { locationIds: square.externalIdOf('shop-1') } });
});

test('a merchant who has cut the connection lets us in again, and the till is the same', async () => {
  const { square, system } = await openSquare();
  const made = await complete(returned(await goThrough((await begin({ system, ...square.app })).body['consentUrl'])));
  const { id } = made.body;
  square.revokeAccess();
  expect((await server.call('POST', `/v1/pos-systems/${id}/try`)).body).toMatchObject({ ok: false });
  await server.call('POST', `/v1/pos-systems/${id}/disconnect`);
  const begun = await begin({ posSystemId: id, ...square.app });
  const again = await complete(returned(await goThrough(begun.body['consentUrl'])));
  expect(again.body).toMatchObject({ id, hasCredentials: true, connection: { state: 'active' } });
  expect((await server.call('POST', `/v1/pos-systems/${id}/try`)).body).toMatchObject({ ok: true });
});
