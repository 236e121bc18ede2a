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
  type TillSale,
} from '@tillstream/simulators';
import type { Clock } from '../platform/clock.ts';
import { createService, type Service } from '../platform/service.ts';
import type { DemoFacts } from './demo-file.ts';
import { pageAfter } from './page-after.ts';

export interface ShoppersOptions {
  readonly facts: DemoFacts;
  /** Lets an hour of sales pass in seconds first, so that a new demo's charts have something to show. */
  readonly isNew: boolean;
  readonly clock: Clock;
  readonly onError: (error: unknown) => void;
}

/** Times the pace of real shops: somebody watches, and six shops should ring every few seconds. */
const busyness = 4;
const hourMs = 3_600_000;

/** The demo's tills as a part that starts and stops; they sell as long as it runs. */
export function createShoppers({ facts, isNew, clock, onError }: ShoppersOptions): Service {
  const stopping = new AbortController();
  const now = () => clock.now().getTime();
  let playing = Promise.resolve();

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
    const shopping = { seed: facts.franchiseId, shops: openShops(facts), products: demoFranchise.products, busyness };
    if (isNew) {
      const anHourAgo = now() - hourMs;
      const past = endlessSales({ ...shopping, now: () => anHourAgo });
      await playShoppers({ ...ports, sales: until(past, anHourAgo + hourMs), from: anHourAgo, speed: 1_000 });
    }
    // Without `from` the first sale would be played at once, and all of them be dated a little ahead of the clock.
    await playShoppers({ ...ports, sales: endlessSales({ ...shopping, now }), from: now() });
  }

  return createService({
    name: 'demo shoppers',
    start: async () => {
      playing = play().catch(onError);
    },
    stop: async () => {
      stopping.abort();
      await playing;
    },
  });
}

function* until(sales: Iterable<TillSale>, end: number): Generator<TillSale, void, undefined> {
  for (const sale of sales) {
    if (sale.at >= end) return;
    yield sale;
  }
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
