// The tills that this node is at: each run can be ended, and all of them are waited for when the node stops.
import type { Metrics } from '../../../platform/metrics.ts';
import type { HostHealth } from './host-health.ts';
import type { DueTill } from './queries.ts';
import { type RunParts, runTill } from './run-till.ts';

export interface RunningTills {
  count(): number;
  begin(till: DueTill): void;
  /** As `location/system`. */
  keys(): string[];
  /** Ends the runs of those that were `asked` for and are not among these; one that began meanwhile was not. */
  keepOnly(keys: ReadonlySet<string>, asked: readonly string[]): void;
  /** Ends all runs and waits for them. */
  end(): Promise<void>;
}

export interface RunningTillsParts {
  readonly run: RunParts;
  readonly health: HostHealth;
  readonly metrics: Metrics;
  /** A place is free. */
  readonly onEnd: () => void;
}

export function createRunningTills({ run, health, metrics, onEnd }: RunningTillsParts): RunningTills {
  const late = metrics.histogram({
    name: 'tillstream_pos_poll_lag_seconds',
    help: 'Time from when a till was due to the beginning of its run.',
    buckets: [0.1, 0.5, 1, 5, 15, 30, 60, 300],
  });
  const running = new Map<string, { readonly aborter: AbortController; readonly ended: Promise<void> }>();
  metrics.observedGauge({ name: 'tillstream_pos_tills_running', help: 'Tills being fetched.' }, () => running.size);
  return {
    count: () => running.size,
    begin(till) {
      const key = `${till.locationId}/${till.posSystemId}`;
      late.observe({}, Math.max(0, till.lateMs) / 1_000);
      const aborter = new AbortController();
      const ended = runTill(run, till, aborter.signal)
        .then((outcome) => health.note(till.host, outcome))
        .finally(() => {
          running.delete(key);
          onEnd();
        });
      running.set(key, { aborter, ended });
    },
    keys: () => [...running.keys()],
    keepOnly(keys, asked) {
      for (const key of asked) {
        if (!keys.has(key)) running.get(key)?.aborter.abort(new Error('The till was paused, or given to another node'));
      }
    },
    async end() {
      for (const { aborter } of running.values()) aborter.abort(new Error('The node stops'));
      await Promise.all([...running.values()].map(({ ended }) => ended));
    },
  };
}
