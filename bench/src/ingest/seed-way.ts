// What the seed's sketch does for a sale, on the same tables: a statement a row, each a commit of its own, each awaited,
// in the sketch's order. Its Supabase client would put an HTTP request in front of each; here it is plain pg, and the
// SKUs are looked up once a line, as the sketch does.
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import type { Brand, Shop } from '../ground/brand.ts';
import { type Basket, fillBaskets, type SaleLine } from '../ground/sale-stream.ts';

interface Item {
  readonly id: string;
  readonly current_stock: string;
  readonly reorder_level: string;
}

/** Sales a second on one connection, one rate a round. */
export async function measureSeedWay(
  ownerUrl: string,
  brand: Brand,
  times: { readonly warmUpMs: number; readonly roundMs: number; readonly rounds: number },
): Promise<number[]> {
  const client = new pg.Client(ownerUrl);
  await client.connect();
  try {
    const seed = new SeedWay(client, brand.franchiseId);
    const baskets = fillBaskets(brand.products);
    let sold = 0;
    const sellFor = async (ms: number) => {
      const [before, startedAt] = [sold, performance.now()];
      while (performance.now() - startedAt < ms) {
        const [shop, basket] = [brand.shops[sold % brand.shops.length], baskets[sold % baskets.length]];
        if (shop === undefined || basket === undefined) throw new Error('nothing to sell');
        await seed.processTransaction(shop, `seed-${sold}`, basket);
        sold += 1;
      }
      return ((sold - before) / (performance.now() - startedAt)) * 1_000;
    };
    await sellFor(times.warmUpMs);
    const rates: number[] = [];
    for (let round = 0; round < times.rounds; round++) rates.push(await sellFor(times.roundMs));
    return rates;
  } finally {
    await client.end();
  }
}

/** The methods bear the sketch's names. Columns that it does not know, and ours require, are filled in. */
class SeedWay {
  readonly #client: pg.Client;
  readonly #franchiseId: string;

  constructor(client: pg.Client, franchiseId: string) {
    this.#client = client;
    this.#franchiseId = franchiseId;
  }

  async processTransaction(shop: Shop, externalId: string, basket: Basket): Promise<void> {
    const now = new Date();
    const inserted = await this.#client.query<{ id: string }>(
      `insert into pos_transactions (location_id, id, franchise_id, pos_system_id, external_transaction_id, version,
         content_hash, status, transaction_timestamp, business_date, currency, total_amount, payment_method, metadata)
       values ($1, $2, $3, $4, $5, 1, '', 'completed', $6::timestamptz, $6::timestamptz::date, 'USD', $7, $8, '{}') returning *`,
      [
        shop.locationId,
        uuidv7(),
        this.#franchiseId,
        shop.posSystemId,
        externalId,
        now,
        basket.total,
        basket.paymentMethod,
      ],
    );
    const sale = inserted.rows[0];
    if (sale === undefined) throw new Error('the sale was not inserted');
    for (const [index, line] of basket.lines.entries()) {
      const productId = await this.#mapProductId(line.sku);
      await this.#client.query(
        `insert into pos_transaction_items (location_id, transaction_id, line_number, franchise_id, product_id, sku,
           quantity, unit_price, total_price)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9)`,
        [
          shop.locationId,
          sale.id,
          index + 1,
          this.#franchiseId,
          productId,
          line.sku,
          line.quantity,
          line.unitPrice,
          line.total,
        ],
      );
      await this.#updateStock(shop, { saleId: sale.id, productId, line });
    }
    await this.#triggerSyncEvent(shop, {
      eventType: 'pos.transaction',
      entityType: 'pos_transaction',
      entityId: sale.id,
      changeData: sale,
    });
  }

  async #mapProductId(sku: string): Promise<string> {
    const { rows } = await this.#client.query<{ id: string }>(
      'select id from products where franchise_id = $1 and sku = $2',
      [this.#franchiseId, sku],
    );
    if (rows[0] === undefined) throw new Error(`no product ${sku}`);
    return rows[0].id;
  }

  async #updateStock(shop: Shop, sold: { saleId: string; productId: string; line: SaleLine }): Promise<void> {
    const { rows } = await this.#client.query<Item>(
      'select * from inventory_items where location_id = $1 and product_id = $2',
      [shop.locationId, sold.productId],
    );
    const item = rows[0];
    if (item === undefined) throw new Error('the shop does not stock the product');
    const newStock = Number(item.current_stock) - sold.line.quantity;
    await this.#client.query('update inventory_items set current_stock = $3 where location_id = $1 and id = $2', [
      shop.locationId,
      item.id,
      newStock,
    ]);
    await this.#client.query(
      `insert into stock_movements (location_id, id, franchise_id, inventory_item_id, product_id, movement_type, quantity,
         reference_type, reference_id, performed_by, occurred_at)
       values ($1, $2, $3, $4, $5, 'sale', $6, 'pos_transaction', $7, 'seed', now())`,
      [
        shop.locationId,
        uuidv7(),
        this.#franchiseId,
        item.id,
        sold.productId,
        Math.abs(sold.line.quantity),
        sold.saleId,
      ],
    );
    // Levels are far below the stock: the sketch's alert, three statements more, never comes.
    const changeData = { previous_stock: item.current_stock, new_stock: newStock, change: -sold.line.quantity };
    await this.#triggerSyncEvent(shop, {
      eventType: 'inventory.update',
      entityType: 'inventory_item',
      entityId: item.id,
      changeData,
    });
  }

  async #triggerSyncEvent(
    shop: Shop,
    event: { eventType: string; entityType: string; entityId: string; changeData: object },
  ): Promise<void> {
    await this.#client.query(
      `insert into sync_events (epoch, id, scope_id, franchise_id, location_id, event_type, entity_type, entity_id,
         table_name, operation, change_data, source_system, "timestamp")
       values (1, $1, $2, $3, $2, $4, $5, $6, 'sync_events', 'INSERT', $7, 'pos', now())`,
      [
        uuidv7(),
        shop.locationId,
        this.#franchiseId,
        event.eventType,
        event.entityType,
        event.entityId,
        JSON.stringify(event.changeData),
      ],
    );
  }
}
