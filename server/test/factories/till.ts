/** A till at a shop, the sales that it sends, and the slice that books them: what the tests of domains/pos stand on. */
import { v7 as uuidv7 } from 'uuid';
import { commitSales, type Outcome } from '../../src/domains/pos/commit-sales.ts';
import { parseSale } from '../../src/domains/pos/parse-sale.ts';
import type { SaleResult } from '../../src/domains/pos/sale.ts';
import type { WaitingSale } from '../../src/domains/pos/waiting-sale.ts';
import { createLogger } from '../../src/platform/logger.ts';
import type { ManualClock } from '../harness/manual-clock.ts';
import type { TestDatabase } from '../harness/test-database.ts';
import type { Shop } from './brand.ts';

export interface Till extends Shop {
  readonly id: string;
}

export async function installTill(database: TestDatabase, shop: Shop, name = 'Till'): Promise<Till> {
  const id = uuidv7();
  await database.rows(
    `insert into pos_systems (location_id, id, franchise_id, franchisee_id, name, system_type)
     values ($1, $2, $3, $4, $5, 'custom')`,
    [shop.locationId, id, shop.franchiseId, shop.franchiseeId, name],
  );
  return { ...shop, id };
}

export interface SaleOnWire {
  readonly externalId: string;
  readonly version?: number;
  readonly status?: string;
  readonly occurredAt?: string;
  readonly total?: number | string;
  readonly currency?: string;
  readonly [field: string]: unknown;
}

/** A proper sale of these quantities by SKU, a dollar each, with whatever `part` changes. */
export function saleOf(quantities: Readonly<Record<string, number>>, part: SaleOnWire): SaleOnWire {
  const lines = Object.entries(quantities).map(([sku, quantity]) => ({ sku, quantity, unitPrice: 1, total: quantity }));
  const total = lines.reduce((sum, line) => sum + line.total, 0);
  return { occurredAt: '2026-03-08T12:00:00Z', currency: 'USD', total, lines, ...part };
}

/** The element as it waits to be booked, after permission was checked. */
export function waitingAt(till: Till, sale: SaleOnWire | Buffer, now: Date): WaitingSale {
  const raw = Buffer.isBuffer(sale) ? sale : Buffer.from(JSON.stringify(sale));
  return { system: till, performedBy: 'key:test', raw, parsed: parseSale(raw, { currency: 'USD', now }) };
}

/** Books one batch, as a lane does. */
export function bookingOn(database: TestDatabase, clock: ManualClock) {
  const logger = createLogger({ level: 'silent' });
  const commit = (sales: readonly WaitingSale[]): Promise<Outcome[]> =>
    commitSales({ db: database.db, clock, logger }, sales);
  const book = async (till: Till, ...sales: (SaleOnWire | Buffer)[]): Promise<SaleResult[]> => {
    const outcomes = await commit(sales.map((sale) => waitingAt(till, sale, clock.now())));
    return outcomes.map((outcome) => {
      if ('failure' in outcome) throw outcome.failure;
      return outcome.result;
    });
  };
  return { commit, book };
}

/** Fails unless the shop's stock is the sum of its movements; returns it by SKU. */
export async function stockOf(database: TestDatabase, locationId: string): Promise<Record<string, number>> {
  const rows = await database.rows<{ sku: string; stock: string; moved: string }>(
    `select p.sku, i.current_stock as stock, coalesce(sum(m.quantity), 0) as moved
     from inventory_items i join products p on p.id = i.product_id
     left join stock_movements m on m.location_id = i.location_id and m.inventory_item_id = i.id
     where i.location_id = $1 group by p.sku, i.current_stock order by p.sku`,
    [locationId],
  );
  for (const { sku, stock, moved } of rows) {
    if (Number(stock) !== Number(moved)) throw new Error(`${sku} has a stock of ${stock}, but moved by ${moved}`);
  }
  return Object.fromEntries(rows.map(({ sku, stock }) => [sku, Number(stock)]));
}
