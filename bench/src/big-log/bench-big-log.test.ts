import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../ground/cluster.ts';
import { benchLogOf } from './bench-big-log.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.stop());

test('a small log is measured in every figure, and the follower handles all that it was behind', async () => {
  const size = { events: 60_000, behind: 30_000, open: 20_000, polls: 20 };
  const { figures, notes } = await benchLogOf(cluster, () => undefined, size);
  expect(figures).toHaveLength(12);
  for (const { ours } of figures) expect(ours).toBeGreaterThan(0);
  // The news that was written between the polls is in it as well.
  expect(notes[0]).toMatch(/62,000 events in 32 partitions/);
});
