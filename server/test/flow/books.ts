// What the server's books say: over the API, as a program from outside reads them, and by SQL as the owner, past every
// policy and every query of the server's own.
import type { Connection } from './connections.ts';
import { keyOf } from './expected-books.ts';
import type { StandingShop } from './stand-up.ts';

/** Rows of the database as its owner sees them. */
export type ReadRows = <Row extends object>(text: string, values?: readonly unknown[]) => Promise<Row[]>;

export interface Books {
  /** A key of shop and external id for each sale found, as often as it is found. */
  readonly present: readonly string[];
  /** Version and status by the same key. */
  readonly finals: ReadonlyMap<string, { version: number; status: string }>;
  /** Whole cents by shop. */
  readonly revenue: ReadonlyMap<string, number>;
  /** Thousandths of the unit by shop and SKU. */
  readonly stock: ReadonlyMap<string, number>;
}

interface ListedSale {
  externalId: string;
  version: number;
  status: string;
  totalAmount: number;
}

interface ListedStock {
  sku: string;
  currentStock: number;
}

/** The books over the API. */
export async function listedBooks(connection: Connection, shops: readonly StandingShop[]): Promise<Books> {
  const present: string[] = [];
  const finals = new Map<string, { version: number; status: string }>();
  const revenue = new Map<string, number>();
  const stock = new Map<string, number>();
  for (const { shopId, locationId } of shops) {
    for (const sale of await allItems<ListedSale>(connection, `/v1/locations/${locationId}/transactions`)) {
      const key = keyOf(shopId, sale.externalId);
      present.push(key);
      finals.set(key, { version: sale.version, status: sale.status });
      revenue.set(shopId, (revenue.get(shopId) ?? 0) + Math.round(sale.totalAmount * 100));
    }
    for (const item of await allItems<ListedStock>(connection, `/v1/locations/${locationId}/stock`)) {
      stock.set(keyOf(shopId, item.sku), Math.round(item.currentStock * 1000));
    }
  }
  return { present, finals, revenue, stock };
}

async function allItems<Item>(connection: Connection, path: string): Promise<Item[]> {
  const items: Item[] = [];
  for (let after = ''; ; ) {
    const query = new URLSearchParams({ limit: '500', ...(after ? { after } : {}) });
    const { status, body } = await connection.get(`${path}?${query}`);
    if (status !== 200) throw new Error(`GET ${path} answered ${status}: ${JSON.stringify(body)}`);
    const page = body as { items: Item[]; nextCursor: string | null };
    items.push(...page.items);
    if (!page.nextCursor) return items;
    after = page.nextCursor;
  }
}

interface StoredFigures {
  readonly revenue: ReadonlyMap<string, number>;
  readonly stock: ReadonlyMap<string, number>;
  readonly ledger: ReadonlyMap<string, number>;
}

/** The same figures straight from the tables, and the sums of the ledger. */
export async function storedFigures(rows: ReadRows, shops: readonly StandingShop[]): Promise<StoredFigures> {
  const shopOf = new Map(shops.map(({ locationId, shopId }) => [locationId, shopId]));
  const locations = shops.map(({ locationId }) => locationId);
  const figures = async (text: string) => {
    const found = await rows<{ location: string; name: string | null; figure: number }>(text, [locations]);
    return new Map(
      found.map(({ location, name, figure }) => {
        const shop = shopOf.get(location) ?? location;
        return [name === null ? shop : keyOf(shop, name), figure] as const;
      }),
    );
  };
  return {
    revenue: await figures(
      `select location_id as location, null as name, sum(total_amount * 100)::float8 as figure
       from pos_transactions where location_id = any($1::uuid[]) group by 1`,
    ),
    stock: await figures(
      `select i.location_id as location, p.sku as name, (i.current_stock * 1000)::float8 as figure
       from inventory_items i join products p on p.id = i.product_id where i.location_id = any($1::uuid[])`,
    ),
    ledger: await figures(
      `select m.location_id as location, p.sku as name, sum(m.quantity * 1000)::float8 as figure
       from stock_movements m join products p on p.id = m.product_id where m.location_id = any($1::uuid[])
       group by 1, 2`,
    ),
  };
}
