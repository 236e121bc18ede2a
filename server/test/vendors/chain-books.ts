// What the server has booked of a shop, in the words of the simulated vendors' own books.
import { add, decimal, plain } from '../../src/platform/decimal.ts';
import type { TestDatabase } from '../harness/test-database.ts';

type Rows = TestDatabase['rows'];

interface DayTotal {
  readonly paid: string;
  readonly tips: string;
  readonly refunded: string;
}

/** By business date and tender, to the cent. */
export async function bookedDayTotals(rows: Rows, locationId: string): Promise<Record<string, DayTotal>> {
  const found = await rows<DayTotal & { key: string }>(
    `select business_date || ' ' || (tender ->> 'method') as key,
       coalesce(sum((tender ->> 'amount')::numeric) filter (where kind = 'sale'), 0)::text as paid,
       coalesce(sum((tender ->> 'tip')::numeric) filter (where kind = 'sale'), 0)::text as tips,
       coalesce(-sum((tender ->> 'amount')::numeric + coalesce((tender ->> 'tip')::numeric, 0))
         filter (where kind = 'refund'), 0)::text as refunded
     from pos_transactions cross join lateral jsonb_array_elements(breakdown -> 'tenders') as tender
     where location_id = $1 and tender ->> 'method' <> 'exchange' group by 1 order by 1`,
    [locationId],
  );
  const trim = (figure: string) => plain(decimal(figure));
  return Object.fromEntries(
    found.map(({ key, paid, tips, refunded }) => [
      key,
      { paid: trim(paid), tips: trim(tips), refunded: trim(refunded) },
    ]),
  );
}

/** What is gone for good, by SKU: by the lines of the sales. */
export async function bookedGoods(rows: Rows, locationId: string): Promise<Record<string, string>> {
  const found = await rows<{ sku: string; quantity: string }>(
    `select sku, sum(quantity)::text as quantity from pos_transaction_items
     where location_id = $1 and sku is not null group by sku having sum(quantity) <> 0 order by sku collate "C"`,
    [locationId],
  );
  return Object.fromEntries(found.map(({ sku, quantity }) => [sku, plain(decimal(quantity))]));
}

/** The same by the stock, which began at nothing; fails where the stock is not the sum of its movements. */
export async function goneFromStock(rows: Rows, locationId: string): Promise<Record<string, string>> {
  const found = await rows<{ sku: string; stock: string; moved: string }>(
    `select p.sku, i.current_stock::text as stock, coalesce(sum(m.quantity), 0)::text as moved
     from inventory_items i join products p on p.id = i.product_id
     left join stock_movements m on m.location_id = i.location_id and m.inventory_item_id = i.id
     where i.location_id = $1 group by p.sku, i.current_stock order by p.sku collate "C"`,
    [locationId],
  );
  const gone = found.map(({ sku, stock, moved }) => {
    if (!decimal(stock).eq(decimal(moved))) throw new Error(`${sku} has a stock of ${stock}, but moved by ${moved}`);
    return [sku, plain(decimal(stock).neg())] as const;
  });
  return Object.fromEntries(gone.filter(([, quantity]) => quantity !== '0'));
}

/** Totals by the vendor's sale id, tip included; what was voided is left out. */
export async function bookedSales(rows: Rows, locationId: string): Promise<Record<string, string>> {
  const found = await rows<{ id: string; total: string }>(
    `select external_transaction_id as id, total_amount::text as total from pos_transactions
     where location_id = $1 and kind = 'sale' and status = 'completed' order by 1`,
    [locationId],
  );
  return Object.fromEntries(found.map(({ id, total }) => [id, plain(add(decimal(total), decimal('0')))]).sort());
}
