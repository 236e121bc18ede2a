// Writes to the log as the slices do, from a process of its own: one event of stock after the other, each stamped with the
// moment at which it was made.
import { type AnyNewEvent, append, backgroundActor, Database, poolUrl } from '@tillstream/server/measured';
import { v7 as uuidv7 } from 'uuid';
import type { Brand, Shop } from './brand.ts';
import { nowUs } from './steady-clock.ts';

const actor = backgroundActor('bench');

export class StockLog {
  readonly #db: Database;
  readonly #franchiseId: string;
  readonly #items = new Map<string, string>();

  constructor(ownerUrl: string, { franchiseId }: Brand) {
    this.#db = new Database({ url: poolUrl(ownerUrl), connectionsMax: 4 });
    this.#franchiseId = franchiseId;
  }

  /** One event for each of the shops, in one transaction; resolves when it is committed. */
  async write(shops: readonly Shop[]): Promise<void> {
    const madeAtUs = nowUs();
    const at = new Date();
    const stamp = at.toISOString();
    const events = shops.map((shop) => this.#event(shop, { madeAtUs, at, stamp }));
    await this.#db.transaction(actor, (tx) => append(tx, events));
  }

  close(): Promise<void> {
    return this.#db.close();
  }

  /** The row as the feed has it; its stock is the stamp. */
  #event(
    { locationId, franchiseeId }: Shop,
    { madeAtUs, at, stamp }: { madeAtUs: number; at: Date; stamp: string },
  ): AnyNewEvent {
    const itemId = this.#items.get(locationId) ?? uuidv7();
    this.#items.set(locationId, itemId);
    const record = {
      location_id: locationId,
      id: itemId,
      franchise_id: this.#franchiseId,
      franchisee_id: franchiseeId,
      product_id: itemId,
      current_stock: madeAtUs,
      reorder_level: 100,
      rearm_level: 110,
      max_stock_level: null,
      last_restocked_at: null,
      last_counted_at: null,
      created_at: stamp,
      updated_at: stamp,
      version: 1,
    };
    return {
      type: 'inventory.update',
      owner: { franchiseId: this.#franchiseId, franchiseeId, locationId },
      entityId: itemId,
      operation: 'INSERT',
      record,
      changeData: {
        inventoryItemId: itemId,
        locationId,
        productId: itemId,
        productName: 'Espresso',
        sku: 'SKU-1',
        previousStock: madeAtUs + 1,
        newStock: madeAtUs,
        change: -1,
        reason: 'levels',
      },
      sourceSystem: 'pos',
      timestamp: at,
    };
  }
}
