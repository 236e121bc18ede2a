// POST /v2/inventory/counts/batch-retrieve: what has been sold of each variation at each location, below nothing, because
// nobody delivers to this simulator.

import { textOf, textsOf } from '../http-door.ts';
import type { Ledger } from '../ledger.ts';
import type { VendorShop } from '../vendor-shop.ts';
import { page } from './page.ts';
import type { Rendering } from './rendering.ts';
import { readInstant } from './search-orders.ts';
import { quantityText, stamp } from './square-money.ts';

interface Count {
  readonly id: string;
  readonly variation: string;
  readonly location: string;
  quantity: number;
  calculatedAt: number;
}

export interface Inventory {
  readonly ledger: Ledger;
  readonly rendering: Rendering;
  readonly shops: readonly VendorShop[];
  readonly now: number;
}

const limitMax = 1000;

export function inventoryCounts(
  body: Readonly<Record<string, unknown>>,
  inventory: Inventory,
): Record<string, unknown> {
  const wanted = {
    variations: textsOf(body['catalog_object_ids']),
    locations: textsOf(body['location_ids']),
    states: textsOf(body['states']) ?? ['IN_STOCK'],
    after: readInstant(body['updated_after'], 'updated_after') ?? Number.NEGATIVE_INFINITY,
  };
  const counts = countAll(inventory).filter(
    (count) =>
      wanted.states.includes('IN_STOCK') &&
      count.calculatedAt > wanted.after &&
      (wanted.variations?.includes(count.variation) ?? true) &&
      (wanted.locations?.includes(count.location) ?? true),
  );
  const { cursor, ...query } = body;
  const limit = Math.min(Number(body['limit'] ?? 100), limitMax);
  const found = page({
    query: JSON.stringify(query),
    cursor: textOf(cursor),
    end: inventory.now,
    limit,
    ascending: true,
    keyOf: () => 0,
    rows: () => counts,
  });
  return {
    counts: found.rows.map((count) => ({
      catalog_object_id: count.variation,
      catalog_object_type: 'ITEM_VARIATION',
      state: 'IN_STOCK',
      location_id: count.location,
      quantity: quantityText(count.quantity),
      calculated_at: stamp(count.calculatedAt),
      is_estimated: false,
    })),
    ...(found.cursor === undefined ? {} : { cursor: found.cursor }),
  };
}

function countAll({ ledger, rendering, shops }: Inventory): readonly Count[] {
  const counts = new Map<string, Count>();
  for (const shop of shops) {
    const location = rendering.ids.location(shop.id);
    for (const item of rendering.items.items.values()) {
      const variation = rendering.ids.variation(item.key);
      const id = `${location} ${variation}`;
      counts.set(id, { id, variation, location, quantity: 0, calculatedAt: item.createdAt });
    }
  }
  for (const sale of ledger.sales.values()) {
    if (sale.state !== 'completed') continue;
    for (const line of sale.lines) {
      const item = line.sku === undefined || line.voided ? undefined : rendering.items.bySku(line.sku);
      const id = `${rendering.ids.location(sale.shop.id)} ${rendering.ids.variation(item?.key ?? '')}`;
      const count = counts.get(id);
      if (!count) continue;
      count.quantity -= line.quantity - line.returned;
      count.calculatedAt = Math.max(count.calculatedAt, sale.modifiedAt);
    }
  }
  return [...counts.values()];
}
