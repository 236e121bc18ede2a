// What the rows of a till's feeds must be to each other, beyond what each is by itself. Pure; problems are sentences.
import { add, compare, type Decimal, decimal, plain, zero } from '../../../../platform/decimal.ts';

export type Entity = { readonly [key: string]: unknown };

/** Rows of another store: they would be left out of all books in silence. */
export function findStrangers(rows: readonly Entity[], storeId: string): string[] {
  return rows
    .filter((row) => row['storeId'] !== undefined && row['storeId'] !== storeId)
    .map((row) => `${nameOf(row)} belongs to the store ${String(row['storeId'])}, not to ${storeId}`);
}

/** Of two readings of a feed, the later second: what has changed without a higher version, or is gone. */
export function findUntold(first: readonly Entity[], second: readonly Entity[]): string[] {
  const later = new Map(second.map((row) => [nameOf(row), row]));
  return first.flatMap((row) => {
    const again = later.get(nameOf(row));
    if (again === undefined) return [`${nameOf(row)} was not there at the second reading`];
    const isSame = canonical(row) === canonical(again);
    const isTold = Number(again['version'] ?? 0) > Number(row['version'] ?? 0);
    // Items need not have versions; of those that have none any content is the newest.
    if (isSame || isTold || row['version'] === undefined) return [];
    return [`${nameOf(row)} came with other content under the version ${String(again['version'])}`];
  });
}

/** Refunds of sales that are in no feed, and of more than was paid for them. */
export function findUnbound(sales: readonly Entity[], refunds: readonly Entity[]): string[] {
  const known = new Map(sales.map((sale) => [nameOf(sale), sale]));
  const problems: string[] = [];
  const bySale = Map.groupBy(
    refunds.filter((refund) => typeof refund['transactionExternalId'] === 'string' && refund['status'] !== 'failed'),
    (refund) => String(refund['transactionExternalId']),
  );
  for (const [id, ofSale] of bySale) {
    const sale = known.get(id);
    const names = ofSale.map(nameOf).join(', ');
    if (sale === undefined) {
      problems.push(`${names}: there is no transaction ${id}`);
      continue;
    }
    const paid = figure((sale['totals'] as Entity | undefined)?.['total']);
    const back = ofSale.map((refund) => figure(refund['amount'])).reduce(add, zero);
    if (compare(back, paid) > 0) problems.push(`${names}: ${plain(back)} went back of ${plain(paid)} for ${id}`);
  }
  return problems;
}

function nameOf(row: Entity): string {
  return String(row['externalId']);
}

/** What is no figure is told by the schema. */
function figure(value: unknown): Decimal {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '0';
  return /^-?\d+(?:\.\d+)?$/.test(text) ? decimal(text) : zero;
}

/** The order of fields says nothing. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
