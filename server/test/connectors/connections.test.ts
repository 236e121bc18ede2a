/**
 * What connectors do besides reading sales, against the simulated vendors: a connection that is tried, tokens that are
 * renewed, and webhooks that bear the vendors' own signatures.
 */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SimulatedTills } from '@tillstream/simulators/vendors';
import { afterEach, describe, expect, test } from 'vitest';
import type { Connection, VerifiedWebhook, WebhookDelivery } from '../../src/domains/pos/connectors/connector.ts';
import { VendorFailure } from '../../src/domains/pos/connectors/vendor-failure.ts';
import { clover } from './clover.ts';
import { custom } from './custom.ts';
import { latte } from './player.ts';
import { square } from './square.ts';
import { toast } from './toast.ts';
import { type Make, minute, noon, standUp } from './vendor-ground.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

/** Ready to ask: with the token that a login gives, where a make needs one. */
async function connected<Tills extends SimulatedTills, Switches>(make: Make<Tills, Switches>) {
  const { clock, tills, connectionOf, booksOf } = await standUp(make);
  closing.push(() => tills.close());
  const { connection } = await booksOf('shop-1');
  return { clock, tills, connection, connectionOf };
}

const places = { square: 'locationIds', clover: 'merchantId', toast: 'restaurantGuid', custom: 'storeId' } as const;
const tokens = { square: 'apiKey', clover: 'apiKey', toast: 'accessToken', custom: 'apiKey' } as const;

describe.each([
  ['square', () => connected(square), square],
  ['clover', () => connected(clover), clover],
  ['toast', () => connected(toast), toast],
  ['custom', () => connected(custom), custom],
] as const)('%s: a connection that is tried', (name, connect, { connector }) => {
  test('tells the shop as the vendor knows it', async () => {
    const { connection } = await connect();
    const tried = await connector.tryConnection(connection);
    expect(tried).toMatchObject({
      ok: true,
      facts: { locationName: 'Union Square', currency: 'USD', timeZone: 'America/New_York' },
    });
    expect(connector.credentials.safeParse(connection.credentials).error).toBeUndefined();
    expect(connector.settings.safeParse(connection.settings).error).toBeUndefined();
  });

  test('with a wrong token, place or address says in words what to correct, and never the token', async () => {
    const { connection } = await connect();
    const token = tokens[name];
    const wrong = { ...connection, credentials: { ...connection.credentials, [token]: 'wrong-token-0123456789' } };
    const place = name === 'toast' ? '00000000-0000-4000-8000-000000000000' : 'NOWHERE';
    const elsewhere = { ...connection, settings: { ...connection.settings, [places[name]]: place } };
    const dead = { ...connection, endpoint: 'http://127.0.0.1:9' };
    for (const [tried, fields] of [
      [await connector.tryConnection(wrong), ['apiKey']],
      [await connector.tryConnection(elsewhere), [places[name], 'apiKey']],
      [await connector.tryConnection(dead), ['apiEndpoint']],
    ] as const) {
      if (tried.ok) throw new Error('It should have been refused');
      expect(fields).toContain(tried.field);
      expect(tried.problem.length).toBeGreaterThan(20);
      expect(tried.problem).not.toContain('wrong-token');
    }
  });

  test('a token that is thrown away is told apart from a vendor in trouble', async () => {
    const { connection, tills } = await connect();
    const ask = async (asked: Connection) => {
      const window = { from: new Date(noon - minute), to: new Date(noon) };
      for await (const _ of connector.fetchChanges(asked, window, null));
    };
    const wrong = { ...connection, credentials: { ...connection.credentials, [tokens[name]]: 'wrong' } };
    await expect(ask(wrong)).rejects.toMatchObject({ name: 'VendorFailure', kind: 'unauthorised' });
    tills.trouble.failing = 1;
    await expect(ask(connection)).rejects.toMatchObject({ kind: 'unavailable', status: 500 });
    tills.trouble.failing = 0;
    tills.trouble.rateLimited = 1;
    await expect(ask(connection)).rejects.toMatchObject({ kind: 'rate_limited', status: 429 });
  });
});

describe('tokens', () => {
  const bare = (connection: Connection, credentials: Connection['credentials']) => ({ ...connection, credentials });

  test('Toast: a login gives a token of a day, renewed before it ends', async () => {
    const { connection, tills } = await connected(toast);
    const { renewAt } = toast.connector.tokens ?? {};
    expect(tills.logins()).toBe(1);
    const due = renewAt?.(connection.credentials)?.getTime() ?? 0;
    expect(due).toBeGreaterThan(noon + 12 * 60 * minute);
    expect(due).toBeLessThan(noon + 24 * 60 * minute);
    const { accessToken: _, ...fresh } = connection.credentials;
    expect(renewAt?.(fresh)).toEqual(new Date(0));
  });

  test('Clover: a refresh token works once, and brings the next', async () => {
    const { connection, connectionOf, tills } = await connected(clover);
    const merchantId = tills.externalIdOf('shop-1');
    const { clientId, clientSecret } = tills.app;
    const authorize = new URL(`${tills.url}/oauth/v2/authorize?client_id=${clientId}&merchant_id=${merchantId}`);
    const { headers } = await fetch(authorize, { redirect: 'manual' });
    const code = new URL(headers.get('location') ?? '').searchParams.get('code');
    const body = JSON.stringify({ client_id: clientId, client_secret: clientSecret, code });
    const granted = (await (await fetch(`${tills.url}/oauth/v2/token`, { method: 'POST', body })).json()) as {
      access_token: string;
      refresh_token: string;
    };
    const credentials = { apiKey: granted.access_token, refreshToken: granted.refresh_token, clientId };
    const { renew, renewAt } = clover.connector.tokens ?? {};
    expect(renewAt?.(credentials)).toEqual(new Date(0));
    const next = await renew?.(bare(connectionOf('shop-1'), credentials));
    expect(next?.['refreshToken']).not.toBe(granted.refresh_token);
    const due = renewAt?.(next ?? {})?.getTime() ?? 0;
    expect(due).toBeGreaterThan(noon);
    expect(due).toBeLessThan(noon + 30 * minute);
    const tried = await clover.connector.tryConnection(bare(connection, next ?? {}));
    expect(tried.ok).toBe(true);
    // Whoever uses it a second time is locked out: hence one renewal at a time.
    const again = renew?.(bare(connection, credentials));
    await expect(again).rejects.toBeInstanceOf(VendorFailure);
  });

  test('Square: a confidential client keeps its refresh token', async () => {
    const { connection, tills } = await connected(square);
    const { clientId, clientSecret } = tills.app;
    const authorize = new URL(`${tills.url}/oauth2/authorize?client_id=${clientId}&scope=ORDERS_READ&state=s`);
    const { headers } = await fetch(authorize, { redirect: 'manual' });
    const code = new URL(headers.get('location') ?? '').searchParams.get('code');
    const json = { client_id: clientId, client_secret: clientSecret, grant_type: 'authorization_code', code };
    const answer = await fetch(`${tills.url}/oauth2/token`, { method: 'POST', body: JSON.stringify(json) });
    const granted = (await answer.json()) as { access_token: string; refresh_token: string; expires_at: string };
    const credentials = { apiKey: granted.access_token, refreshToken: granted.refresh_token, clientId, clientSecret };
    const next = await square.connector.tokens?.renew(bare(connection, credentials));
    expect(next).toMatchObject({
      refreshToken: granted.refresh_token,
      clientId,
      obtainedAt: new Date(noon).toISOString(),
    });
    // Square's advice is every seven days of thirty.
    const due = (square.connector.tokens?.renewAt(next ?? {})?.getTime() ?? 0) - noon;
    expect(due / (24 * 60 * minute)).toBeCloseTo(7.5, 0);
    expect(square.connector.tokens?.renewAt({ apiKey: 'personal' })).toBeNull();
  });
});

/** Takes messages down as they come. */
async function receive() {
  const received: { headers: WebhookDelivery['headers']; body: Buffer }[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      received.push({ headers: request.headers as WebhookDelivery['headers'], body: Buffer.concat(chunks) });
      response.end();
    });
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => new Promise((closed) => server.close(closed).closeAllConnections()));
  return { received, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hooks` };
}

describe('webhooks as the vendors sign them', () => {
  type Subscribed = { readonly secret: string; readonly place: string };

  async function listen<Tills extends SimulatedTills, Switches>(
    make: Make<Tills, Switches>,
    subscribe: (tills: Tills, url: string) => Subscribed | Promise<Subscribed>,
    switches: Partial<Switches> = {},
  ) {
    const { clock, tills, booksOf } = await standUp(make, { switches });
    closing.push(() => tills.close());
    const { received, url } = await receive();
    const { secret, place } = await subscribe(tills, url);
    const books = await booksOf('shop-1');
    const { id } = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    await tills.webhooksSettled();
    const verify = (keys: readonly string[], address = url): VerifiedWebhook[] =>
      received
        .filter(({ body }) => !body.includes('verificationCode'))
        .map((message) => make.connector.verifyWebhook({ ...message, url: address, now: new Date(clock.now()) }, keys));
    const [delivery, ...more] = verify([secret]);
    if (delivery?.outcome !== 'genuine') throw new Error(`The delivery is ${JSON.stringify(delivery)}`);
    const hints = [delivery, ...more].flatMap((each) => (each.outcome === 'genuine' ? each.hints : []));
    expect(hints.map((hint) => hint.place)).toContain(place);
    for (const wrong of verify(['another'])) expect(wrong.outcome).toBe('refused');
    expect(verify(['another', secret])[0]).toEqual(delivery);
    clock.advance(minute);
    for (const { reference } of hints) books.book(await make.connector.fetchOne(books.connection, reference));
    expect([...books.counting().keys()]).toEqual([id]);
    return { verify, secret, url };
  }

  test('Square', async () => {
    const { verify, secret, url } = await listen(square, (tills, address) => ({
      secret: tills.subscribe(address).signatureKey,
      place: tills.externalIdOf('shop-1'),
    }));
    for (const elsewhere of verify([secret], `${url}/`)) expect(elsewhere.outcome).toBe('refused');
  });

  test('Square, where payments do not name their order', async () => {
    const subscribe = (tills: Parameters<typeof square.connect>[0], address: string) => ({
      secret: tills.subscribe(address).signatureKey,
      place: tills.externalIdOf('shop-1'),
    });
    await listen(square, subscribe, { paymentOrderId: 'missing' });
  });

  test('Clover, after its code was carried over', async () => {
    await listen(clover, async (tills, address) => {
      let code = '';
      const { url, received } = await receive();
      await tills.setWebhookAddress(url);
      const [setUp] = received;
      if (setUp === undefined) throw new Error('No code came');
      const read = clover.connector.verifyWebhook({ ...setUp, url, now: new Date(noon) }, []);
      if (read.outcome === 'verification') code = read.code;
      tills.verifyWebhook(code);
      // The address proper, proved in the same way.
      const proper = await receiveCode(tills, address);
      return { secret: proper, place: tills.externalIdOf('shop-1') };
    });
  });

  async function receiveCode(tills: Parameters<typeof clover.connect>[0], address: string): Promise<string> {
    const codes: string[] = [];
    const relay = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const body = Buffer.concat(chunks);
        const read = clover.connector.verifyWebhook({ body, headers: {}, url: address, now: new Date(noon) }, []);
        if (read.outcome === 'verification') codes.push(read.code);
        void fetch(address, { method: 'POST', body, headers: headersOf(request.headers) }).then(() => response.end());
      });
    });
    await new Promise<void>((listening) => relay.listen(0, '127.0.0.1', listening));
    closing.push(() => new Promise((closed) => relay.close(closed).closeAllConnections()));
    await tills.setWebhookAddress(`http://127.0.0.1:${(relay.address() as AddressInfo).port}/relay`);
    return tills.verifyWebhook(codes[0] ?? '');
  }

  const headersOf = (headers: NodeJS.Dict<string | string[]>): Record<string, string> => {
    const code = headers['x-clover-auth'];
    return typeof code === 'string' ? { 'x-clover-auth': code } : {};
  };

  test.each([
    { signedTimestamp: 'in-body' },
    { signedTimestamp: 'in-header' },
  ] as const)('Toast, %o', async (switches) => {
    const subscribe = (tills: Parameters<typeof toast.connect>[0], address: string) => ({
      ...tills.subscribe(address),
      place: tills.externalIdOf('shop-1'),
    });
    await listen(toast, subscribe, switches);
  });

  test.each([{ messages: 'full' }, { messages: 'thin' }] as const)('a till of nobody’s make, %o', async (switches) => {
    const subscribe = (tills: Parameters<typeof custom.connect>[0], address: string) => ({
      ...tills.subscribe('shop-1', address),
      place: 'shop-1',
    });
    await listen(custom, subscribe, switches);
  });
});
