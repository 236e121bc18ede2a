// Real sales as a source for the tills: half a year of three coffee shops, one line a transaction, from a folder of CSV
// files that a project may have beside it. They carry no licence, so they are never part of this one.

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { instantOf, minuteOfDay } from '../local-time.ts';
import { cents, type Product, type Sale, saleLine, type TillSale } from '../sale.ts';

export interface MavenSales {
  /** Holds sales_lines.csv.gz and products.csv. */
  readonly folder: string;
  /** Business dates, YYYY-MM-DD, both included, from 2023-01-01 to 2023-06-30. */
  readonly from: string;
  readonly to: string;
  /** Where a transaction is rung up; undefined leaves it out. */
  readonly shopOf: (storeId: string, transactionId: number) => MavenShop | undefined;
}

export interface MavenShop {
  readonly id: string;
  readonly timeZone: string;
  readonly currency: string;
}

export const hasMavenFiles = (folder: string): boolean =>
  ['sales_lines.csv.gz', 'products.csv'].every((name) => existsSync(join(folder, name)));

const rowsOf = (csv: string): readonly (readonly string[])[] =>
  csv
    .trim()
    .split('\n')
    .slice(1)
    .map((row) => row.replace(/\r$/, '').split(','));

export function readMavenProducts(folder: string): readonly Product[] {
  return rowsOf(readFileSync(join(folder, 'products.csv'), 'utf8')).map(([id, price, , type, detail]) => ({
    sku: `MVN-${id}`,
    name: detail ?? type ?? `Product ${id}`,
    unit: 'piece',
    priceCents: cents(Number(price)),
    popularity: 1,
  }));
}

const payment: readonly Sale['paymentMethod'][] = ['card', 'card', 'mobile', 'card', 'cash'];

/** The sales in the order of their instants. Who pays how is not in the data: it follows from the transaction's number. */
export function readMavenSales(sales: MavenSales): readonly TillSale[] {
  const products = new Map(readMavenProducts(sales.folder).map((product) => [product.sku, product]));
  const lines = gunzipSync(readFileSync(join(sales.folder, 'sales_lines.csv.gz'))).toString('utf8');
  const found: TillSale[] = [];
  for (const row of rowsOf(lines)) {
    const [, transaction = '', date = '', time = '', store = '', productId, quantity, unitPrice] = row;
    if (date < sales.from || date > sales.to) continue;
    const shop = sales.shopOf(store, Number(transaction));
    const product = products.get(`MVN-${productId}`);
    if (!shop || !product) continue;
    const line = saleLine({ ...product, priceCents: cents(Number(unitPrice)) }, 1000 * Number(quantity));
    const at = instantOf(date, minuteOfDay(time.slice(0, 5)), shop.timeZone) + 1000 * Number(time.slice(6));
    const sale: Sale = {
      externalId: `maven-${transaction}`,
      version: 1,
      status: 'completed',
      occurredAt: new Date(at).toISOString(),
      total: line.total,
      currency: shop.currency,
      paymentMethod: payment[Number(transaction) % payment.length] ?? 'card',
      lines: [line],
    };
    found.push({ at, shopId: shop.id, posSystemId: shop.id, sale });
  }
  return found.sort((a, b) => a.at - b.at);
}
