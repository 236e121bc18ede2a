// Rights are granted list by list at the vendors: a till whose key may not read one that is needed is refused when it is
// registered, and not at every run. What is needed is what a till's first run asks for.
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { openShop } from '../../../../test/factories/brand.ts';
import { type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { eventually } from '../../../../test/harness/eventually.ts';
import { type StubAnswer, type StubRequest, startStubVendor } from '../../../../test/vendors/stub-vendor.ts';

let server: PosServer;
beforeAll(async () => {
  server = await startPosServer({ poller: { lookMs: 50 }, vendorTimeoutMs: 5_000 });
});
afterAll(() => server.stop());

const at = '2026-03-08T14:59:30.000+0000';
const order = {
  ...{ id: 'O1', modifiedTime: Date.parse(at), createdTime: Date.parse(at), state: 'locked', total: 300 },
  lineItems: { elements: [{ id: 'LI1', name: 'Tea', price: 300 }] },
};
const guid = 'f9ceeb2b-a9dc-43ec-a37e-be69fc6775e1';

/** Each with a shop in which something is sold, so that a run has reason to ask for all it may ever ask for. */
const makes = {
  clover: {
    wish: { credentials: { apiKey: 'a-key' }, settings: { merchantId: 'MID' } },
    answer({ url: { pathname } }: StubRequest): object {
      if (pathname.endsWith('/MID')) return { id: 'MID', name: 'Shop' };
      if (pathname.endsWith('/properties')) return { defaultCurrency: 'USD', timezone: 'America/New_York' };
      return { elements: pathname.endsWith('/orders') ? [order] : [] };
    },
  },
  toast: {
    wish: { credentials: { apiKey: 'client', secretKey: 'secret' }, settings: { restaurantGuid: guid } },
    answer({ url: { pathname } }: StubRequest): object {
      const general = { name: 'Shop', timeZone: 'America/New_York', currencyCode: 'USD' };
      if (pathname.endsWith('/login')) return { token: { accessToken: 'AT', expiresIn: 86_400 }, status: 'SUCCESS' };
      if (pathname.startsWith('/restaurants')) return { guid, general };
      if (pathname.endsWith('/metadata')) return { lastUpdated: at };
      return pathname.startsWith('/menus') ? { menus: [] } : [];
    },
  },
} as const;
type Make = keyof typeof makes;

/** Registers a till at a vendor that answers `deny` of the paths that end so. */
async function register(
  make: Make,
  denied: string | null,
  deny: StubAnswer = { status: 403, body: { message: 'no' } },
) {
  const { wish, answer } = makes[make];
  const vendor = await startStubVendor((asked) =>
    denied !== null && asked.url.pathname.endsWith(denied) ? deny : { body: answer(asked) },
  );
  onTestFinished(() => vendor.close());
  const { locationId } = await openShop(server.database, server.brand);
  const body = { locationId, systemType: make, apiEndpoint: vendor.url, ...wish };
  return { vendor, answer: await server.call('POST', '/v1/pos-systems', { body }) };
}

/** The last word of each path that the till's runs ask for until one has ended well. */
async function askedByRuns(make: Make): Promise<string[]> {
  const { vendor, answer } = await register(make, null);
  expect(answer).toMatchObject({ status: 201 });
  const path = `/v1/pos-systems/${answer.body['id']}`;
  const tried = vendor.asked.length;
  await eventually(async () => {
    const { body } = await server.call('GET', path);
    expect(body['connection']).toMatchObject({ succeededAt: expect.any(String), failure: null });
  });
  await server.call('POST', `${path}/disconnect`);
  const asked = vendor.asked.slice(tried).map(({ url }) => `/${url.pathname.split('/').at(-1)}`);
  return [...new Set(asked)].filter((each) => each !== '/login');
}

test.each([
  'clover',
  'toast',
] as const)('a key that may not read what a till of %s needs is refused at once', async (make) => {
  const needed = await askedByRuns(make);
  expect(needed.length).toBeGreaterThan(make === 'clover' ? 5 : 1);
  for (const path of needed) {
    // Toast grants all of the menus by one scope, of which the newest change is asked.
    const { answer } = await register(make, path === '/menus' ? '/metadata' : path);
    expect([path, answer.status, answer.body['code']]).toEqual([path, 422, 'pos.connection_failed']);
    expect(answer.body['detail']).toContain('lacks the right');
  }
});

test('a list that Clover does not have is none that a key must be able to read', async () => {
  expect((await register('clover', '/credits', { status: 404, body: {} })).answer.status).toBe(201);
});
