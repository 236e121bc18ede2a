// The one operation in which everything that brings sales ends: tills that push today, vendors' webhooks, pollers and
// importers later. What comes out is durable.
import { type Caller, requirePermission } from '../../identity/index.ts';
import type { CounterMetric, Metrics } from '../../platform/metrics.ts';
import type { ParsedSale } from './parse-sale.ts';
import type { SaleResult } from './sale.ts';
import type { SaleLanes } from './sale-lanes.ts';
import type { SystemFacts } from './systems/queries.ts';
import type { WaitingSale } from './waiting-sale.ts';

export interface ArrivedSale {
  /** The bytes it came as, kept if it is refused. */
  readonly raw: Buffer;
  readonly parsed: ParsedSale;
}

const outcomes = ['created', 'updated', 'duplicate', 'rejected'] as const;

export interface IngestParts {
  readonly lanes: SaleLanes;
  readonly booked: CounterMetric<{ status: typeof outcomes }>;
}

export function createIngestParts(lanes: SaleLanes, metrics: Metrics): IngestParts {
  metrics.observedGauge({ name: 'tillstream_sales_waiting', help: 'Sales taken on and not yet answered.' }, () =>
    lanes.waiting(),
  );
  const booked = metrics.counter({
    name: 'tillstream_sales_total',
    help: 'Sales answered, by what became of them.',
    labels: { status: outcomes },
  });
  return { lanes, booked };
}

/**
 * Books the sales of one till, in order, and answers a result each once all of them are durable. Throws
 * `identity.forbidden` before anything is taken on, `pos.overloaded`, or `pos.not_durable` where it is to be sent again.
 */
export async function ingestSales(
  parts: IngestParts,
  caller: Caller,
  { system, sales }: { readonly system: SystemFacts; readonly sales: readonly ArrivedSale[] },
): Promise<SaleResult[]> {
  requirePermission(caller, 'sales.write', system);
  return bookInLanes(
    parts,
    sales.map(({ raw, parsed }) => ({ system, performedBy: caller.id, raw, parsed })),
  );
}

/** The same for sales whose permission has been checked. */
export async function bookInLanes(
  { lanes, booked }: IngestParts,
  sales: readonly WaitingSale[],
): Promise<SaleResult[]> {
  const results = await lanes.enqueue(sales);
  for (const { status } of results) booked.add({ status });
  return results;
}
