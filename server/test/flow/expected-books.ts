// What the books must say after a day, computed from the day alone, without the server: the highest version of each sale
// counts, whatever the order in which the versions arrived.
import type { Sale, TillSale } from '@tillstream/simulators';
import { cents, thousandths } from '@tillstream/simulators';

export interface ExpectedBooks {
  /** The final state of each sale by shop and external id. */
  readonly finals: ReadonlyMap<string, Sale>;
  /** Whole cents by shop. */
  readonly revenue: ReadonlyMap<string, number>;
  /** Thousandths of the product's unit by shop and SKU. */
  readonly sold: ReadonlyMap<string, number>;
}

export const keyOf = (shopId: string, name: string): string => `${shopId} ${name}`;

export function expectedBooks(sales: Iterable<TillSale>): ExpectedBooks {
  const finals = new Map<string, TillSale>();
  for (const tillSale of sales) {
    const key = keyOf(tillSale.shopId, tillSale.sale.externalId);
    const known = finals.get(key);
    if (!known || known.sale.version < tillSale.sale.version) finals.set(key, tillSale);
  }
  const revenue = new Map<string, number>();
  const sold = new Map<string, number>();
  for (const { shopId, sale } of finals.values()) {
    add(revenue, shopId, cents(sale.total));
    for (const line of sale.lines) add(sold, keyOf(shopId, line.sku), thousandths(line.quantity));
  }
  return { finals: new Map([...finals].map(([key, { sale }]) => [key, sale])), revenue, sold };
}

function add(sums: Map<string, number>, key: string, amount: number): void {
  sums.set(key, (sums.get(key) ?? 0) + amount);
}
