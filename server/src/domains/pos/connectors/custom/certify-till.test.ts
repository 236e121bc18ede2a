// The certification of a till's server, against the simulated till: right as it is, and told of each thing that is wrong.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startCustomTill } from '@tillstream/simulators/vendors';
import { afterEach, expect, test } from 'vitest';
import { shops } from '../../../../../test/connectors/vendor-ground.ts';
import { type Check, certifyTill } from './certify-till.ts';

const closing: (() => Promise<unknown>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const at = Date.parse('2026-03-06T17:00:00Z');
const clock = { now: () => at, sleep: () => Promise.resolve() };

async function startTill() {
  const tills = await startCustomTill({ clock, seed: 'certify', shops });
  closing.push(() => tills.close());
  for (let n = 0; n < 5; n++) {
    const latte = { sku: 'LAT-R', name: 'Latte', quantity: 1000, price: 450 };
    const { id } = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte], tip: 50 } });
    if (n > 2) tills.refund(id);
  }
  return tills;
}

const certify = (url: string, apiKey: string): Promise<Check[]> =>
  certifyTill({ url, apiKey, fetch, now: () => new Date(at), signal: new AbortController().signal });

const failed = (checks: readonly Check[]) => checks.filter(({ outcome }) => outcome === 'failed');

let readings = 0;

/**
 * The till with its answers changed on their way: `change` gets path and body. Of the feed `own` the till is asked for one
 * row, since its cursors are the changed one's.
 */
async function startBroken(url: string, change: (path: string, body: string) => string, own?: string): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      const headers = { authorization: request.headers.authorization ?? '' };
      const isOwn =
        own !== undefined && (request.url ?? '').startsWith(`/${own}`) && !(request.url ?? '').includes('no%20');
      const answer = await fetch(url + (isOwn ? `/${own}?limit=1` : (request.url ?? '')), { headers });
      response.writeHead(answer.status, { 'content-type': 'application/json' });
      response.end(change(request.url ?? '', await answer.text()));
    })();
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => new Promise((closed) => server.close(closed)));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

test('a server that keeps to the contract passes', async () => {
  const tills = await startTill();
  const checks = await certify(tills.baseUrlOf('shop-1'), tills.apiKey);
  expect(failed(checks)).toEqual([]);
  expect(checks.map(({ name }) => name)).toContain('every transaction can be booked (5 read)');
  expect(checks.length).toBeGreaterThan(15);
});

test.each([
  [
    'a total that does not add up',
    (_: string, body: string) => body.replaceAll('"total":5.4', '"total":6.4'),
    /adds up/,
  ],
  [
    'a feed without an end',
    (_: string, body: string) => body.replaceAll('"hasMore":false', '"hasMore":true'),
    /walked/,
  ],
  ['a cursor that is lost', (_: string, body: string) => body.replace(/"next":"[^"]*"/, '"next":null'), /walked/],
  [
    'a version that is a text',
    (_: string, body: string) => body.replace(/"version":\d+/, '"version":"one"'),
    /contract/,
  ],
  [
    'a row of another store',
    (path: string, body: string) =>
      path.startsWith('/transactions') ? body.replace('"storeId":"shop-1"', '"storeId":"shop-2"') : body,
    /transactions is of this store/,
  ],
  [
    'the same version with other content',
    (path: string, body: string) => {
      readings += 1;
      return path.startsWith('/transactions') ? body.replace('"Latte"', `"Latte ${readings}"`) : body;
    },
    /says the same/,
  ],
  [
    'a refund of more than was paid',
    (path: string, body: string) =>
      path.startsWith('/refunds') ? body.replace(/"amount":[\d.]+/, '"amount":300') : body,
    /no more than was paid/,
  ],
  [
    'a refund of a sale that nobody knows',
    (path: string, body: string) =>
      path.startsWith('/refunds')
        ? body.replace(/"transactionExternalId":"[^"]*"/, '"transactionExternalId":"x"')
        : body,
    /is of a transaction/,
  ],
  ['no JSON', () => '<html>', /tells the store/],
  [
    'a limit that is ignored',
    (path: string, body: string) =>
      path.includes('limit=2') ? body.replace(/"items":\[(\{.*\})\]/, '"items":[$1,$1,$1]') : body,
    /keeps to the limit/,
  ],
])('%s is told', async (_, change, told) => {
  const tills = await startTill();
  const url = await startBroken(tills.baseUrlOf('shop-1'), change);
  const checks = failed(await certify(url, tills.apiKey));
  expect(checks.map(({ name }) => name).join('\n')).toMatch(told);
  for (const { detail } of checks) expect(detail).not.toBe('');
});

test('a wrong row is found far behind, and a feed without end is said to have been read in part', async () => {
  const tills = await startTill();
  const [sample] = JSON.parse(
    await (
      await fetch(`${tills.baseUrlOf('shop-1')}/transactions`, { headers: { authorization: `Bearer ${tills.apiKey}` } })
    ).text(),
  ).items;
  const serve = (rows: number, wrong: number) => (path: string, body: string) => {
    const url = new URL(path, 'http://till');
    if (url.pathname !== '/transactions' || !body.startsWith('{"items"')) return body;
    const from = Number(url.searchParams.get('after') ?? 0);
    const count = Math.min(Number(url.searchParams.get('limit') ?? 500), rows - from);
    const items = Array.from({ length: count }, (_, n) => ({
      ...sample,
      externalId: `row-${from + n}`,
      ...(from + n === wrong ? { version: 0 } : {}),
    }));
    return JSON.stringify({ items, next: String(from + count), hasMore: from + count < rows });
  };
  const far = await startBroken(tills.baseUrlOf('shop-1'), serve(25_000, 24_999), 'transactions');
  const checks = await certify(far, tills.apiKey);
  expect(checks).toContainEqual(
    expect.objectContaining({ outcome: 'failed', detail: expect.stringContaining('row-24999: version') }),
  );
  const endless = await startBroken(tills.baseUrlOf('shop-1'), serve(Number.MAX_SAFE_INTEGER, -1), 'transactions');
  expect(await certify(endless, tills.apiKey)).toContainEqual(
    expect.objectContaining({ name: '/transactions was read whole', outcome: 'advised' }),
  );
  // Two feeds to their ends, row by row: many times what another test needs.
}, 180_000);

test('a server that lets everybody in is told', async () => {
  const tills = await startTill();
  const url = await startBroken(tills.baseUrlOf('shop-1'), (_, body) => body);
  const open = await certify(url, 'wrong');
  expect(failed(open).map(({ name }) => name)).toContain('GET /store tells the store');
});

test('a server that is not there, or breaks off, is told as such, with what was found out before', async () => {
  const [check, ...others] = await certify('http://127.0.0.1:1', 'key');
  expect(check).toMatchObject({ name: 'every request is answered', outcome: 'failed' });
  expect(check?.detail).toMatch(/^GET \/store got no answer: ./);
  expect(others).toEqual([]);
  const tills = await startTill();
  const server = createServer((request, response) => {
    if ((request.url ?? '').startsWith('/refunds')) return void request.destroy();
    void fetch(tills.baseUrlOf('shop-1') + request.url, {
      headers: { authorization: request.headers.authorization ?? '' },
    }).then(async (answer) => response.writeHead(answer.status).end(await answer.text()));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  closing.push(() => new Promise((closed) => server.close(closed)));
  const checks = await certify(`http://127.0.0.1:${(server.address() as AddressInfo).port}`, tills.apiKey);
  expect(checks.map(({ name }) => name)).toContain('every row of /transactions keeps to the contract');
  expect(failed(checks)).toMatchObject([
    { name: 'every request is answered', detail: expect.stringContaining('/refunds') },
  ]);
});
