// Every screen of a node loses it in the same moment, by its own wire or because the node is killed: they come back at the
// rate at which they are let in, and miss nothing. FULL_PROOFS=on makes it five thousand and prints how long they took.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createTillstream } from '../../../client/src/index.ts';
import { isFullProof, report } from '../kill/proof-size.ts';
import { type Cluster, startCluster } from '../nodes/cluster.ts';
import { type HerdProcess, openHerd } from './open-herd.ts';
import { openPlaces } from './open-places.ts';
import { committedSince, newestEvent, Rush } from './rush.ts';

// The small herd meets a narrow door, so that there is a line to stand in; the full one the door as it is by default.
const size = isFullProof ? { screens: 5_000, shops: 100 } : { screens: 150, shops: 10 };
const narrowDoor = { TILLSTREAM_SOCKET_ACCEPTS_PER_SECOND_MAX: '100' };
const timeout = isFullProof ? 900_000 : 600_000;
const returnMsMax = 15_000;

let cluster: Cluster;
let herd: HerdProcess;
let rush: Rush;
let begun: number;

beforeAll(async () => {
  cluster = await startCluster(['api,worker,gateway'], isFullProof ? {} : narrowDoor);
  const owner = createTillstream({ url: url(), apiKey: cluster.ownerKey });
  const { shops, places } = await openPlaces(url(), cluster.ownerKey, size.shops);
  begun = await newestEvent(cluster.database);
  herd = await openHerd({ url: url(), screens: size.screens, shops: places });
  rush = new Rush(owner, shops);
}, timeout);
afterAll(async () => {
  await herd?.close();
  await cluster?.close();
});

const url = () => cluster.nodes[0]?.url ?? '';

async function metric(name: string): Promise<number> {
  const text = await (await fetch(`${url()}/metrics`)).text();
  return Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(text)?.[1]);
}

/** While they come back sales go on. Returns how long it took until the last had caught up, in ms. */
async function comeBack(since: number, what: string): Promise<number> {
  const before = await cpuSeconds();
  const returned = herd.returned();
  // A hundred sales a second: the return is what is measured, not how much can be sold beside it.
  await rush.sellPaced(50, returned);
  const tookMs = (await returned) - since;
  const after = await cpuSeconds();
  report(
    `${size.screens} ${what} were back and had caught up after ${tookMs} ms; processor: node ` +
      `${(after.node - before.node).toFixed(1)} s, clients ${(after.clients - before.clients).toFixed(1)} s`,
  );
  return tookMs;
}

async function cpuSeconds(): Promise<{ node: number; clients: number }> {
  return { node: await metric('process_cpu_seconds_total'), clients: await herd.cpuSeconds() };
}

async function expectNothingLost(): Promise<void> {
  await rush.sellRound();
  expect(await herd.judge(await committedSince(cluster.database, begun))).toEqual([]);
}

test('all sockets dropped at once are back and have caught up', { timeout }, async () => {
  const before = Date.now();
  await herd.drop();
  const tookMs = await comeBack(before, 'dropped sockets');
  await expectNothingLost();
  expect(await metric('tillstream_realtime_sockets')).toBe(size.screens);
  // What a machine can do is told by the full proof, which has it to itself.
  if (isFullProof) expect(tookMs).toBeLessThan(returnMsMax);
});

test('the node is killed, and what is new in its place takes them all back', { timeout }, async () => {
  await herd.expectReturn();
  await cluster.nodes[0]?.kill('node');
  await cluster.nodes[0]?.start();
  const tookMs = await comeBack(Date.now(), 'sockets of a killed node that is live again');
  await expectNothingLost();
  if (isFullProof) expect(tookMs).toBeLessThan(returnMsMax);
});
