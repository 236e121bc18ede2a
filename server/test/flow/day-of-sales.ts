// A day of sales to play through the server: a real one of the Maven coffee shops where the data lies beside the
// project, else one of the seeded generator.
import { existsSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Product, Shop, TillSale } from '@tillstream/simulators';
import { cents, generateDay, instantOf, saleLine, thousandths } from '@tillstream/simulators';

export interface DayOfSales {
  /** For the test's name: where the day comes from. */
  readonly title: string;
  readonly shops: readonly { readonly id: string; readonly name: string; readonly timeZone: string }[];
  readonly products: readonly Pick<Product, 'sku' | 'name' | 'priceCents' | 'unit'>[];
  /** In time order; `posSystemId` is the shop's id, for the test to replace by what the server handed out. */
  readonly sales: readonly TillSale[];
}

// The data carries no licence, so it is never part of the project: it lies beside the checkout, or nowhere.
const mavenFolder = new URL('../../../../shared/data/maven-coffee-2023/', import.meta.url);
const newYork = 'America/New_York';

export const hasMavenData = existsSync(new URL('sales_lines.csv.gz', mavenFolder));

/** One day of the three Maven shops. */
export function mavenDay(date: string): DayOfSales {
  return { ...mavenPeriod(date, date), title: `the Maven coffee shops' ${date}` };
}

/** The Maven shops from one day to another; SKU is the data's product_id, and each of its lines is a sale of its own. */
export function mavenPeriod(firstDate: string, lastDate: string): DayOfSales {
  const names = new Map(mavenRows('products.csv').map((row) => [row['product_id'] ?? '', row['detail']?.trim() ?? '']));
  const lines = mavenRows('sales_lines.csv.gz').filter(({ date = '' }) => firstDate <= date && date <= lastDate);
  const products = new Map<string, Product>();
  const sales = lines.map((row): TillSale => {
    const sku = row['product_id'] ?? '';
    const product = {
      sku,
      name: names.get(sku) ?? sku,
      unit: 'piece',
      priceCents: cents(Number(row['unit_price'])),
      popularity: 1,
    } as const;
    products.set(sku, product);
    return mavenSale(row, product);
  });
  return {
    title: `the Maven coffee shops from ${firstDate} to ${lastDate}`,
    shops: mavenRows('stores.csv').map((row) => ({
      id: row['store_id'] ?? '',
      name: row['location'] ?? '',
      timeZone: newYork,
    })),
    products: [...products.values()],
    sales: sales.toSorted((a, b) => a.at - b.at),
  };
}

function mavenSale(row: Row, product: Product): TillSale {
  const [hour = 0, minute = 0, second = 0] = (row['time'] ?? '').split(':').map(Number);
  const at = instantOf(row['date'] ?? '', hour * 60 + minute, newYork) + second * 1000;
  const line = saleLine(product, thousandths(Number(row['quantity'])));
  const shopId = row['store_id'] ?? '';
  return {
    at,
    shopId,
    posSystemId: shopId,
    sale: {
      externalId: row['transaction_id'] ?? '',
      version: 1,
      status: 'completed',
      occurredAt: new Date(at).toISOString(),
      total: line.total,
      currency: 'USD',
      paymentMethod: 'card',
      lines: [line],
    },
  };
}

/** A generated day of three shops of the size of Maven's, voids and refunds included. */
export function generatedDay(seed: string, catalogue: readonly Product[]): DayOfSales {
  const shops = ['Astoria', 'Lower Manhattan', "Hell's Kitchen"].map((name, n): Shop & { name: string } => ({
    id: `shop-${n}`,
    name,
    posSystemId: `shop-${n}`,
    timeZone: newYork,
    currency: 'USD',
    opensAt: '06:00',
    closesAt: '20:00',
    salesPerDay: 450,
  }));
  // Many more are taken back than in a real shop: this is what the test is about.
  const takeBacks = { voidRate: 0.03, refundRate: 0.07 };
  const sales = [...generateDay({ seed, date: '2026-06-19', shops, products: catalogue, takeBacks })];
  return { title: `a generated day (seed ${seed})`, shops, products: catalogue, sales };
}

export type Row = Readonly<Record<string, string>>;

/** The file's rows by column name. The data quotes nothing and its names hold no comma, so a split is a parser. */
export function mavenRows(file: string): Row[] {
  const bytes = readFileSync(new URL(file, mavenFolder));
  const text = (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
  const [head = '', ...lines] = text.trimEnd().split(/\r?\n/);
  const columns = head.split(',');
  return lines.map((line) => Object.fromEntries(line.split(',').map((value, at) => [columns[at] ?? '', value])));
}
