// Half of the demo's shops sell through tills of vendors: a simulated Square, Clover and Toast on localhost, connected as a
// person would connect the real ones, whose sales come back by webhooks and polling. The simulated vendors begin anew with
// each start, so their tills are given new credentials each time.
import { createTillstream, eachItem, type PosSystem, type Tillstream } from '@tillstream/client';
import { demoFranchise, realSleep, type ShelfKeeper, type TillSale } from '@tillstream/simulators';
import { type ChainShop, startVendorTills, type TillAction, type VendorTills } from '@tillstream/simulators/vendors';
import type { Clock } from '../platform/clock.ts';
import { createService, type Service } from '../platform/service.ts';
import type { DemoFacts } from './demo-file.ts';
import { listenToVendors } from './listen-to-vendors.ts';
import { pageAfter } from './page-after.ts';

const makes = ['square', 'clover', 'toast'] as const;
type Make = (typeof makes)[number];

/** The names of the shops that sell through a vendor, and through which. */
const makeOf = new Map<string, Make>(
  demoFranchise.shops.slice(-makes.length).map(({ name }, index) => [name, makes[index] ?? 'square']),
);

/** Whether the shop's sales come from a vendor and not by push. */
export function sellsThroughVendor(name: string): boolean {
  return makeOf.has(name);
}

export interface VendorTillsOptions {
  readonly facts: DemoFacts;
  readonly clock: Clock;
  readonly busyness: number;
  readonly keeper: ShelfKeeper;
  readonly onError: (error: unknown) => void;
}

/** Opens in the background: nobody who starts the demo waits for it. */
export function createVendorTills(options: VendorTillsOptions): Service {
  let vendors: VendorTills | null = null;
  let opening = Promise.resolve();

  async function open(): Promise<void> {
    const { facts, clock, busyness, keeper, onError } = options;
    const shops = chainShops(facts);
    const now = () => clock.now().getTime();
    // Of its own each time: vendors that forget everything and give the same ids again would contradict their past.
    const seed = `${facts.franchiseId}-${now()}`;
    vendors = await startVendorTills({ shops, clock: { now, sleep: realSleep }, seed, busyness });
    const owner = createTillstream({ url: facts.url, apiKey: facts.keys.owner });
    for (const shop of shops) await connectShop(owner, vendors, shop);
    await listenToVendors({ client: owner, origin: facts.url }, vendors);
    vendors.open((action) => {
      const sold = soldBy(action);
      if (sold !== null) Promise.resolve(keeper.onSold([sold], [])).catch(onError);
    });
  }

  return createService({
    name: 'demo vendors',
    start: async () => {
      opening = open().catch(options.onError);
    },
    stop: async () => {
      await opening;
      await vendors?.close();
    },
  });
}

function chainShops({ locations }: DemoFacts): ChainShop[] {
  const plans = new Map(demoFranchise.shops.map((shop) => [shop.name, shop]));
  const { currency, products } = demoFranchise;
  return locations.flatMap(({ id, name }) => {
    const [plan, make] = [plans.get(name), makeOf.get(name)];
    if (plan === undefined || make === undefined) return [];
    const { timeZone, closingHour, shoppers } = plan;
    return [{ id, name, make, timeZone, closingHour, shoppers, currency, products }];
  });
}

/** Registers the shop's till at its vendor, or gives the one of an earlier start its new address and credentials. */
async function connectShop(client: Tillstream, vendors: VendorTills, shop: ChainShop): Promise<void> {
  const known = await findSystem(client, shop);
  const { apiEndpoint, credentials, settings } = accessOf(vendors, shop);
  const syncSettings = { enabled: true, autoSync: true, frequencyMinutes: 1 };
  if (known === null) {
    const till = { locationId: shop.id, systemType: shop.make as Make, name: `Counter at ${shop.make}` };
    await client.registerPOSSystem({ ...till, apiEndpoint, credentials, settings, syncSettings });
    return;
  }
  const changes = { apiEndpoint, credentials, settings, syncSettings };
  await client.updateWithConflictDetection('pos_systems', known.id, changes, known.version);
}

async function findSystem(client: Tillstream, { id, make }: ChainShop): Promise<PosSystem | null> {
  for await (const till of eachItem((after) => client.listPosSystems(pageAfter(after)))) {
    if (till.locationId === id && till.systemType === make) return till;
  }
  return null;
}

function accessOf(vendors: VendorTills, { id, make }: ChainShop) {
  const tills = vendors.tillsOf(id);
  const [apiEndpoint, external] = [tills.url, tills.externalIdOf(id)];
  if (make === 'square' && vendors.square) {
    const { accessToken: apiKey, merchantId } = vendors.square;
    return { apiEndpoint, credentials: { apiKey }, settings: { locationIds: external, merchantId } };
  }
  if (make === 'clover' && vendors.clover) {
    return { apiEndpoint, credentials: { apiKey: vendors.clover.apiTokenOf(id) }, settings: { merchantId: external } };
  }
  const client = vendors.toast?.client;
  const credentials = { apiKey: client?.clientId ?? '', secretKey: client?.clientSecret ?? '' };
  return { apiEndpoint, credentials, settings: { restaurantGuid: external } };
}

/** What leaves the shelf, for whoever refills it; what happens to the sale later is too little to matter there. */
function soldBy(action: TillAction): TillSale | null {
  if (action.what !== 'ring') return null;
  const lines = action.ring.ticket.lines.flatMap(({ sku, name, quantity }) =>
    sku === undefined ? [] : [{ sku, name, quantity: quantity / 1000, unitPrice: 0, total: 0 }],
  );
  const { at, shopId, key } = action;
  const sale = { externalId: key, version: 1, status: 'completed', total: 0, paymentMethod: 'card', lines } as const;
  const { currency } = demoFranchise;
  return { at, shopId, posSystemId: shopId, sale: { ...sale, currency, occurredAt: new Date(at).toISOString() } };
}
