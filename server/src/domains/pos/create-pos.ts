// The slice put together: what app.ts makes, starts, and stops.
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { Logger } from '../../platform/logger.ts';
import type { Metrics } from '../../platform/metrics.ts';
import type { Secrets } from '../../platform/secrets.ts';
import { commitSales } from './commit-sales.ts';
import { createIngestParts, type IngestParts } from './ingest-sales.ts';
import { createRefusalCounter } from './receive-sales.ts';
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
}

/** What addPosRoutes, besides the edits, and the other ways in need. */
export interface Pos extends Omit<PosRouteParts, 'edits'> {
  /** Books what waits when it stops: stop it after the HTTP server and before the database. */
  readonly lanes: SaleLanes;
  readonly ingest: IngestParts;
}

export function createPos(parts: PosParts): Pos {
  const { db, clock, secrets, metrics } = parts;
  const lanes = createSaleLanes({ ...parts.lanes, commit: (sales) => commitSales(parts, sales) });
  const ingest = createIngestParts(lanes, metrics);
  const directory = createSystemDirectory({ db, clock });
  const receive = { ingest, directory, clock, refusals: createRefusalCounter(metrics) };
  return { lanes, ingest, db, clock, secrets, receive };
}
