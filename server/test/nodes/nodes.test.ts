// Two gateways, one node that takes sales and works, and a nats-server, each a process of its own on one database: what is
// committed on one node reaches the clients of all, once and in order, also while NATS is dead and its files are gone.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createTillstream, type SaleResult } from '../../../client/src/index.ts';
import { openShop, type Shop, sale } from '../../../client/test/open-shop.ts';
import { checkChannel } from '../faults/checkers.ts';
import { keyOf } from '../flow/expected-books.ts';
import { type SalesWatcher, watchSales } from '../flow/sales-watcher.ts';
import { type Cluster, startCluster } from './cluster.ts';

let cluster: Cluster;
let shops: Shop[];
const watchers: { watcher: SalesWatcher; shop: Shop }[] = [];
/** The final version of every sale that was acknowledged, by shop. */
const sold = new Map<string, Map<string, number>>();

beforeAll(async () => {
  cluster = await startCluster(['api,worker', 'gateway', 'gateway']);
  shops = await Promise.all([0, 1, 2].map(() => openShop(url('api'), cluster.ownerKey)));
});
afterAll(async () => {
  for (const { watcher } of watchers) await watcher.close();
  await cluster?.close();
});

function url(node: 'api' | 'first' | 'second'): string {
  return cluster.nodes[{ api: 0, first: 1, second: 2 }[node]]?.url ?? '';
}

/** One sale of each shop, `times` over; every tenth is refunded at once, which is a second version. */
async function sell(times: number): Promise<void> {
  const till = createTillstream({ url: url('api'), apiKey: cluster.ownerKey });
  for (let time = 0; time < times; time++) {
    await Promise.all(
      shops.map(async (shop) => {
        const first = { ...sale(shop), version: 1 };
        const refund = { ...first, version: 2, status: 'refunded' as const };
        const versions = time % 10 === 0 ? [first, refund] : [first];
        for (const each of versions) note(shop, await till.recordSales(shop.posSystemId, [each]));
      }),
    );
  }
}

function note(shop: Shop, [result]: readonly SaleResult[]): void {
  if (result === undefined || !['created', 'updated'].includes(result.status)) {
    throw new Error(`The sale was not booked: ${JSON.stringify(result)}`);
  }
  const { externalId, version } = result;
  if (externalId === null || version === null) throw new Error('The sale has no name');
  const ofShop = sold.get(shop.locationId) ?? new Map<string, number>();
  sold.set(shop.locationId, ofShop.set(keyOf(shop.locationId, externalId), version));
}

/** Resolves when every watcher has seen a sale that comes after all others, and throws where one saw anything amiss. */
async function expectExact(): Promise<void> {
  await sell(1);
  for (const { watcher, shop } of watchers) {
    const expected = sold.get(shop.locationId) ?? new Map<string, number>();
    await vi.waitFor(() => expect(checkChannel(expected, watcher.seen)).toEqual([]), { timeout: 30_000 });
    expect(watcher.systemMessages.map((message) => JSON.stringify(message)).join()).not.toContain('resync');
  }
}

async function holder(): Promise<{ token: number; holder: string } | undefined> {
  const rows = await cluster.database.rows<{ token: number; holder: string }>(
    'select token::float8 as token, holder from relay_lease where expires_at > clock_timestamp()',
  );
  return rows[0];
}

describe('several nodes', () => {
  test('sales taken by one node reach the clients of both gateways, each once', async () => {
    for (const [index, shop] of shops.entries()) {
      for (const node of ['first', 'second'] as const) {
        const vsn = index % 2 === 0 ? '1.0.0' : '2.0.0';
        const { locationId } = shop;
        const watched = { url: url(node), apiKey: cluster.ownerKey, vsn, locationId, shopId: locationId } as const;
        watchers.push({ watcher: await watchSales(watched), shop });
      }
    }
    await vi.waitFor(async () => expect(await holder()).toBeDefined(), { timeout: 30_000 });
    await sell(20);
    await expectExact();
  });

  test('with NATS killed and its files gone, each gateway reads the log; when it is back they go on by it', async () => {
    await cluster.nats.killAndWipe();
    await sell(20);
    await expectExact();
    const selling = sell(20);
    await cluster.nats.restart();
    await selling;
    await expectExact();
    for (const node of ['first', 'second'] as const) {
      await vi.waitFor(async () => expect(await metric(node, 'tillstream_nats_up')).toBe(1), { timeout: 30_000 });
    }
    await sell(5);
    await expectExact();
  });

  test('when the leading node is killed another takes the lease, under a higher token, and nothing is missed', async () => {
    const before = await holder();
    // The first that was started leads.
    expect(await metric('api', 'tillstream_relay_leading')).toBe(1);
    await cluster.nodes[0]?.kill('node');
    await cluster.nodes[0]?.start();
    await sell(20);
    await expectExact();
    await vi.waitFor(async () => expect((await holder())?.token).toBeGreaterThan(before?.token ?? 0), {
      timeout: 30_000,
    });
  });
});

async function metric(node: 'api' | 'first' | 'second', name: string): Promise<number> {
  const text = await (await fetch(`${url(node)}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}
