// What the sessions of one gateway share, and what each client showed in its handshake.
import type { Clock } from '../../platform/clock.ts';
import type { WriteScheduler } from './batched-writer.ts';
import type { Hall } from './deliver-event.ts';
import type { RealtimeLimits } from './limits.ts';
import type { Serializer } from './message.ts';
import type { GatewayStatistics } from './statistics.ts';
import type { Authenticate } from './subscriber.ts';

export interface SessionContext {
  readonly hall: Hall;
  readonly limits: RealtimeLimits;
  readonly authenticate: Authenticate;
  readonly clock: Clock;
  readonly scheduler: WriteScheduler;
  readonly statistics: GatewayStatistics;
  /** Reports a failure of ours; refusals are not failures. */
  readonly onError: (error: unknown) => void;
}

export interface Handshake {
  readonly apiKey: string | null;
  readonly serializer: Serializer;
}
