// What the gateway counts, for /metrics.
import type { Metrics } from '../../platform/metrics.ts';
import type { WriteScheduler } from './batched-writer.ts';

export interface GatewayStatistics {
  /** Open now. */
  sockets: number;
  /** Joined now, or being decided. */
  channels: number;
  /** Frames of changes and broadcasts owed to sockets. */
  delivered(frames: number): void;
  /** A socket that we closed before its client did. */
  closed(reason: 'slow' | 'idle' | 'flooding'): void;
  refused(what: 'handshake' | 'join'): void;
  /** A frame that was no message. */
  unreadable(): void;
}

/** May be called once for a Metrics: its names are taken then. */
export function createStatistics(metrics: Metrics, scheduler: WriteScheduler): GatewayStatistics {
  const deliveries = metrics.counter({
    name: 'tillstream_realtime_deliveries_total',
    help: 'Frames of changes and broadcasts that were owed to sockets.',
  });
  const closed = metrics.counter({
    name: 'tillstream_realtime_sockets_closed_total',
    help: 'Sockets that the server closed: too slow, without heartbeat, or flooding.',
    labels: { reason: ['slow', 'idle', 'flooding'] },
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
  const statistics: GatewayStatistics = {
    sockets: 0,
    channels: 0,
    delivered: (frames) => deliveries.add({}, frames),
    closed: (reason) => closed.add({ reason }),
    refused: (what) => refused.add({ what }),
    unreadable: () => unreadable.add({}),
  };
  const gauges: Record<string, { help: string; read: () => number }> = {
    tillstream_realtime_sockets: { help: 'Open WebSockets.', read: () => statistics.sockets },
    tillstream_realtime_channels: { help: 'Joined channels.', read: () => statistics.channels },
    tillstream_realtime_queue_bytes: {
      help: 'Bytes owed to sockets that were not handed to the kernel yet.',
      read: () => scheduler.queuedBytes,
    },
  };
  for (const [name, { help, read }] of Object.entries(gauges)) metrics.observedGauge({ name, help }, read);
  return statistics;
}
