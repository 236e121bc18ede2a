// The realtime gateway of this node: follows the log, takes WebSockets from the HTTP server, and brings the two together.
import type { Server } from 'node:http';
import type { Bus } from '../../events/index.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { createLoop } from '../../platform/loop.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { createService, type Service } from '../../platform/service.ts';
import { Audiences } from './audiences.ts';
import { WriteScheduler } from './batched-writer.ts';
import { deliverEvent } from './deliver-event.ts';
import { type FeedTable, tablesOfTheFeed } from './feed.ts';
import { defaultLimits, type RealtimeLimits } from './limits.ts';
import type { SessionContext } from './session-context.ts';
import { Sockets } from './sockets.ts';
import { createStatistics, type GatewayStatistics } from './statistics.ts';
import type { SubscriberSource } from './subscriber.ts';
import { SubscriptionIndex } from './subscription-index.ts';

export interface GatewayOptions {
  /** The HTTP server whose upgrades are ours; it may listen already or later. */
  readonly server: Server;
  /** Brings what the relay read, batch by batch, each committed event once. */
  readonly bus: Pick<Bus, 'subscribe'>;
  readonly subscribers: SubscriberSource;
  /** Failures of ours; what a client did wrong is told to the client. */
  readonly onError: (error: unknown) => void;
  readonly metrics: Metrics;
  readonly tables?: readonly FeedTable[];
  readonly limits?: Partial<RealtimeLimits>;
  readonly clock?: Clock;
}

export interface RealtimeGateway extends Service {
  /** Open sockets and joined channels, as they are now. */
  readonly statistics: Readonly<Pick<GatewayStatistics, 'sockets' | 'channels'>>;
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
        for (const event of events) {
          try {
            context.statistics.delivered(deliverEvent(context.hall, event));
            const actorId = options.subscribers.changedBy(event);
            if (actorId !== null) sockets.reconsider(actorId);
          } catch (error) {
            // One event that cannot be shown must not take the rest of its batch from everybody.
            options.onError(error);
          }
        }
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
  return { ...service, statistics: context.statistics };
}

function createContext(options: GatewayOptions): SessionContext {
  const tables = options.tables ?? tablesOfTheFeed;
  const index = new SubscriptionIndex();
  const scheduler = new WriteScheduler();
  return {
    hall: { tables: new Map(tables.map((table) => [table.name, table])), index, audiences: new Audiences(index) },
    limits: { ...defaultLimits, ...options.limits },
    authenticate: options.subscribers.authenticate,
    clock: options.clock ?? systemClock,
    scheduler,
    statistics: createStatistics(options.metrics, scheduler),
    onError: options.onError,
  };
}
