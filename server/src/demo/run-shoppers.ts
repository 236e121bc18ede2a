// Lets shoppers buy at the demo's tills, and keeps their shelves from running empty for good.
import { createTillstream, eachItem, type Tillstream } from '@tillstream/client';
import {
  createShelfKeeper,
  endlessSales,
  playShoppers,
  realSleep,
  type Shelf,
<<<<<<< server/src/demo/run-shoppers.ts
  type ShelfKeeper,
  type Shop,
=======
>>>>>>> /tmp/l.new
  sendThrough,
  type TillSale,
} from '@tillstream/simulators';
import type { Clock } from '../platform/clock.ts';
import { createService, type Service } from '../platform/service.ts';
import type { DemoFacts } from './demo-file.ts';
import { shoppingOf } from './demo-shops.ts';
import { pageAfter } from './page-after.ts';
import { createVendorTills, sellsThroughVendor } from './vendor-tills.ts';

export interface ShoppersOptions {
  readonly facts: DemoFacts;
  /** What was sold before now: played first, within seconds. */
  readonly past: readonly TillSale[];
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Times real time. */
const pastSpeed = 1_000;

/** The demo's tills as a part that starts and stops; they sell as long as it runs. */
export function createShoppers({ facts, past, clock, onError }: ShoppersOptions): Service {
  const stopping = new AbortController();
  const now = () => clock.now().getTime();
  let playing = Promise.resolve();
  let vendorTills: Service | null = null;
  const atVendor = new Set(facts.locations.filter(({ name }) => sellsThroughVendor(name)).map(({ id }) => id));

  function vendors(keeper: ShelfKeeper): Service {
    vendorTills = createVendorTills({ facts, clock, busyness, keeper, onError });
    return vendorTills;
  }

  async function play(): Promise<void> {
    const owner = createTillstream({ url: facts.url, apiKey: facts.keys.owner });
    const keeper = createShelfKeeper({
      shelves: await readShelves(owner, facts),
      restock: async (locationId, productId, quantity) => {
        await owner.adjustStock({ locationId, productId, type: 'in', quantity, reason: 'delivery' });
      },
      now,
      onError,
    });
    const ports = {
      send: sendThrough(createTillstream({ url: facts.url, apiKey: facts.keys.till })),
      clock: { now, sleep: realSleep },
      signal: stopping.signal,
      onAcknowledged: keeper.onSold,
    };
<<<<<<< server/src/demo/run-shoppers.ts
    const shopping = { seed: facts.franchiseId, shops: openShops(facts), products: demoFranchise.products, busyness };
    if (isNew) {
      const anHourAgo = now() - hourMs;
      const past = endlessSales({ ...shopping, now: () => anHourAgo });
      await playShoppers({ ...ports, sales: until(past, anHourAgo + hourMs), from: anHourAgo, speed: 1_000 });
    }
    if (stopping.signal.aborted) return;
    await vendors(keeper).start();
    const pushing = openShops(facts).filter(({ id }) => !atVendor.has(id));
    // Without `from` the first sale would be played at once, and all of them be dated a little ahead of the clock.
    await playShoppers({ ...ports, sales: endlessSales({ ...shopping, shops: pushing, now }), from: now() });
=======
    if (past.length > 0) await playShoppers({ ...ports, sales: past, speed: pastSpeed });
    // Without `from` the first sale would be played at once, and all of them be dated a little ahead of the clock.
    await playShoppers({ ...ports, sales: endlessSales({ ...shoppingOf(facts), now }), from: now() });
>>>>>>> /tmp/l.new
  }

  return createService({
    name: 'demo shoppers',
    start: async () => {
      playing = play().catch(onError);
    },
    stop: async () => {
      stopping.abort();
      await playing;
      await vendorTills?.stop();
    },
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
