// Makes next week's and next month's partitions long before they are needed, and says when they run short: without its
// partition a write is refused, so readiness fails a week before that.
import type { Clock } from './platform/clock.ts';
import type { CheckResult } from './platform/health.ts';
import { createLoop, type Loop } from './platform/loop.ts';
import { asOwner } from './platform/owner-connection.ts';
import { ensurePartitions, partitionsAhead } from './platform/partitions.ts';
import { partitionedTables } from './prepare-database.ts';

export interface PartitionKeeperOptions {
  readonly ownerUrl: string;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

const hourMs = 3_600_000;

/** The hourly loop, and the readiness check that goes by what it last saw. */
export function createPartitionKeeper({ ownerUrl, clock, onError }: PartitionKeeperOptions): {
  readonly loop: Loop;
  readonly check: () => Promise<CheckResult>;
} {
  const ahead = new Map<string, number>();
  const loop = createLoop({
    name: 'partition keeper',
    intervalMs: hourMs,
    onError,
    work: () =>
      asOwner(
        ownerUrl,
        async (owner) => {
          for (const target of partitionedTables) {
            await ensurePartitions(owner, target, clock.now());
            ahead.set(target.table, await partitionsAhead(owner, target.table, clock.now()));
          }
        },
        // A long reader must not make every writer queue behind our lock: give up, try again next hour.
        { lockTimeoutMs: 2_000 },
      ),
  });
  const short = () => partitionedTables.filter(({ table }) => (ahead.get(table) ?? 1) < 1).map(({ table }) => table);
  const check = async () =>
    short().length === 0
      ? { ok: true, detail: 'partitions ahead' }
      : { ok: false, detail: `no partition ahead of ${short().join(', ')}: writes will be refused when this one ends` };
  return { loop, check };
}
