// Sales of some days for vendor shops that say nothing of opening hours.

import { generateDay } from '../src/generate-day.ts';
import { mergeByTime } from '../src/merge-by-time.ts';
import type { TillSale } from '../src/sale.ts';
import type { VendorShop } from '../src/vendors/vendor-shop.ts';

export function boughtAt(shops: readonly VendorShop[], dates: readonly string[], seed: string): Iterable<TillSale> {
  const hours = { opensAt: '06:00', closesAt: '20:00', salesPerDay: 90 } as const;
  const days = dates.map((date) =>
    generateDay({
      seed,
      date,
      shops: shops.map((shop) => ({ ...shop, ...hours, posSystemId: shop.id })),
      products: shops[0]?.products ?? [],
      takeBacks: { voidRate: 0, refundRate: 0 },
    }),
  );
  return mergeByTime(days);
}
