// Reads the present state of one shop over HTTP: the sales of the last hour and its stock.
import { eachItem, type Location, type Tillstream } from '@tillstream/client';
import { type Sale, saleFromTransaction } from './sale.ts';
import { hourStart } from './sales-hour.ts';
import type { ShopSnapshot } from './shop-view.ts';
import { levelFromItem, type StockLevel } from './stock-level.ts';

/** Largest page that the server gives. */
const limit = 500;

/** Throws TillstreamError when a part may not be read or the server cannot be reached. */
export async function loadSnapshot(tillstream: Tillstream, location: Location): Promise<ShopSnapshot> {
  const [sales, levels] = await Promise.all([loadSales(tillstream, location.id), loadLevels(tillstream, location.id)]);
  return { locationId: location.id, locationName: location.name, sales, levels };
}

async function loadSales(tillstream: Tillstream, locationId: string): Promise<Sale[]> {
  const from = new Date(hourStart(Date.now())).toISOString();
  const pages = eachItem((after) =>
    tillstream.listTransactions(locationId, { from, limit, ...(after === undefined ? {} : { after }) }),
  );
  const sales: Sale[] = [];
  for await (const transaction of pages) sales.push(saleFromTransaction(transaction));
  return sales;
}

async function loadLevels(tillstream: Tillstream, locationId: string): Promise<StockLevel[]> {
  const pages = eachItem((after) =>
    tillstream.listStock(locationId, { limit, ...(after === undefined ? {} : { after }) }),
  );
  const levels: StockLevel[] = [];
  for await (const item of pages) levels.push(levelFromItem(item));
  return levels;
}
