// Everything that asks vendors and listens to them, put together: the calls within their limits, the poller, the webhooks.
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Loop } from '../../platform/loop.ts';
import type { Metrics } from '../../platform/metrics.ts';
import { createOutboundAddresses } from '../../platform/outbound-addresses.ts';
import type { Secrets } from '../../platform/secrets.ts';
import type { ConnectorTable, VendorParts } from './credentials/connect.ts';
import type { IngestParts } from './ingest-sales.ts';
import { createPoller, type Poller, type PollerLimits } from './polling/poller.ts';
import { createRateLimits } from './vendor-calls/rate-limits.ts';
import { createVendorCalls } from './vendor-calls/vendor-calls.ts';
import { createMessageSweeper } from './webhooks/message-sweeper.ts';
import { createEndpointMemory, createWebhookCounter, type WebhookParts } from './webhooks/receive-webhook.ts';

export interface ConnectVendorsParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly connectors: ConnectorTable;
  readonly ingest: IngestParts;
  /** Whether vendors may stand on this machine or in its network. */
  readonly privateVendors: boolean;
  readonly poller?: Partial<PollerLimits>;
  /** Longest time for a vendor's answer to come whole, in ms. */
  readonly vendorTimeoutMs?: number;
}

export interface Vendors {
  readonly vendors: VendorParts;
  /** On worker nodes. */
  readonly poller: Poller;
  readonly webhooks: WebhookParts;
  readonly messageSweeper: Loop;
  /** Something is due for the poller, here at once and elsewhere when it looks. */
  readonly wakePoller: () => void;
}

export function connectVendors(parts: ConnectVendorsParts): Vendors {
  const { db, clock, secrets, logger, metrics, connectors, ingest, vendorTimeoutMs } = parts;
  const addresses = createOutboundAddresses({ allowPrivate: parts.privateVendors });
  const timeout = vendorTimeoutMs === undefined ? {} : { timeoutMs: vendorTimeoutMs };
  const calls = createVendorCalls({ limits: createRateLimits(db), addresses, clock, metrics, ...timeout });
  const vendors: VendorParts = { connectors, calls, addresses, clock };
  const poller = createPoller({ ...vendors, db, secrets, logger, metrics, ingest, limits: parts.poller ?? {} });
  const webhooks: WebhookParts = {
    ...{ db, clock, secrets, connectors },
    counted: createWebhookCounter(metrics),
    endpoints: createEndpointMemory({ db, clock, secrets }),
    wakePoller: (inMs) => void setTimeout(() => poller.wake(), inMs).unref(),
  };
  const onError = (error: unknown) => logger.error({ part: 'webhook sweeper', err: error }, 'old deliveries stay');
  const messageSweeper = createMessageSweeper({ db, clock, onError });
  return { vendors, poller, webhooks, messageSweeper, wakePoller: () => poller.wake() };
}
