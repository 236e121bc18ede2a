// The alarms of the event log, for /metrics and /readyz (docs/operations.md says at which value to act). Nothing here
// stops anything; what is measured is measured on the worker nodes alone.
import { lagEventsMax, readLogFigures } from './events/log-figures.ts';
import type { Clock } from './platform/clock.ts';
import type { CheckResult } from './platform/health.ts';
import { createLoop, type Loop } from './platform/loop.ts';
import type { Metrics } from './platform/metrics.ts';
import { asOwner } from './platform/owner-connection.ts';

export interface LogWatcherOptions {
  readonly ownerUrl: string;
  readonly clock: Clock;
  readonly metrics: Metrics;
  /** Names of all followers of this release: the closed list of the label. */
  readonly followers: readonly string[];
  readonly onError: (error: unknown) => void;
}

export interface LogWatcher {
  readonly loop: Loop;
  /** Says what is behind or held up. It does not fail: taking a node out would only make it later. */
  readonly check: () => Promise<CheckResult>;
}

const intervalMs = 15_000;
/** Ages from which the readiness answer mentions them, in seconds. */
const mentioned = { transaction: 30, follower: 10 };

export function createLogWatcher({ ownerUrl, clock, metrics, followers, onError }: LogWatcherOptions): LogWatcher {
  const gauges = makeGauges(metrics, followers);
  const running = createXidAge(clock);
  let remarks: readonly string[] = [];

  async function look(): Promise<void> {
    const figures = await asOwner(ownerUrl, readLogFigures);
    const openSeconds = Math.max(figures.oldestTransactionSeconds, running(figures.oldestXid, figures.isXidRunning));
    gauges.partitions.set({}, figures.partitions);
    gauges.bytes.set({}, figures.bytes);
    gauges.transaction.set({}, openSeconds);
    const found: string[] = [];
    if (openSeconds >= mentioned.transaction)
      found.push(`a transaction has been open for ${Math.round(openSeconds)} s`);
    for (const { follower, events, seconds } of figures.followers) {
      gauges.events.set({ follower }, events);
      gauges.seconds.set({ follower }, seconds);
      if (seconds < mentioned.follower) continue;
      const count = events === lagEventsMax ? `at least ${events}` : events;
      found.push(`${follower} is ${count} events and ${Math.round(seconds)} s behind`);
    }
    remarks = found;
  }

  return {
    loop: createLoop({ name: 'log watcher', intervalMs, work: look, onError }),
    check: async () => ({ ok: true, detail: remarks.length === 0 ? 'nothing is behind' : remarks.join('; ') }),
  };
}

function makeGauges(metrics: Metrics, followers: readonly string[]) {
  const labels = { follower: [...followers, 'other'] };
  return {
    partitions: metrics.gauge({
      name: 'tillstream_log_partitions',
      help: 'Weeks of the event log, those ahead included',
    }),
    bytes: metrics.gauge({ name: 'tillstream_log_bytes', help: 'Size of the event log with its indexes' }),
    transaction: metrics.gauge({
      name: 'tillstream_oldest_transaction_seconds',
      help: 'Age of the oldest open transaction: it holds up vacuum and retention, not delivery',
    }),
    events: metrics.gauge({
      name: 'tillstream_follower_behind_events',
      help: `Events that a durable follower has still before it, counted up to ${lagEventsMax}`,
      labels,
    }),
    seconds: metrics.gauge({
      name: 'tillstream_follower_behind_seconds',
      help: 'Age of the oldest event that a durable follower has not handled',
      labels,
    }),
  };
}

/**
 * The age of the oldest writing transaction, also where its session is another login's and its beginning is hidden from
 * us: since when the same transaction id has been the oldest, in seconds. Late by one look at most.
 */
function createXidAge(clock: Clock): (oldestXid: string, isRunning: boolean) => number {
  let xid: string | null = null;
  let sinceMs = 0;
  return (oldestXid, isRunning) => {
    const nowMs = clock.monotonicMs();
    if (!isRunning || oldestXid !== xid) sinceMs = nowMs;
    xid = isRunning ? oldestXid : null;
    return (nowMs - sinceMs) / 1_000;
  };
}
