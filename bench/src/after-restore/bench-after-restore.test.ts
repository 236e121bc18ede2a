import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Cluster, startCluster } from '../ground/cluster.ts';
import { benchRestoredOf } from './bench-after-restore.ts';

let cluster: Cluster;
beforeAll(async () => {
  cluster = await startCluster();
});
afterAll(() => cluster?.stop());

test('a small log is measured with and without statistics, alone and beside open transactions', async () => {
  const { figures, table } = await benchRestoredOf(cluster, () => undefined, { events: 5_000, polls: 10 });
  expect(figures).toHaveLength(8);
  for (const { ours } of figures) expect(ours).toBeGreaterThan(0);
  expect(table.rows).toHaveLength(4);
});
