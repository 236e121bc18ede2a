// What the sessions of one gateway share, what each client showed in its handshake, and what a channel works with.
import type { Clock } from '../../platform/clock.ts';
import type { Cursors } from './channels/cursors.ts';
import type { SubscriberSource } from './channels/subscriber.ts';
import type { RealtimeLimits } from './limits.ts';
import type { Hall } from './matching/deliver-event.ts';
import type { Serializer } from './protocol/message.ts';
import type { Rooms } from './rooms/rooms.ts';
import type { GatewayStatistics } from './statistics.ts';
import type { BatchedWriter, WriteScheduler } from './writing/batched-writer.ts';
import type { Outbox } from './writing/outbox.ts';

export interface SessionContext extends Pick<SubscriberSource, 'authenticate' | 'readBroadcasts'> {
  readonly hall: Hall;
  readonly rooms: Rooms;
  readonly cursors: Cursors;
  readonly limits: RealtimeLimits;
  readonly clock: Clock;
  readonly scheduler: WriteScheduler;
  readonly statistics: GatewayStatistics;
  /** Reports a failure of ours; refusals are not failures. */
  readonly onError: (error: unknown) => void;
}

export interface Handshake {
  readonly apiKey: string;
  readonly serializer: Serializer;
  /** Asked for by `&cursors=1` in the address: its channels are told where the log stands (cursors.ts). */
  readonly wantsCursors: boolean;
}

/** What the channels of one socket work with. */
export interface SocketMeans {
  readonly writer: BatchedWriter;
  readonly outbox: Outbox;
  readonly handshake: Handshake;
  readonly context: SessionContext;
}
