// Nobody misses anything: two nodes, NATS killed and wiped, a node drained and one killed, and every client's own wire
// broken again and again while sales flow. FULL_PROOFS=on makes it a thousand clients and fifty thousand events.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/test-app.ts';
import { isFullProof, report } from '../kill/proof-size.ts';
import { type Cluster, startCluster } from '../nodes/cluster.ts';
import { type ProofSize, proveResume } from './resume-proof.ts';

const size: ProofSize = isFullProof
  ? { clients: 1_000, shelves: 100, shops: 100, disconnects: 10, events: 50_000, heartbeatMs: 5_000 }
  : { clients: 60, shops: 20, disconnects: 3, events: 2_000 };
const timeoutMs = isFullProof ? 3_600_000 : 600_000;

let cluster: Cluster;
let app: TestApp;

beforeAll(async () => {
  cluster = await startCluster(['api,worker,gateway', 'api,worker,gateway']);
  app = await startTestApp();
});
afterAll(async () => {
  await cluster?.close();
  await app?.stop();
});

test('each client has exactly the events it may see, in order per entity, and the shelf of the database', {
  timeout: timeoutMs,
}, async () => {
  const { database, balancer, ownerKey, nats, nodes } = cluster;
  const ground = { database, url: balancer.url, ownerKey };
  const begun = performance.now();
  const proof = await proveResume(ground, {
    ...size,
    async meanwhile() {
      await nats.killAndWipe();
      await nodes[0]?.stop();
      await nodes[0]?.start();
      await nats.restart();
      await nodes[1]?.kill('node');
      await nodes[1]?.start();
    },
  });
  report(
    `${size.clients} clients came back ${proof.returns} times and were handed the events of their shops, ${proof.events} in ` +
      `all, in ${Math.round((performance.now() - begun) / 1_000)} s; not exactly: ${proof.failures.length} clients; ` +
      `of ${proof.shelfChanges} changes of levels and items between them, wrong shelves: ${proof.wrongShelves.length}`,
  );
  expect(proof.failures).toEqual([]);
  expect(proof.wrongShelves).toEqual([]);
  expect(proof.shelfChanges).toBeGreaterThan(size.shops);
  expect(proof.events).toBeGreaterThanOrEqual(size.events);
  expect(proof.returns).toBeGreaterThanOrEqual(size.clients * size.disconnects);
});

test('the proof is red when what was missed is not read', { timeout: timeoutMs }, async () => {
  const small = { clients: 6, shops: 3, disconnects: 3, events: 100 };
  const blind = await proveResume(app, { ...small, backfill: false });
  expect(blind.failures.flatMap(({ missed }) => missed)).not.toEqual([]);
  const seeing = await proveResume(app, small);
  expect([seeing.failures, seeing.wrongShelves]).toEqual([[], []]);
});
