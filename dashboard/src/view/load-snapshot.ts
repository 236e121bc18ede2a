// Reads the present state of one shop over HTTP: the sales of the last hour, its stock, its alerts.
import { eachItem, type Tillstream } from '@tillstream/client';
import { type Sale, saleFromTransaction } from './sale.ts';
import { hourStart } from './sales-hour.ts';
import { alertFromList, type ShopAlert } from './shop-alert.ts';
import { resolvedAlertsMax, type ShopSnapshot } from './shop-view.ts';
import { levelFromItem, type StockLevel } from './stock-level.ts';

/** Largest page that the server gives. */
const limit = 500;

/** Throws TillstreamError when a part may not be read or the server cannot be reached. */
export async function loadSnapshot(tillstream: Tillstream, locationId: string): Promise<ShopSnapshot> {
  const [sales, levels, alerts] = await Promise.all([
    loadSales(tillstream, locationId),
    loadLevels(tillstream, locationId),
    loadAlerts(tillstream, locationId),
  ]);
  return { locationId, sales, levels, alerts };
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

async function loadAlerts(tillstream: Tillstream, locationId: string): Promise<ShopAlert[]> {
  const open = eachItem((after) =>
    tillstream.listAlerts(locationId, { state: 'open', limit, ...(after === undefined ? {} : { after }) }),
  );
  const resolved = await tillstream.listAlerts(locationId, { state: 'resolved', limit: resolvedAlertsMax });
  const alerts = resolved.items.map(alertFromList).reverse();
  for await (const alert of open) alerts.push(alertFromList(alert));
  return alerts;
}
