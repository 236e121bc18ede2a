// Files to import, and what the books must say afterwards: the real ones of the Maven shops as CSV where the data lies
// beside the project, else generated sales with their voids and refunds as NDJSON.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { demoFranchise } from '@tillstream/simulators';
import { type DayOfSales, generatedDay, mavenPeriod, mavenRows } from '../flow/day-of-sales.ts';

export interface SalesFiles {
  readonly day: DayOfSales;
  /** The file of each shop, by the day's own name for the shop. */
  readonly paths: ReadonlyMap<string, string>;
}

/** CSV with the clock times of the shops, as their tills wrote them, packed by gzip. */
export function writeMavenFiles(folder: string, firstDate: string, lastDate: string): SalesFiles {
  const day = mavenPeriod(firstDate, lastDate);
  const header = 'external_id,occurred_at,sku,quantity,unit_price,payment_method';
  const lines = new Map(day.shops.map(({ id }) => [id, [header]]));
  for (const row of mavenRows('sales_lines.csv.gz')) {
    const { date = '', time, transaction_id, store_id = '', product_id, quantity, unit_price } = row;
    if (date < firstDate || date > lastDate) continue;
    lines.get(store_id)?.push([transaction_id, `${date} ${time}`, product_id, quantity, unit_price, 'card'].join(','));
  }
  return { day, paths: writeEach(folder, '.csv.gz', new Map([...lines].map(([id, ofShop]) => [id, ofShop]))) };
}

/** NDJSON with several lines a sale and later versions: the same shops once for each seed. */
export function writeGeneratedFiles(folder: string, seeds: readonly string[]): SalesFiles {
  const days = seeds.map((seed) => generatedDay(seed, demoFranchise.products));
  const [first] = days;
  if (!first) throw new Error('no seed, no day');
  const day = { ...first, title: `generated (seeds ${seeds.join(', ')})`, sales: days.flatMap(({ sales }) => sales) };
  const lines = new Map(
    day.shops.map(({ id }) => [
      id,
      day.sales.filter(({ shopId }) => shopId === id).map(({ sale }) => JSON.stringify(sale)),
    ]),
  );
  return { day, paths: writeEach(folder, '.ndjson', lines) };
}

function writeEach(folder: string, ending: string, lines: ReadonlyMap<string, readonly string[]>): Map<string, string> {
  const paths = new Map<string, string>();
  for (const [shopId, ofShop] of lines) {
    const path = join(folder, `shop-${shopId}${ending}`);
    const text = `${ofShop.join('\n')}\n`;
    writeFileSync(path, ending.endsWith('.gz') ? gzipSync(text) : text);
    paths.set(shopId, path);
  }
  return paths;
}
