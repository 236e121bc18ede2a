/**
 * What the books of one till must say after any sequence of sales, mappings, new products and replays, told by the rules
 * alone: no lock, no queue, no difference between versions. The property test compares the database with it.
 */
import type { SaleOnWire } from './till.ts';

export interface ModelLine {
  readonly sku: string | null;
  readonly externalProductId: string | null;
  readonly quantity: number;
}

export interface ModelSale {
  readonly externalId: string;
  readonly version: number;
  readonly status: 'completed' | 'refunded' | 'voided';
  /** Sent so early that the server refuses it: its time lies this much ahead, in ms. */
  readonly aheadMs: number;
  readonly lines: readonly ModelLine[];
}

interface BookedLine extends ModelLine {
  product: string | null;
}

interface BookedSale {
  version: number;
  content: string;
  lines: BookedLine[];
}

export type Outcome = 'created' | 'updated' | 'duplicate' | 'pos.time_out_of_range' | 'pos.version_reused';

const toleranceMs = 3_600_000;

export class BooksModel {
  readonly #products = new Set<string>();
  readonly #mappings = new Map<string, string>();
  readonly #sales = new Map<string, BookedSale>();
  /** Refused elements by their bytes, with the code of the latest refusal, while they are open. */
  readonly #errors = new Map<string, { readonly sale: SaleOnWire; code: string }>();

  addProduct(sku: string): boolean {
    if (this.#products.has(sku)) return false;
    this.#products.add(sku);
    for (const line of this.#lines()) if (line.product === null && line.sku === sku) line.product = sku;
    return true;
  }

  map(name: string, sku: string): void {
    this.#mappings.set(name, sku);
    for (const line of this.#lines()) if (line.product === null && nameOf(line) === name) line.product = sku;
  }

  unmap(name: string): boolean {
    return this.#mappings.delete(name);
  }

  send(sale: SaleOnWire, model: ModelSale, now: Date): Outcome {
    const outcome = this.#book(sale, model, now);
    if (outcome.startsWith('pos.')) this.#errors.set(JSON.stringify(sale), { sale, code: outcome });
    return outcome;
  }

  /** Resolves the error of these bytes, or renews its reason. */
  replay(sale: SaleOnWire, model: ModelSale, now: Date): Outcome {
    const outcome = this.#book(sale, model, now);
    const raw = JSON.stringify(sale);
    if (outcome.startsWith('pos.')) this.#errors.set(raw, { sale, code: outcome });
    else this.#errors.delete(raw);
    return outcome;
  }

  #book(sale: SaleOnWire, model: ModelSale, now: Date): Outcome {
    if (new Date(sale.occurredAt ?? '').getTime() > now.getTime() + toleranceMs) return 'pos.time_out_of_range';
    const content = JSON.stringify([model.status, sale.occurredAt, model.lines]);
    const booked = this.#sales.get(model.externalId);
    if (booked !== undefined && model.version < booked.version) return 'duplicate';
    if (booked !== undefined && model.version === booked.version) {
      return booked.content === content ? 'duplicate' : 'pos.version_reused';
    }
    const lines = model.lines.map((line) => ({ ...line, product: this.#productOf(line) }));
    this.#sales.set(model.externalId, { version: model.version, content, lines });
    return booked === undefined ? 'created' : 'updated';
  }

  #productOf(line: ModelLine): string | null {
    if (line.sku !== null && this.#products.has(line.sku)) return line.sku;
    return this.#mappings.get(nameOf(line)) ?? null;
  }

  #lines(): BookedLine[] {
    return [...this.#sales.values()].flatMap(({ lines }) => lines);
  }

  /** Codes of the open errors, sorted. */
  openErrors(): string[] {
    return [...this.#errors.values()].map(({ code }) => code).sort();
  }

  /** By SKU, what the sales have taken off the shelf, negative; products of which nothing is gone are left out. */
  stock(): Record<string, number> {
    return sums(this.#lines().map(({ product, quantity }) => [product, -quantity]));
  }

  /** By the till's name, the lines that wait. */
  waiting(): Record<string, number> {
    return sums(this.#lines().map((line) => [line.product === null ? nameOf(line) : null, 1]));
  }
}

export const nameOf = ({ sku, externalProductId }: ModelLine): string => externalProductId ?? sku ?? '';

function sums(entries: readonly (readonly [string | null, number])[]): Record<string, number> {
  const total: Record<string, number> = {};
  for (const [key, value] of entries) if (key !== null && value !== 0) total[key] = (total[key] ?? 0) + value;
  return total;
}
