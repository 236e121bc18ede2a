// The realtime gateway of this node: follows the log, takes WebSockets from the HTTP server, and brings the two together.
import type { Server } from 'node:http';
import { type Bus, type Position, samePosition } from '../../events/index.ts';
import { type Clock, systemClock } from '../../platform/clock.ts';
import { createLoop } from '../../platform/loop.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { createService, type Service } from '../../platform/service.ts';
import { BroadcastDesk } from './broadcast-desk.ts';
import { Cursors, type LogStand } from './channels/cursors.ts';
import type { SubscriberSource } from './channels/subscriber.ts';
import { defaultLimits, type RealtimeLimits } from './limits.ts';
import { Audiences } from './matching/audiences.ts';
import { deliverEvent } from './matching/deliver-event.ts';
import { type FeedTable, tablesOfTheFeed } from './matching/feed.ts';
import { Owing } from './matching/owing.ts';
import { SubscriptionIndex } from './matching/subscription-index.ts';
import { noOtherNodes, type RoomCarrier } from './rooms/room-carrier.ts';
import { Rooms } from './rooms/rooms.ts';
import type { SessionContext } from './session-context.ts';
import { Sockets } from './sockets/sockets.ts';
import { createStatistics, type GatewayStatistics, observe } from './statistics.ts';
import { WriteScheduler } from './writing/batched-writer.ts';

export interface GatewayOptions {
  /** The HTTP server whose upgrades are ours; it may listen already or later. */
  readonly server: Server;
  /** Brings what the relay read, batch by batch, each committed event once. */
  readonly bus: Pick<Bus, 'subscribe'>;
  /** Knows where the log stands behind what `bus` has brought; without it no channel is told a cursor. */
  readonly log?: LogStand;
  readonly subscribers: SubscriberSource;
  /** Failures of ours; what a client did wrong is told to the client. */
  readonly onError: (error: unknown) => void;
  readonly metrics: Metrics;
  readonly tables?: readonly FeedTable[];
  readonly limits?: Partial<RealtimeLimits>;
  /** Brings broadcasts and presence to the other nodes. */
  readonly carrier?: RoomCarrier;
  readonly clock?: Clock;
}

export interface RealtimeGateway extends Service {
  /** Open sockets and joined channels, as they are now. */
  readonly statistics: Readonly<Pick<GatewayStatistics, 'sockets' | 'channels'>>;
  /** Takes broadcasts that came by HTTP; see broadcast-desk.ts. */
  readonly broadcasts: BroadcastDesk;
}

const sweepMs = 500;

/**
 * Makes the gateway. `start` follows the log and takes sockets; `stop` refuses new ones, sends what is owed, closes with
 * 1012 and resolves when every socket is gone. Stop it before the HTTP server, which waits for its sockets.
 */
export function createRealtimeGateway(options: GatewayOptions): RealtimeGateway {
  const context = createContext(options);
  const sockets = new Sockets(context);
  const { statistics, scheduler, rooms, hall } = context;
  observe(options.metrics, statistics, { scheduler, rooms, index: hall.index, sockets });
  const sweeper = createLoop({
    name: 'realtime sweeper',
    intervalMs: sweepMs,
    work: async () => {
      sockets.sweep();
      context.rooms.sweep();
      context.cursors.sweep(context.clock.monotonicMs());
    },
    onError: options.onError,
  });
  let unfollow: (() => void) | null = null;
  const service = createService({
    name: 'realtime gateway',
    start: async () => {
      let end: Position | null = null;
      unfollow = options.bus.subscribe(({ from, to, events }) => {
        // A batch that does not begin where the last one ended: what lies between is in the log, and never comes here.
        if (end !== null && !samePosition(end, from)) {
          sockets.resync();
        }
        end = to;
        const recordedAtMs: number[] = [];
        let deliveries = 0;
        for (const event of events) {
          try {
            const owed = deliverEvent(context.hall, event);
            if (owed > 0) recordedAtMs.push(event.recorded_at.getTime());
            deliveries += owed;
            context.cursors.note(event);
            const actorId = options.subscribers.changedBy(event);
            if (actorId !== null) {
              context.hall.owing.settle();
              sockets.reconsider(actorId);
            }
          } catch (error) {
            // One event that cannot be shown must not take the rest of its batch from everybody.
            options.onError(error);
          }
        }
        context.hall.owing.settle();
        if (deliveries > 0) context.statistics.delivered(deliveries);
        measureLag(context, recordedAtMs);
      });
      context.rooms.start();
      options.server.on('upgrade', sockets.takeUpgrade);
      await sweeper.start();
    },
    stop: async () => {
      await sockets.closeAll();
      unfollow?.();
      await sweeper.stop();
      context.rooms.stop();
      // Last: an upgrade that nobody listens for would be left hanging instead of being told to come back.
      options.server.off('upgrade', sockets.takeUpgrade);
    },
  });
  return {
    ...service,
    statistics: context.statistics,
    broadcasts: new BroadcastDesk(context),
  };
}

/** Of events that have just been owed to sockets: their lag ends when what is owed now has been written. */
function measureLag({ clock, scheduler, statistics }: SessionContext, recordedAtMs: readonly number[]): void {
  if (recordedAtMs.length === 0) return;
  scheduler.afterFlush(() => {
    const nowMs = clock.now().getTime();
    for (const atMs of recordedAtMs) statistics.lag((nowMs - atMs) / 1_000);
  });
}

function createContext(options: GatewayOptions): SessionContext {
  const { subscribers, metrics } = options;
  const limits = { ...defaultLimits, ...options.limits };
  const tables = options.tables ?? tablesOfTheFeed;
  const index = new SubscriptionIndex();
  const clock = options.clock ?? systemClock;
  const scheduler = new WriteScheduler({
    queueBytesMax: limits.queueBytesMax,
    nowMs: () => clock.monotonicMs(),
  });
  const statistics = createStatistics(metrics);
  const rooms = new Rooms({
    carrier: options.carrier ?? noOtherNodes,
    onDelivered: (frames) => statistics.delivered(frames),
  });
  return {
    hall: {
      tables: new Map(tables.map((table) => [table.name, table])),
      index,
      audiences: new Audiences(index),
      owing: new Owing(),
      changeBytesMax: limits.changeBytesMax,
    },
    rooms,
    cursors: new Cursors(options.log ?? null, limits),
    limits,
    authenticate: subscribers.authenticate,
    readBroadcasts: subscribers.readBroadcasts,
    clock,
    scheduler,
    statistics,
    onError: options.onError,
  };
}
