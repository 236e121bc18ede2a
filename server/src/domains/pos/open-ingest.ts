// The way in for sales by itself: lanes that book, and the operation in front of them. For programs that bring sales and
// have no routes, such as the importer; createPos makes the whole slice.

import type { Metrics } from '../../platform/metrics.ts';
import type { CommitParts } from './commit-sales.ts';
import { commitSales } from './commit-sales.ts';
import { createIngestParts, type IngestParts } from './ingest-sales.ts';
import { createSaleLanes, type LaneLimits, type SaleLanes } from './sale-lanes.ts';

export interface OpenIngest {
  /** To be started before the first sale and stopped before the database is closed. */
  readonly lanes: SaleLanes;
  readonly ingest: IngestParts;
}

export function openIngest(
  parts: CommitParts & { readonly metrics: Metrics; readonly lanes?: Partial<LaneLimits> },
): OpenIngest {
  const lanes = createSaleLanes({ ...parts.lanes, commit: (sales) => commitSales(parts, sales) });
  return { lanes, ingest: createIngestParts(lanes, parts.metrics) };
}
