// What the demo's shelves hold when it is first looked at: most are well filled, a few shops have let something run low,
// and each has a favourite that is about to, so that an alert comes while somebody is still watching.

import { tasteOf } from './basket.ts';
import type { DemoProduct } from './demo-franchise.ts';
import { randomFor } from './random.ts';
import type { Shop, TillSale } from './sale.ts';

/** Every so many shops, one has an item under its reorder level. */
const shopsPerLowItem = 2;

/** Pieces that a favourite has left above its reorder level; what busy shops sell in the first minutes. */
const soonLow = { least: 4, most: 20 };

export interface DemoShelves {
  readonly seed: string;
  readonly shops: readonly Shop[];
  readonly products: readonly DemoProduct[];
  /** Sold before anybody looks: it is on the shelves first, so that none of it was sold from an empty one. */
  readonly past: Iterable<TillSale>;
}

/** Stock to open with, by shop and SKU, in the product's unit. */
export type OpeningStocks = ReadonlyMap<string, ReadonlyMap<string, number>>;

export function openingStocks({ seed, shops, products, past }: DemoShelves): OpeningStocks {
  const sold = soldBy(past);
  return new Map(
    shops.map((shop, at) => {
      const left = leftAfterwards({ seed, shop, products, hasLowItem: at % shopsPerLowItem === 0 });
      // Above its level in any case: what opens at or under it never falls to it, and nobody would be warned.
      const opening = products.map(({ sku, reorderLevel }) => {
        const needed = (left.get(sku) ?? 0) + (sold.get(shop.id)?.get(sku) ?? 0);
        return [sku, Math.max(reorderLevel + 1, Math.ceil(needed))] as const;
      });
      return [shop.id, new Map(opening)] as const;
    }),
  );
}

function leftAfterwards(of: {
  seed: string;
  shop: Shop;
  products: readonly DemoProduct[];
  hasLowItem: boolean;
}): Map<string, number> {
  const { seed, shop, products } = of;
  const random = randomFor(seed, shop.id, 'shelves');
  const left = new Map(
    products.map(({ sku, reorderLevel, maxStockLevel }) => {
      const spare = maxStockLevel - reorderLevel;
      return [sku, reorderLevel + spare * (0.25 + 0.65 * random.unit())] as const;
    }),
  );
  const { products: ranking, weights } = tasteOf(seed, shop, products);
  const favourites = ranking.toSorted((one, other) => weightOf(other.sku) - weightOf(one.sku));
  const levels = new Map(products.map(({ sku, reorderLevel }) => [sku, reorderLevel]));
  const [, second, third] = favourites;
  if (second) left.set(second.sku, (levels.get(second.sku) ?? 0) + random.between(soonLow.least, soonLow.most));
  // Above half of the level, where the shop would order at once.
  if (third && of.hasLowItem) left.set(third.sku, (levels.get(third.sku) ?? 0) * (0.7 + 0.2 * random.unit()));
  return left;

  function weightOf(sku: string): number {
    return weights[ranking.findIndex((product) => product.sku === sku)] ?? 0;
  }
}

/** The last version of a sale counts: what was returned is back on the shelf. */
function soldBy(past: Iterable<TillSale>): Map<string, Map<string, number>> {
  const sold = new Map<string, Map<string, number>>();
  for (const { shopId, sale, before } of past) {
    const ofShop = sold.get(shopId) ?? new Map<string, number>();
    sold.set(shopId, ofShop);
    for (const { sku, quantity } of sale.lines) ofShop.set(sku, (ofShop.get(sku) ?? 0) + quantity);
    for (const { sku, quantity } of before?.lines ?? []) ofShop.set(sku, (ofShop.get(sku) ?? 0) - quantity);
  }
  return sold;
}
