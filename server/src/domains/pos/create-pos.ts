// The slice put together: what app.ts makes, starts, and stops.
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Loop } from '../../platform/loop.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Secrets } from '../../platform/secrets.ts';
import { commitSales } from './commit-sales.ts';
import { connectVendors } from './connect-vendors.ts';
import { connectors as allConnectors } from './connectors/index.ts';
import type { ConnectorTable } from './credentials/connect.ts';
import { createReceiptChecker } from './day-end/check-receipts.ts';
import { createIngestParts, type IngestParts } from './ingest-sales.ts';
import { createBookedCounter } from './mapping/book-name.ts';
import { type BookerLimits, createWaitingBooker } from './mapping/waiting-booker.ts';
import type { Poller, PollerLimits } from './polling/poller.ts';
import { createRefusalCounter } from './receive-sales.ts';
import { createRawBodyKeeper } from './replay/forget-raw-bodies.ts';
import { createErrorResolver } from './replay/resolve-booked-errors.ts';
import type { PosRouteParts } from './routes.ts';
import { createSaleLanes, type LaneLimits, type SaleLanes } from './sale-lanes.ts';
import { createSystemDirectory } from './systems/system-directory.ts';

export interface PosParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: Secrets;
  readonly logger: Logger;
  readonly metrics: Metrics;
  readonly lanes?: Partial<LaneLimits>;
  readonly booker?: Partial<BookerLimits>;
  /** The makes that are spoken; all of them by default. */
  readonly connectors?: ConnectorTable;
  /** Whether vendors may stand on this machine or in its network; false where strangers register tills. */
  readonly privateVendors?: boolean;
  readonly poller?: Partial<PollerLimits>;
  /** Longest time for a vendor's answer to come whole, in ms. */
  readonly vendorTimeoutMs?: number;
}

/** What addPosRoutes, besides the edits, and the other ways in need. */
export interface Pos extends Omit<PosRouteParts, 'edits'> {
  /** Books what waits when it stops: stop it after the HTTP server and before the database. */
  readonly lanes: SaleLanes;
  readonly ingest: IngestParts;
  /** Books waiting lines whose product has become known. */
  readonly booker: Loop;
  /** On worker nodes: the booker; deleting raw bytes and deliveries that nobody needs any more; errors that are settled; receipts that are missing. */
  readonly loops: readonly Loop[];
  /** Fetches from the vendors; on worker nodes. */
  readonly poller: Poller;
}

export function createPos(parts: PosParts): Pos {
  const { db, clock, secrets, logger, metrics } = parts;
  const lanes = createSaleLanes({ ...parts.lanes, commit: (sales) => commitSales(parts, sales) });
  const ingest = createIngestParts(lanes, metrics);
  const directory = createSystemDirectory({ db, clock });
  const receive = { ingest, directory, clock, refusals: createRefusalCounter(metrics) };
  const booking = { db, clock, logger, booked: createBookedCounter(metrics) };
  const onError = (error: unknown) => logger.error({ part: 'waiting lines', err: error }, 'waiting lines failed');
  const { loop: booker, bookLater } = createWaitingBooker({ ...booking, ...parts.booker, onError });
  const rawBodies = createRawBodyKeeper({
    ...{ db, clock },
    onError: (error) => logger.error({ part: 'raw bodies', err: error }, 'raw bodies could not be deleted'),
  });
  const errorResolver = createErrorResolver({
    ...{ db, clock },
    onError: (error) => logger.error({ part: 'sync errors', err: error }, 'open errors could not be looked at'),
  });
  const receiptChecker = createReceiptChecker({
    ...{ db, clock },
    onError: (error) => logger.error({ part: 'receipt checks', err: error }, 'receipts could not be looked through'),
  });
  const { connectors = allConnectors, poller = {}, privateVendors = false } = parts;
  const timeout = parts.vendorTimeoutMs === undefined ? {} : { vendorTimeoutMs: parts.vendorTimeoutMs };
  const connected = connectVendors({
    ...{ db, clock, secrets, logger, metrics, ingest, connectors, poller, privateVendors },
    ...timeout,
  });
  const mapping = { ...booking, bookLater };
  return {
    lanes,
    ingest,
    booker,
    loops: [booker, rawBodies, errorResolver, receiptChecker, connected.messageSweeper],
    db,
    clock,
    secrets,
    logger,
    receive,
    mapping,
    ...connected,
  };
}
