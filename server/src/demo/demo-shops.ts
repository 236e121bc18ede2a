// The demo's shops as the simulators know them: where they are, when they sell, and what they sold before anybody looked.
import {
  type DemoProduct,
  demoFranchise,
  endlessSales,
  openingStocks,
  type Shop,
  type TillSale,
} from '@tillstream/simulators';
import type { DemoFacts } from './demo-file.ts';
import type { OpeningStock } from './equip-demo.ts';

type Brand = Pick<DemoFacts, 'franchiseId' | 'locations'>;

/** Times the pace of real shops: somebody watches, and six shops should ring every few seconds. */
const busyness = 4;
const hourMs = 3_600_000;

/** What all sales of the brand are drawn from. */
export function shoppingOf(brand: Brand) {
  return { seed: brand.franchiseId, shops: openShops(brand), products: demoFranchise.products, busyness };
}

/** The sales of the hour before `now` (ms since 1970), so that a new demo's charts have something to show. */
export function hourBefore(now: number, brand: Brand): TillSale[] {
  const sales: TillSale[] = [];
  for (const sale of endlessSales({ ...shoppingOf(brand), now: () => now - hourMs })) {
    if (sale.at >= now) break;
    sales.push(sale);
  }
  return sales;
}

/** What the shelves must hold before `past` is sold, for what is left to look like a shop in the middle of its day. */
export function stockBefore(past: readonly TillSale[], brand: Brand): OpeningStock {
  const { seed, shops, products } = shoppingOf(brand);
  const stocks = openingStocks({ seed, shops, products, past });
  return (locationId: string, { sku, maxStockLevel }: DemoProduct) => stocks.get(locationId)?.get(sku) ?? maxStockLevel;
}

function openShops({ locations }: Brand): Shop[] {
  const plans = new Map(demoFranchise.shops.map((shop) => [shop.name, shop]));
  return locations.flatMap(({ id, name, posSystemId }) => {
    const plan = plans.get(name);
    return plan
      ? [{ id, posSystemId, timeZone: plan.timeZone, currency: demoFranchise.currency, ...plan.shoppers }]
      : [];
  });
}
