// Screens that stop reading beside others that go on: what they are owed stays within its bound, the others do not notice,
// and when they read again they have everything. FULL_PROOFS=on makes it fifty among a thousand and measures both.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTillstream, type NewSale, type Tillstream } from '../../../client/src/index.ts';
import { type Shop, sale } from '../../../client/test/open-shop.ts';
import { isFullProof, report } from '../kill/proof-size.ts';
import { type Cluster, startCluster } from '../nodes/cluster.ts';
import { type HerdProcess, openHerd } from '../resume/open-herd.ts';
import { openPlaces } from '../resume/open-places.ts';
import { committedSince, newestEvent, pick } from '../resume/rush.ts';

// The small size is bounded as tightly as can be, so that little has to be sent until the bound is met.
const size = isFullProof ? { readers: 1_000, shops: 100, slow: 50 } : { readers: 20, shops: 5, slow: 3 };
const settings: Record<string, string> = isFullProof ? {} : { TILLSTREAM_SOCKET_QUEUE_BYTES_MAX: '65536' };
const queueBytesMax = isFullProof ? 1_048_576 : 65_536;
/** Bytes that a node may grow by for all who are slow: their queues. */
const growthBytesMax = 50 * 1_048_576;
const timeout = isFullProof ? 900_000 : 600_000;
/** Between two sales, in ms. */
const paceMs = 20;
const roundMs = 20_000;
/** Odd, for the sake of the median; as many as it takes for the mood of the machine not to decide. */
const roundsCount = 5;

let cluster: Cluster;
let owner: Tillstream;
let shops: readonly Shop[];
let readers: HerdProcess;
let slow: HerdProcess;
let begun: number;

beforeAll(async () => {
  cluster = await startCluster(['api,worker,gateway'], settings);
  const url = cluster.nodes[0]?.url ?? '';
  owner = createTillstream({ url, apiKey: cluster.ownerKey });
  const open = await openPlaces(url, cluster.ownerKey, size.shops);
  shops = open.shops;
  begun = await newestEvent(cluster.database);
  readers = await openHerd({ url, screens: size.readers, shops: open.places });
  // All of them at the loud shop, where some of the readers are as well.
  slow = await openHerd({ url, screens: size.slow, shops: open.places.slice(0, 1) });
}, timeout);
afterAll(async () => {
  slow?.thaw();
  for (const herd of [readers, slow]) await herd?.close();
  await cluster?.close();
});

/** Many long lines: some 20 or 80 KB of frame for everybody at its shop. */
function longSale(shop: Shop): NewSale {
  const lines = isFullProof ? 40 : 160;
  const made = sale(shop, lines);
  const line = { ...made.lines[0], quantity: 1, total: 4.5, name: 'x'.repeat(200) };
  return { ...made, lines: Array.from({ length: lines }, () => line) } as NewSale;
}

/** Sells at the pace, every second time a long sale at the loud shop, while `isWanted`. */
async function sellWhile(isWanted: () => Promise<boolean> | boolean): Promise<void> {
  let next = performance.now();
  for (let n = 0; await isWanted(); n++) {
    const shop = n % 2 === 0 ? pick(shops, 0) : pick(shops, (n - 1) / 2);
    await owner.recordSales(shop.posSystemId, [n % 2 === 0 ? longSale(shop) : sale(shop)]);
    next = Math.max(next + paceMs, performance.now() - paceMs);
    const waitMs = next - performance.now();
    if (waitMs > 0) await new Promise((resolve) => setTimeout(resolve, waitMs));
  }
}

function lasting(ms: number): () => boolean {
  const until = performance.now() + ms;
  return () => performance.now() < until;
}

interface Standing {
  readonly sockets: number;
  readonly queueBytes: number;
  readonly closed: number;
  readonly residentBytes: number;
}

async function standing(): Promise<Standing> {
  const text = await (await fetch(`${cluster.nodes[0]?.url}/metrics`)).text();
  const read = (name: string) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
  return {
    sockets: read('tillstream_realtime_sockets'),
    queueBytes: read('tillstream_realtime_queue_bytes'),
    closed: read('tillstream_realtime_sockets_closed_total\\{reason="slow"\\}') || 0,
    residentBytes: read('process_resident_memory_bytes'),
  };
}

/** The slow ones stop; sales go on until the last of them was closed, and for `lastingMs`. Gives the highest of each figure. */
async function whileFrozen(lastingMs: number): Promise<{ queueBytes: number; residentBytes: number }> {
  const before = await standing();
  await slow.expectReturn();
  slow.freeze();
  const isEarly = lasting(lastingMs);
  const highest = { queueBytes: 0, residentBytes: 0 };
  let lookAt = 0;
  await sellWhile(async () => {
    if (performance.now() < lookAt) return true;
    lookAt = performance.now() + 250;
    const { closed, queueBytes, residentBytes } = await standing();
    highest.queueBytes = Math.max(highest.queueBytes, queueBytes);
    highest.residentBytes = Math.max(highest.residentBytes, residentBytes);
    return isEarly() || closed - before.closed < size.slow;
  });
  return highest;
}

async function thawed(): Promise<void> {
  slow.thaw();
  const returned = slow.returned();
  let isBack = false;
  await Promise.all([returned.then(() => (isBack = true)), sellWhile(() => !isBack)]);
}

async function expectNothingLost(): Promise<void> {
  const committed = await committedSince(cluster.database, begun);
  expect(await readers.judge(committed)).toEqual([]);
  expect(await slow.judge(committed)).toEqual([]);
}

async function smallProof(): Promise<void> {
  const { queueBytes } = await whileFrozen(0);
  expect(queueBytes).toBeLessThanOrEqual((size.slow + size.readers) * queueBytesMax);
  await expect.poll(async () => (await standing()).sockets, { timeout: 60_000 }).toBe(size.readers);
  await thawed();
  await expectNothingLost();
}

/** Side by side, again and again: a machine's mood changes by the minute. */
async function fullProof(): Promise<void> {
  await sellWhile(lasting(10_000));
  const rounds: { all: number; others: number; growth: number }[] = [];
  for (let round = 0; round < roundsCount; round++) {
    await readers.takeLatencies();
    await sellWhile(lasting(roundMs));
    const all = await readers.takeLatencies();
    const { residentBytes } = await standing();
    const highest = await whileFrozen(roundMs);
    const others = await readers.takeLatencies();
    await thawed();
    const growth = highest.residentBytes - residentBytes;
    rounds.push({ all: all.p99, others: others.p99, growth });
    report(
      `p50/p99 with all reading ${all.p50}/${all.p99} ms of ${all.count}, with ${size.slow} stopped ` +
        `${others.p50}/${others.p99} ms of ${others.count}; the node grew by ${inMiB(growth)} MiB, ` +
        `queues were at most ${inMiB(highest.queueBytes)} MiB`,
    );
  }
  await expectNothingLost();
  const median = (of: (round: (typeof rounds)[number]) => number) =>
    rounds.map(of).sort((a, b) => a - b)[(roundsCount - 1) / 2];
  expect(median(({ others }) => others)).toBeLessThanOrEqual(1.2 * (median(({ all }) => all) ?? Number.NaN));
  expect(median(({ growth }) => growth)).toBeLessThan(growthBytesMax);
}

function inMiB(bytes: number): number {
  return Math.round(bytes / 1_048_576);
}

test(
  'who stops reading is closed at a bound, costs the others nothing, and has everything when it is back',
  {
    timeout,
  },
  () => (isFullProof ? fullProof() : smallProof()),
);
