// Rights that are taken on one node end on all of them: on a gateway that hears of it by NATS, on one whose NATS says
// nothing, and on a node that only answers requests and hears nothing at all.
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createTillstream, type Tillstream } from '../../../client/src/index.ts';
import { openShop, type Shop, sale } from '../../../client/test/open-shop.ts';
import { type SalesWatcher, watchSales } from '../flow/sales-watcher.ts';
import { isFullProof, report } from '../kill/proof-size.ts';
import { type Cluster, startCluster } from './cluster.ts';
import { enterRoom } from './room-guest.ts';

let cluster: Cluster;
let owner: Tillstream;
let shop: Shop;

beforeAll(async () => {
  cluster = await startCluster(['api,worker', 'gateway', 'api']);
  owner = createTillstream({ url: url('first'), apiKey: cluster.ownerKey });
  shop = await openShop(url('first'), cluster.ownerKey);
});
afterAll(() => cluster?.close());

function url(node: 'first' | 'gateway' | 'other api'): string {
  return cluster.nodes[{ first: 0, gateway: 1, 'other api': 2 }[node]]?.url ?? '';
}

async function ask(node: 'first' | 'other api', what: string, options: { key?: string; body?: unknown } = {}) {
  const [method, path] = what.split(' ');
  const { key = cluster.ownerKey, body } = options;
  return fetch(new URL(path ?? '', url(node)), {
    ...(method !== undefined && { method }),
    headers: { authorization: `Bearer ${key}`, ...(body !== undefined && { 'content-type': 'application/json' }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
}

async function makeKey(): Promise<{ id: string; key: string }> {
  const body = { name: 'screen', scopes: ['realtime:read'], locationIds: [shop.locationId] };
  return (await (await ask('first', 'POST /v1/api-keys', { body })).json()) as { id: string; key: string };
}

const watch = (apiKey: string): Promise<SalesWatcher> => {
  const { locationId } = shop;
  return watchSales({ url: url('gateway'), apiKey, vsn: '2.0.0', locationId, shopId: locationId });
};

/** Books one sale and returns the name by which a watcher knows it. */
async function sell(): Promise<string> {
  const made = sale(shop);
  await owner.recordSales(shop.posSystemId, [made]);
  return String(made.externalId);
}

const namesOf = (watcher: SalesWatcher) => watcher.seen.map(({ key }) => key.slice(key.lastIndexOf('receipt-')));

test.each([
  'heard',
  'silent',
] as const)('no sale after the revocation reaches a gateway whose NATS is %s', async (nats) => {
  const { id, key } = await makeKey();
  const [watcher, witness] = [await watch(key), await watch(cluster.ownerKey)];
  const before = await sell();
  await Promise.all([watcher.sawSale(before), witness.sawSale(before)]);
  if (nats === 'silent') cluster.nats.pause();
  try {
    expect((await ask('first', `DELETE /v1/api-keys/${id}`)).status).toBeLessThan(300);
    // Booked behind the revocation: whoever is told of one of these was told after it.
    const after = [await sell(), await sell(), await sell()];
    await witness.sawSale(after.at(-1) ?? '');
    await vi.waitFor(() => expect(watcher.statuses).toContain('CHANNEL_ERROR'), { timeout: 30_000 });
    expect(namesOf(watcher)).toContain(before);
    expect(namesOf(watcher).filter((name) => after.includes(name))).toEqual([]);
  } finally {
    cluster.nats.resume();
    for (const each of [watcher, witness]) await each.close();
  }
});

test('what others say in a room is not told for two seconds more, though NATS be silent', async () => {
  const { id, key } = await makeKey();
  const place = { url: url('gateway'), topic: `location:${shop.locationId}:kitchen`, shows: false };
  const [listener, speaker] = [
    await enterRoom({ ...place, apiKey: key, name: 'listener' }),
    await enterRoom({ ...place, apiKey: cluster.ownerKey, name: 'speaker' }),
  ];
  let isOver = false;
  // What a broadcast says is when it was said.
  const speaking = (async () => {
    // As fast as a socket may speak.
    while (!isOver) await Promise.all([speaker.say(String(performance.now())), pause(20)]);
  })();
  await listener.signal.until('a word', () => listener.heard.length > 0);
  cluster.nats.pause();
  try {
    await ask('first', `DELETE /v1/api-keys/${id}`);
    const revokedAt = performance.now();
    await listener.signal.until('the end of the channel', () => listener.statuses.includes('CHANNEL_ERROR'));
    const heard = listener.heard.length;
    await speaker.say('for nobody');
    expect(listener.heard.length).toBe(heard);
    const lastMs = Math.round(Number(listener.heard.at(-1)) - revokedAt);
    report(`the last word was told ${lastMs} ms after the revocation, NATS being silent`);
    // How fast is for who has the machine to themselves.
    if (isFullProof) expect(lastMs).toBeLessThan(2_000);
  } finally {
    cluster.nats.resume();
    isOver = true;
    await speaking;
    for (const each of [listener, speaker]) await each.close();
  }
});

test('a node that hears nothing refuses a revoked key for every request that begins a second later', async () => {
  const { id, key } = await makeKey();
  const requests: { at: number; status: number }[] = [];
  const request = async () => {
    const at = performance.now();
    requests.push({ at, status: (await ask('other api', 'GET /v1/me', { key })).status });
  };
  while (requests.length < 20) await request();
  expect(new Set(requests.map(({ status }) => status))).toEqual(new Set([200]));
  await ask('first', `DELETE /v1/api-keys/${id}`);
  const revokedAt = performance.now();
  while (performance.now() < revokedAt + 2_000) await request();
  await request();
  const late = requests.filter(({ at }) => at > revokedAt + 1_000);
  expect(new Set(late.map(({ status }) => status))).toEqual(new Set([401]));
  const last = requests.findLast(({ status }) => status === 200);
  report(
    `the last request that was let in began ${Math.round((last?.at ?? revokedAt) - revokedAt)} ms after the revocation`,
  );
});
