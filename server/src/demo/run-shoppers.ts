// Lets shoppers buy at the demo's tills, and keeps their shelves from running empty for good.
import { createTillstream, eachItem, type Tillstream } from '@tillstream/client';
import {
  createShelfKeeper,
  demoFranchise,
  endlessSales,
  playShoppers,
  realSleep,
  type Shelf,
  type Shop,
  sendThrough,
} from '@tillstream/simulators';
import type { Clock } from '../platform/clock.ts';
import { createService, type Service } from '../platform/service.ts';
import type { DemoFacts } from './demo-file.ts';
import { pageAfter } from './page-after.ts';

export interface ShoppersOptions {
  readonly facts: DemoFacts;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** The demo's tills as a part that starts and stops; they sell as long as it runs. */
export function createShoppers({ facts, clock, onError }: ShoppersOptions): Service {
  const stopping = new AbortController();
  let playing = Promise.resolve();
  return createService({
    name: 'demo shoppers',
    start: async () => {
      const owner = createTillstream({ url: facts.url, apiKey: facts.keys.owner });
      const shelves = createShelfKeeper({
        shelves: await readShelves(owner, facts),
        restock: async (locationId, productId, quantity) => {
          await owner.adjustStock({ locationId, productId, type: 'in', quantity, reason: 'delivery' });
        },
        now: () => clock.now().getTime(),
        onError,
      });
      const sales = endlessSales({
        seed: `${facts.franchiseId} ${clock.now().toISOString()}`,
        shops: openShops(facts),
        products: demoFranchise.products,
        busyness: demoFranchise.busyness,
        now: () => clock.now().getTime(),
      });
      const play = playShoppers({
        sales,
        send: sendThrough(createTillstream({ url: facts.url, apiKey: facts.keys.till })),
        clock: { now: () => clock.now().getTime(), sleep: realSleep },
        signal: stopping.signal,
        onAcknowledged: shelves.onSold,
      });
      playing = play.then(() => undefined, onError);
    },
    stop: async () => {
      stopping.abort();
      await playing;
    },
  });
}

function openShops({ locations }: DemoFacts): Shop[] {
  const plans = new Map(demoFranchise.shops.map((shop) => [shop.name, shop]));
  return locations.flatMap(({ id, name, posSystemId }) => {
    const plan = plans.get(name);
    return plan
      ? [{ id, posSystemId, timeZone: plan.timeZone, currency: demoFranchise.currency, ...plan.shoppers }]
      : [];
  });
}

async function readShelves(client: Tillstream, { locations, products }: DemoFacts): Promise<Shelf[]> {
  const skus = new Map(products.map(({ id, sku }) => [id, sku]));
  const shelves: Shelf[] = [];
  for (const { id: locationId } of locations) {
    for await (const { productId, currentStock, reorderLevel, maxStockLevel } of eachItem((after) =>
      client.listStock(locationId, pageAfter(after)),
    )) {
      const sku = skus.get(productId);
      if (sku === undefined || reorderLevel === null || maxStockLevel === null) continue;
      shelves.push({ locationId, productId, sku, currentStock, reorderLevel, maxStockLevel });
    }
  }
  return shelves;
}
