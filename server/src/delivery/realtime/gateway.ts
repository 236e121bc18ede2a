// The realtime gateway of this node: follows the log, takes WebSockets from the HTTP server, and brings the two together.
import type { Server } from 'node:http';
import type { Bus, StoredEvent } from '../../events/index.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { createLoop } from '../../platform/loop.ts';
import { createService, type Service } from '../../platform/service.ts';
import { Audiences } from './audiences.ts';
import { WriteScheduler } from './batched-writer.ts';
import { deliverEvents } from './deliver-events.ts';
import { type FeedTable, tablesOfTheFeed } from './feed.ts';
import { defaultLimits, type RealtimeLimits } from './limits.ts';
import type { SessionContext } from './session-context.ts';
import { Sockets } from './sockets.ts';
import { GatewayStatistics } from './statistics.ts';
import type { Authenticate } from './subscriber.ts';
import { SubscriptionIndex } from './subscription-index.ts';

export interface GatewayOptions {
  /** The HTTP server whose upgrades are ours; it may listen already or later. */
  readonly server: Server;
  /** Brings what the relay read, batch by batch, each committed event once. */
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly authenticate: Authenticate;
  /** Failures of ours; what a client did wrong is told to the client. */
  readonly onError: (error: unknown) => void;
  readonly tables?: readonly FeedTable[];
  readonly limits?: Partial<RealtimeLimits>;
  readonly clock?: Clock;
}

export interface RealtimeGateway extends Service {
  readonly statistics: GatewayStatistics;
  /** Bytes owed to sockets that have not been handed to the kernel yet. */
  queuedBytes(): number;
}

const sweepMs = 1_000;

/**
 * Makes the gateway. `start` follows the log and takes sockets; `stop` refuses new ones, sends what is owed, closes with
 * 1012 and resolves when every socket is gone. Stop it before the HTTP server, which waits for its sockets.
 */
export function createRealtimeGateway(options: GatewayOptions): RealtimeGateway {
  const context = createContext(options);
  const sockets = new Sockets(context);
  const sweeper = createLoop({
    name: 'realtime sweeper',
    intervalMs: sweepMs,
    work: async () => sockets.sweep(),
    onError: options.onError,
  });
  let unfollow: (() => void) | null = null;
  const service = createService({
    name: 'realtime gateway',
    start: async () => {
      unfollow = options.bus.subscribe(({ events }) => {
        context.statistics.deliveries += deliverEvents(context.hall, events);
        for (const event of events) reconsiderSubject(sockets, event);
      });
      options.server.on('upgrade', sockets.takeUpgrade);
      await sweeper.start();
    },
    stop: async () => {
      unfollow?.();
      await sockets.closeAll();
      await sweeper.stop();
      // Last: an upgrade that nobody listens for would be left hanging instead of being told to come back.
      options.server.off('upgrade', sockets.takeUpgrade);
    },
  });
  return { ...service, statistics: context.statistics, queuedBytes: () => context.scheduler.queuedBytes };
}

/** Rights were given or taken: what is open on them is decided anew, now and not at the next join. */
function reconsiderSubject(sockets: Sockets, { event_type, change_data }: StoredEvent): void {
  if (event_type !== 'access.changed') return;
  const { subjectKind, subjectId } = change_data;
  sockets.reconsider(`${subjectKind === 'api_key' ? 'key' : 'user'}:${subjectId}`);
}

function createContext(options: GatewayOptions): SessionContext {
  const tables = options.tables ?? tablesOfTheFeed;
  const index = new SubscriptionIndex();
  return {
    hall: { tables: new Map(tables.map((table) => [table.name, table])), index, audiences: new Audiences(index) },
    limits: { ...defaultLimits, ...options.limits },
    authenticate: options.authenticate,
    clock: options.clock ?? systemClock,
    scheduler: new WriteScheduler(),
    statistics: new GatewayStatistics(),
    onError: options.onError,
  };
}
