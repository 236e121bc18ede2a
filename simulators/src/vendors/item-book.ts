// The items that a vendor's back office holds: what a SKU is looked up in, and what a deleted item is still known by.

import type { Product } from '../sale.ts';

export interface Item {
  /** The first SKU it had; the vendor's ids are made from it, so they stay when the SKU is changed. */
  readonly key: string;
  product: Product;
  readonly createdAt: number;
  modifiedAt: number;
  deleted: boolean;
}

export class ItemBook {
  readonly items: ReadonlyMap<string, Item>;
  readonly #now: () => number;
  readonly #changed: (item: Item) => void;

  constructor(products: Iterable<Product>, now: () => number, changed: (item: Item) => void) {
    const items = new Map<string, Item>();
    for (const product of products) {
      const at = now();
      items.set(product.sku, { key: product.sku, product, createdAt: at, modifiedAt: at, deleted: false });
    }
    this.items = items;
    this.#now = now;
    this.#changed = changed;
  }

  /** The item that is sold under `sku` today, else a deleted one, else the one that was sold under it first. */
  bySku(sku: string): Item | undefined {
    const same = this.items.get(sku);
    // Nearly every item keeps the SKU it began with; this runs for each line of each answer.
    if (same && !same.deleted && same.product.sku === sku) return same;
    const all = [...this.items.values()].filter((item) => item.product.sku === sku);
    return all.find((item) => !item.deleted) ?? all[0] ?? same;
  }

  change(sku: string, changes: Partial<Pick<Product, 'sku' | 'name' | 'priceCents'>>): void {
    const item = this.#item(sku);
    item.product = { ...item.product, ...changes };
    this.#stamp(item);
  }

  /** Sales of it stay what they were; the item is gone, or left as a tombstone where the vendor keeps one. */
  delete(sku: string): void {
    const item = this.#item(sku);
    item.deleted = true;
    this.#stamp(item);
  }

  #item(sku: string): Item {
    const item = this.bySku(sku);
    if (!item || item.deleted) throw new Error(`no item is sold as ${sku}`);
    return item;
  }

  #stamp(item: Item): void {
    item.modifiedAt = Math.max(this.#now(), item.modifiedAt + 1);
    this.#changed(item);
  }
}
