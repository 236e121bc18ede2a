// Runs the tills that are due, many at a time and none of them twice: a row's lease says which node is at it, and ends by
// itself when the node dies. What hangs does so in its own host's few places: hundreds of tills behind one silent server
// wait for each other and for nobody else.
import { v4 as uuidv4 } from 'uuid';
import { backgroundActor } from '../../../platform/actor.ts';
import { createLoop, type Loop } from '../../../platform/loop.ts';
import type { Metrics } from '../../../platform/metrics.ts';
import { createService, type Service } from '../../../platform/service.ts';
import type { PosSystemType } from '../connectors/connector.ts';
import { createHostHealth } from './host-health.ts';
import { claimDue, nextDueInMs, renewLeases } from './queries.ts';
import type { RunParts } from './run-till.ts';
import { createRunningTills } from './running-tills.ts';

export interface PollerLimits {
  /** Tills at once on this node. */
  readonly tillsMax: number;
  /** Tills of one host at once, over all nodes. */
  readonly hostMax: Readonly<Record<PosSystemType, number>>;
  /** How long a till stays with a node that does not renew it, in ms. */
  readonly leaseMs: number;
  /** Longest pause between two looks at the schedule, in ms. */
  readonly lookMs: number;
  /** Longest that one till is at it before others have their turn, in ms; a page that was begun is finished. */
  readonly shareMs: number;
}

export const pollerDefaults: PollerLimits = {
  tillsMax: 100,
  // Clover counts ten requests at once for an app, whoever's the tills are; a till sends one after the other.
  hostMax: { square: 32, clover: 10, toast: 32, custom: 8 },
  leaseMs: 60_000,
  lookMs: 1_000,
  shareMs: 30_000,
};

export interface PollerParts extends Omit<RunParts, 'holder' | 'shareMs'> {
  readonly metrics: Metrics;
  readonly limits?: Partial<PollerLimits>;
}

export interface Poller extends Service {
  /** Something may be due: a hint came, somebody wishes a sync. */
  wake(): void;
}

const actor = backgroundActor('pos poller');
/** While somebody else claims, in ms. */
const againMs = 50;

export function createPoller({ limits: given, metrics, ...parts }: PollerParts): Poller {
  const limits: PollerLimits = { ...pollerDefaults, ...given };
  const { db, logger } = parts;
  const holder = uuidv4();
  const health = createHostHealth();
  const tills = createRunningTills({
    run: { ...parts, holder, shareMs: limits.shareMs },
    health,
    metrics,
    onEnd: () => looker.wake(),
  });
  let timer: NodeJS.Timeout | null = null;

  async function look(signal: AbortSignal): Promise<void> {
    if (timer !== null) clearTimeout(timer);
    const room = limits.tillsMax - tills.count();
    if (room <= 0 || signal.aborted) return;
    const claim = { holder, ttlMs: limits.leaseMs, limit: room, hostMax: limits.hostMax, ...health.sick() };
    const claimed = await db.transaction(actor, (tx) => claimDue(tx, claim));
    // Told to stop meanwhile, a run begins all the same, and ends at once: that is how its lease is given back.
    for (const till of claimed ?? []) tills.begin(till);
    if (claimed === null) wakeIn(againMs);
    if (claimed === null || claimed.length > 0) return;
    const dueInMs = await db.transaction(actor, nextDueInMs);
    if (dueInMs !== null && dueInMs > 0 && dueInMs < limits.lookMs) wakeIn(dueInMs);
  }

  function wakeIn(ms: number): void {
    timer = setTimeout(() => looker.wake(), ms);
  }

  async function keepLeases(): Promise<void> {
    if (tills.count() === 0) return;
    const renewal = { holder, ttlMs: limits.leaseMs, running: tills.keys() };
    tills.keepOnly(await db.transaction(actor, (tx) => renewLeases(tx, renewal)), renewal.running);
  }

  const onError = (error: unknown) => logger.error({ part: 'pos poller', err: error }, 'the schedule failed');
  const looker: Loop = createLoop({
    name: 'pos poller',
    intervalMs: limits.lookMs,
    spacingMs: 20,
    work: look,
    onError,
  });
  const keeper = createLoop({ name: 'pos leases', intervalMs: limits.leaseMs / 4, work: keepLeases, onError });
  const service = createService({
    name: 'pos poller',
    start: async () => {
      await keeper.start();
      await looker.start();
    },
    stop: async () => {
      await looker.stop();
      if (timer !== null) clearTimeout(timer);
      await tills.end();
      await keeper.stop();
    },
  });
  return { ...service, wake: () => looker.wake() };
}
