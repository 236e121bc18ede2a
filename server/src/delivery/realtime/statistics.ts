// What the gateway counts, for /metrics.
import type { Metrics } from '../../platform/metrics.ts';
import type { SubscriptionIndex } from './matching/subscription-index.ts';
import type { Rooms } from './rooms/rooms.ts';
import type { WriteScheduler } from './writing/batched-writer.ts';

export interface GatewayStatistics {
  /** Open now. */
  sockets: number;
  /** Joined now, or being decided. */
  channels: number;
  /** Frames of changes and broadcasts owed to sockets. */
  delivered(frames: number): void;
  /** A socket that we closed before its client did. */
  closed(reason: 'slow' | 'idle' | 'flooding' | 'channelless' | 'broken' | 'failed'): void;
  refused(what: 'handshake' | 'join'): void;
  /** A frame that was no message. */
  unreadable(): void;
  /** A client's broadcast that was taken. */
  broadcast(way: 'socket' | 'http'): void;
  /** Seconds from an event's recording to its being written to sockets. */
  lag(seconds: number): void;
}

export interface Observed {
  readonly scheduler: WriteScheduler;
  readonly rooms: Pick<Rooms, 'countShown'>;
  readonly index: Pick<SubscriptionIndex, 'visits'>;
  readonly sockets: { readonly waiting: number };
}

/** May be called once for a Metrics: its names are taken then. */
export function createStatistics(metrics: Metrics): GatewayStatistics {
  const deliveries = metrics.counter({
    name: 'tillstream_realtime_deliveries_total',
    help: 'Frames of changes and broadcasts that were owed to sockets.',
  });
  const closed = metrics.counter({
    name: 'tillstream_realtime_sockets_closed_total',
    help: 'Sockets that the server closed: too slow, without heartbeat, flooding, without a channel, frames that were broken or too large, or its own failure at a message.',
    labels: { reason: ['slow', 'idle', 'flooding', 'channelless', 'broken', 'failed'] },
  });
  const refused = metrics.counter({
    name: 'tillstream_realtime_refusals_total',
    help: 'Handshakes refused to shed load, and joins refused with a reason.',
    labels: { what: ['handshake', 'join'] },
  });
  const unreadable = metrics.counter({
    name: 'tillstream_realtime_unreadable_total',
    help: 'Frames from clients that were no message.',
  });
  const broadcasts = metrics.counter({
    name: 'tillstream_realtime_broadcasts_total',
    help: 'Broadcasts taken from clients, by socket and by HTTP.',
    labels: { way: ['socket', 'http'] },
  });
  const lag = metrics.histogram({
    name: 'tillstream_realtime_lag_seconds',
    help: "From an event's recording in the log, just before its commit, to its frames being written to sockets.",
    buckets: [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60],
  });
  return {
    sockets: 0,
    channels: 0,
    delivered: (frames) => deliveries.add({}, frames),
    closed: (reason) => closed.add({ reason }),
    refused: (what) => refused.add({ what }),
    unreadable: () => unreadable.add({}),
    broadcast: (way) => broadcasts.add({ way }),
    lag: (seconds) => lag.observe({}, Math.max(0, seconds)),
  };
}

/** What is asked for when the metrics are read. */
export function observe(
  metrics: Metrics,
  statistics: GatewayStatistics,
  { scheduler, rooms, index, sockets }: Observed,
): void {
  const gauges: Record<string, { help: string; read: () => number }> = {
    tillstream_realtime_sockets: { help: 'Open WebSockets.', read: () => statistics.sockets },
    tillstream_realtime_sockets_waiting: {
      help: 'Handshakes that wait for their turn, because more came at once than are let in a second.',
      read: () => sockets.waiting,
    },
    tillstream_realtime_channels: { help: 'Joined channels.', read: () => statistics.channels },
    tillstream_realtime_queue_bytes: {
      help: 'Bytes owed to sockets that were not handed to the kernel yet.',
      read: () => scheduler.queuedBytes,
    },
    tillstream_realtime_presences: { help: 'Members that show themselves in a room.', read: () => rooms.countShown() },
    tillstream_realtime_match_visits: {
      help: 'Subscriptions looked at for events since the start.',
      read: () => index.visits,
    },
  };
  for (const [name, { help, read }] of Object.entries(gauges)) metrics.observedGauge({ name, help }, read);
}
