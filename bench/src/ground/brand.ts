// The franchise that is sold at: written straight into the tables, since founding it is not what is measured.
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';

export interface Shop {
  readonly locationId: string;
  /** Its firm. */
  readonly franchiseeId: string;
  /** Its till. */
  readonly posSystemId: string;
}

export interface Brand {
  readonly franchiseId: string;
  readonly shops: readonly Shop[];
  readonly products: readonly { readonly id: string; readonly sku: string }[];
}

export const shopsCount = 100;
/** As many as the coffee chain sells whose real days the tests play. */
const productsCount = 80;
const shopsPerFirm = 10;

/** Shops with a till and a stocked shelf each, in a migrated database. No level is ever reached, so nothing is alerted. */
export async function foundBrand(ownerUrl: string): Promise<Brand> {
  const client = new pg.Client(ownerUrl);
  await client.connect();
  try {
    const franchiseId = uuidv7();
    const firms = Array.from({ length: shopsCount / shopsPerFirm }, () => uuidv7());
    const shops = firms.flatMap((franchiseeId) =>
      Array.from({ length: shopsPerFirm }, () => ({ locationId: uuidv7(), franchiseeId, posSystemId: uuidv7() })),
    );
    const products = Array.from({ length: productsCount }, (_, index) => ({
      id: uuidv7(),
      sku: `SKU-${1000 + index}`,
    }));
    await client.query(`insert into franchises (id, name, currency) values ($1, 'Measured brand', 'USD')`, [
      franchiseId,
    ]);
    await client.query(
      `insert into franchisees (id, franchise_id, name) select id, $1, 'Firm ' || n
       from unnest($2::uuid[]) with ordinality as firm (id, n)`,
      [franchiseId, firms],
    );
    await client.query(
      `insert into locations (id, franchise_id, franchisee_id, name, time_zone, currency)
       select id, $1, firm, 'Shop ' || n, 'America/New_York', 'USD'
       from unnest($2::uuid[], $3::uuid[]) with ordinality as shop (id, firm, n)`,
      [franchiseId, shops.map((shop) => shop.locationId), shops.map((shop) => shop.franchiseeId)],
    );
    await client.query(
      `insert into pos_systems (location_id, id, franchise_id, franchisee_id, name, system_type)
       select location.id, till.id, franchise_id, franchisee_id, 'Till', 'custom'
       from unnest($1::uuid[], $2::uuid[]) as till (location_id, id) join locations as location
         on location.id = till.location_id`,
      [shops.map((shop) => shop.locationId), shops.map((shop) => shop.posSystemId)],
    );
    await client.query(
      `insert into products (id, franchise_id, sku, name, unit, price, currency)
       select id, $1, sku, 'Product ' || sku, 'piece', 3.5, 'USD' from unnest($2::uuid[], $3::text[]) as product (id, sku)`,
      [franchiseId, products.map((product) => product.id), products.map((product) => product.sku)],
    );
    await client.query(
      `insert into inventory_items (location_id, id, franchise_id, franchisee_id, product_id, current_stock,
         reorder_level, rearm_level)
       select location.id, gen_random_uuid(), location.franchise_id, franchisee_id, product.id, 10000000, 100, 110
       from locations as location cross join products as product`,
    );
    // What autovacuum would do within a minute: until then the planner takes 8,000 shelves for a handful. Not of the books,
    // which are empty: a plan made for no row at all reads the whole table, and is kept.
    await client.query('analyze franchises, locations, pos_systems, products, inventory_items');
    return { franchiseId, shops, products };
  } finally {
    await client.end();
  }
}
