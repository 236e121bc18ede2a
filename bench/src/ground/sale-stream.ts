// The sales that are sent: four lines each, the same mix for whoever books them. What differs between two sales is put
// together from ready pieces, because the generator shares the processor with what it measures.
import type { Brand, Shop } from './brand.ts';

export const linesPerSale = 4;

export interface SaleLine {
  readonly sku: string;
  readonly quantity: number;
  readonly unitPrice: number;
  readonly total: number;
}

export interface Basket {
  readonly lines: readonly SaleLine[];
  readonly total: number;
  readonly paymentMethod: string;
}

const basketsCount = 1_000;
const payments = ['card', 'card', 'mobile', 'cash'];

/** A repeatable choice of baskets: different products within one, one to three pieces of each. */
export function fillBaskets(products: Brand['products']): Basket[] {
  let seed = 20_260_308;
  const below = (limit: number) => {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    return Math.floor((seed / 2 ** 32) * limit);
  };
  return Array.from({ length: basketsCount }, (_, index) => {
    const skus = new Set<string>();
    while (skus.size < linesPerSale) skus.add(products[below(products.length)]?.sku ?? '');
    const lines = [...skus].map((sku) => {
      const quantity = 1 + below(3);
      const cents = 150 + 25 * below(20);
      return { sku, quantity, unitPrice: cents / 100, total: (cents * quantity) / 100 };
    });
    const total = lines.reduce((sum, line) => sum + Math.round(line.total * 100), 0) / 100;
    return { lines, total, paymentMethod: payments[index % payments.length] ?? 'card' };
  });
}

/** One receipt number a sale: unique among the generators of a run, whose names differ. */
export class SaleStream {
  readonly #name: string;
  readonly #texts: readonly string[];
  #sold = 0;

  constructor(name: string, products: Brand['products']) {
    this.#name = name;
    this.#texts = fillBaskets(products).map(({ lines, total, paymentMethod }, index) => {
      const metadata = { registerId: `R${index % 3}`, receiptNumber: String(100_000 + index) };
      return JSON.stringify({ total, currency: 'USD', paymentMethod, metadata, lines }).slice(1);
    });
  }

  /** The next sale as JSON, and its external id. */
  next(at: string): { readonly externalId: string; readonly text: string } {
    const externalId = `${this.#name}-${this.#sold}`;
    const rest = this.#texts[this.#sold % this.#texts.length];
    this.#sold += 1;
    return { externalId, text: `{"externalId":"${externalId}","occurredAt":"${at}",${rest}` };
  }

  /** The body of a request with so many sales, all made now. */
  nextBody(sales: number): string {
    const at = new Date().toISOString();
    return `{"transactions":[${Array.from({ length: sales }, () => this.next(at).text).join(',')}]}`;
  }
}

export function salesPath({ posSystemId }: Pick<Shop, 'posSystemId'>): string {
  return `/v1/pos-systems/${posSystemId}/transactions`;
}
