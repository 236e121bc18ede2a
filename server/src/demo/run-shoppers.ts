// Lets shoppers buy at the demo's tills, and keeps their shelves from running empty for good.
import { createTillstream, eachItem, type Tillstream } from '@tillstream/client';
import {
  createShelfKeeper,
  endlessSales,
  playShoppers,
  realSleep,
  type Shelf,
  type ShelfKeeper,
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
  const shopping = shoppingOf(facts);
  const atVendor = new Set(facts.locations.filter(({ name }) => sellsThroughVendor(name)).map(({ id }) => id));

  function vendors(keeper: ShelfKeeper): Service {
    vendorTills = createVendorTills({ facts, clock, busyness: shopping.busyness, keeper, onError });
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
    if (past.length > 0) await playShoppers({ ...ports, sales: past, speed: pastSpeed });
    if (stopping.signal.aborted) return;
    await vendors(keeper).start();
    // Without `from` the first sale would be played at once, and all of them be dated a little ahead of the clock.
    const pushing = { ...shopping, shops: shopping.shops.filter(({ id }) => !atVendor.has(id)) };
    await playShoppers({ ...ports, sales: endlessSales({ ...pushing, now }), from: now() });
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
