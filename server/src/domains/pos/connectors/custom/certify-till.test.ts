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

/** The till with its answers changed on their way: `change` gets path and body. */
async function startBroken(url: string, change: (path: string, body: string) => string): Promise<string> {
  const server = createServer((request, response) => {
    void (async () => {
      const headers = { authorization: request.headers.authorization ?? '' };
      const answer = await fetch(url + (request.url ?? ''), { headers });
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

test('a server that lets everybody in is told', async () => {
  const tills = await startTill();
  const url = await startBroken(tills.baseUrlOf('shop-1'), (_, body) => body);
  const open = await certify(url, 'wrong');
  expect(failed(open).map(({ name }) => name)).toContain('GET /store tells the store');
});
