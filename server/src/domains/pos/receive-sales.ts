// A request of a till: find out whose it is, look at the envelope, read each sale by itself, have them booked. What is
// refused here as a whole books and keeps nothing.
import { type Caller, requirePermission } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import { AppError } from '../../platform/errors.ts';
import { unknownField } from '../../platform/http-errors.ts';
import { type ByteRange, scanJsonElements } from '../../platform/json-elements.ts';
import { jsonRefusal } from '../../platform/json-refusal.ts';
import type { CounterMetric, Metrics } from '../../platform/metrics.ts';
import { salesOutOfRange } from './errors.ts';
import { type IngestParts, ingestSales } from './ingest-sales.ts';
import { parseSale } from './parse-sale.ts';
import type { SaleResult } from './sale.ts';
import type { SystemDirectory } from './systems/system-directory.ts';

export const salesMax = 1_000;
export const bodyBytesMax = 4 * 1_048_576;

const refusalKinds = ['client', 'server'] as const;

export interface ReceiveParts {
  readonly ingest: IngestParts;
  readonly directory: SystemDirectory;
  readonly clock: Clock;
  readonly refusals: CounterMetric<{ fault: typeof refusalKinds }>;
}

export function createRefusalCounter(metrics: Metrics): ReceiveParts['refusals'] {
  return metrics.counter({
    name: 'tillstream_sales_requests_refused_total',
    help: 'Sales requests refused as a whole, of which nothing was kept; by whose fault it was.',
    labels: { fault: refusalKinds },
  });
}

/**
 * The results of one body, in the order of its sales. Throws for a request refused as a whole: `pos.system_not_found`,
 * `identity.forbidden`, `request.malformed_json` and its siblings, `request.unknown_field`, `pos.sales_out_of_range`,
 * and what ingestSales throws.
 */
export async function receiveSales(
  parts: ReceiveParts,
  caller: Caller,
  { posSystemId, body }: { readonly posSystemId: string; readonly body: Buffer },
): Promise<SaleResult[]> {
  try {
    const system = await parts.directory.find(caller, posSystemId);
    // Before the body is looked at: who may not send sales learns nothing about them and costs no parsing.
    requirePermission(caller, 'sales.write', system);
    const terms = { now: parts.clock.now() };
    const sales = cutSales(body).map(({ start, end }) => {
      const raw = body.subarray(start, end);
      return { raw, parsed: parseSale(raw, terms) };
    });
    return await ingestSales(parts.ingest, caller, { system, sales });
  } catch (error) {
    parts.refusals.add({ fault: error instanceof AppError && error.status < 500 ? 'client' : 'server' });
    throw error;
  }
}

function cutSales(body: Buffer): readonly ByteRange[] {
  const scanned = scanJsonElements(body, 'transactions', { elementsMax: salesMax });
  if (!scanned.ok) {
    if (scanned.problem.kind === 'too_many_elements') throw salesOutOfRange(scanned.problem.message);
    throw jsonRefusal(scanned.problem);
  }
  if (scanned.otherKeys.length > 0) {
    const errors = scanned.otherKeys.map((path) => ({ path, message: 'is not a known field' }));
    throw unknownField(`The body has fields besides "transactions": ${scanned.otherKeys.slice(0, 5).join(', ')}.`, {
      errors,
    });
  }
  if (scanned.elements.length === 0)
    throw salesOutOfRange('"transactions" is empty; a request carries 1 to 1,000 sales.');
  return scanned.elements;
}
