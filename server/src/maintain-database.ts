// What the database needs done from time to time, as its owner: next week's and next month's partitions long before they
// are needed, the weeks of the log that nobody needs any more dropped, and a new epoch after a promotion. Two nodes may
// run it at once.
import { ensureEpoch } from './events/epoch.ts';
import { dropExpiredEvents } from './events/retention.ts';
import { backgroundActor } from './platform/actor.ts';
import type { Clock } from './platform/clock.ts';
import type { Database } from './platform/database.ts';
import type { CheckResult } from './platform/health.ts';
import { createLoop, type Loop } from './platform/loop.ts';
import type { Metrics } from './platform/metrics.ts';
import { asOwner } from './platform/owner-connection.ts';
import { ensurePartitions, partitionsEnd } from './platform/partitions.ts';
import { partitionedTables } from './prepare-database.ts';

export interface DatabaseKeeperOptions {
  readonly ownerUrl: string;
  readonly db: Database;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Weeks of events that are kept whole, beside the present one. */
  readonly eventRetentionWeeks: number;
  readonly onError: (error: unknown) => void;
}

export interface DatabaseKeeper {
  /** Wake it when the database turns out to be another than before. */
  readonly loop: Loop;
  /** Fails a week before a write would find no partition. On every node, whoever makes the partitions. */
  readonly check: () => Promise<CheckResult>;
}

const intervalMs = 60_000;
const dayMs = 86_400_000;
const daysAheadMin = 7;
const tables = partitionedTables.map(({ table }) => table);
const actor = backgroundActor('health');

export function createDatabaseKeeper(options: DatabaseKeeperOptions): DatabaseKeeper {
  const { ownerUrl, db, clock, metrics, onError } = options;
  const held = metrics.gauge({
    name: 'tillstream_retention_held_partitions',
    help: 'Weeks of the event log that are past their retention and kept because a follower or a transaction needs them',
  });
  const ahead = metrics.gauge({
    name: 'tillstream_partitions_ahead_days',
    help: 'Days until writes find no partition; readiness fails under 7',
    labels: { table: tables },
  });

  async function check(): Promise<CheckResult> {
    const days = await daysAhead(db, clock);
    const short = tables.filter((table) => (days.get(table) ?? 0) < daysAheadMin);
    if (short.length === 0) return { ok: true, detail: 'partitions reach far enough ahead' };
    return { ok: false, detail: `the partitions of ${short.join(', ')} end within a week: then writes are refused` };
  }

  // Making partitions comes first, and what fails later must not keep it from being tried again next time.
  async function keep(): Promise<void> {
    await asOwner(
      ownerUrl,
      async (owner) => {
        await ensureEpoch(owner);
        for (const target of partitionedTables) await ensurePartitions(owner, target, clock.now());
        for (const [table, days] of await daysAhead(db, clock)) ahead.set({ table }, days);
        const report = await dropExpiredEvents(owner, { weeks: options.eventRetentionWeeks, now: clock.now() });
        if (report !== null) held.set({}, report.held.length);
      },
      // A long reader must not make every writer queue behind our lock: give up, try again next time.
      { lockTimeoutMs: 2_000 },
    );
  }

  // Woken by every poll that finds the database promoted, so it needs a least pause.
  const loop = createLoop({ name: 'database keeper', intervalMs, spacingMs: 1_000, work: keep, onError });
  return { loop, check };
}

async function daysAhead(db: Database, clock: Clock): Promise<Map<string, number>> {
  const ends = await db.transaction(actor, (tx) => partitionsEnd(tx, tables));
  return new Map([...ends].map(([table, end]) => [table, (end.getTime() - clock.now().getTime()) / dayMs]));
}
