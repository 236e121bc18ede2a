// A chain of twelve shops, four at each of Square, Clover and Toast, that plays real days of three coffee shops many times
// faster than they were, with trouble on every wire, while a real server on a real database fetches and listens.
import { fileURLToPath } from 'node:url';
import { demoFranchise, generateDay, realSleep, type TillSale } from '@tillstream/simulators';
import {
  fasterClock,
  hasMavenFiles,
  type MavenShop,
  playTills,
  readMavenProducts,
  readMavenSales,
  type SimulatedTills,
  shopFloor,
  startVendors,
  type TillHabits,
  type VendorKind,
  type VendorShop,
  type Vendors,
} from '@tillstream/simulators/vendors';

const mavenFolder = fileURLToPath(new URL('../../../../shared/data/maven-coffee-2023', import.meta.url));
export const hasRealSales = hasMavenFiles(mavenFolder);

const makes = ['square', 'clover', 'toast'] as const;
const stores = ['3', '5', '8'] as const;
const shopsOfStore = 4;
const place = { timeZone: 'America/New_York', currency: 'USD' };
/** Time of the chain for the tills to be registered in, before anybody buys. */
const leadMs = 12 * 3_600_000;

export interface Days {
  /** Business dates of the data, both included. */
  readonly from: string;
  readonly to: string;
  /** Times as fast as they were. */
  readonly speed: number;
  readonly habits: TillHabits;
}

export type ChainShop = VendorShop & { readonly make: VendorKind };

export interface Chain {
  readonly shops: readonly ChainShop[];
  readonly vendors: Vendors;
  readonly salesCount: number;
  /** Resolves when everything has happened at the tills. */
  play(signal: AbortSignal): Promise<number>;
  /** What time it is at the vendors. */
  now(): Date;
  /** The trouble of all makes, which may be changed. */
  troubles(): SimulatedTills['trouble'][];
  close(): Promise<void>;
}

/** 5 % of webhooks are dropped, 10 % doubled, 10 % late; 2 % of requests are answered 429 or 500. */
const trouble = {
  webhooksDropped: 0.05,
  webhooksDoubled: 0.1,
  webhooksLate: 0.1,
  rateLimited: 0.01,
  failing: 0.01,
};

/** The shops stand and sell nothing yet. Shop n of store s takes every fourth transaction of the store. */
export async function openChain({ from, to, speed, habits }: Days): Promise<Chain> {
  const products = hasRealSales ? readMavenProducts(mavenFolder) : demoFranchise.products;
  const shops: ChainShop[] = makes.flatMap((make, store) =>
    Array.from({ length: shopsOfStore }, (_, n) => ({
      ...{ id: shopId(stores[store] ?? '', n), name: `${make} ${n + 1}`, make },
      ...{ ...place, closingHour: 4, products, taxRate: 887_500 },
    })),
  );
  const sales = hasRealSales ? realSales({ from, to }) : inventedSales(shops, from);
  const [first] = sales;
  if (first === undefined) throw new Error('Nobody buys anything in these days');
  const clock = fasterClock({ now: () => Date.now(), sleep: realSleep }, first.at - leadMs, speed);
  // The limits of the vendors go by their clock, which runs ahead of ours.
  // A token of Toast's ends every minute of ours, long before it said that it would: somebody has to sign in anew, and the
  // others to find that out.
  const switches = { toast: { tokenSeconds: 60 * speed } };
  const vendors = await startVendors(shops, { clock, seed: 'chain', trouble, switches });
  return {
    shops,
    vendors,
    salesCount: sales.length,
    play: (signal) =>
      playTills({
        actions: shopFloor({ seed: 'chain', shops, sales, habits }),
        tillsOf: vendors.tillsOf,
        clock,
        signal,
      }),
    now: () => new Date(clock.now()),
    troubles: () => [...new Set(shops.map(({ id }) => vendors.tillsOf(id).trouble))],
    close: () => vendors.close(),
  };
}

const shopId = (store: string, n: number) => `store-${store}-${n}`;

function realSales({ from, to }: Pick<Days, 'from' | 'to'>): readonly TillSale[] {
  const shopOf = (store: string, transaction: number): MavenShop | undefined =>
    stores.some((each) => each === store) ? { ...place, id: shopId(store, transaction % shopsOfStore) } : undefined;
  return readMavenSales({ folder: mavenFolder, from, to, shopOf });
}

/** In place of the data, which is not part of the project: a generated day. */
function inventedSales(shops: readonly ChainShop[], date: string): readonly TillSale[] {
  const day = generateDay({
    seed: 'chain',
    date,
    shops: shops.map(({ id, timeZone, currency }) => ({
      ...{ id, timeZone, currency, posSystemId: id },
      ...({ opensAt: '7:00', closesAt: '20:00', salesPerDay: 60 } as const),
    })),
    products: demoFranchise.products,
  });
  return [...day].filter(({ sale }) => sale.version === 1).sort((a, b) => a.at - b.at);
}

/** What a shop's till is registered with, as its merchant would type it in. */
export function registrationOf({ vendors, shops }: Chain, id: string) {
  const shop = shops.find((each) => each.id === id);
  const tills = vendors.tillsOf(id);
  const external = tills.externalIdOf(id);
  const { square, clover, toast } = vendors;
  if (shop?.make === 'square' && square) {
    const settings = { locationIds: external, merchantId: square.merchantId };
    return { systemType: 'square', apiEndpoint: tills.url, credentials: { apiKey: square.accessToken }, settings };
  }
  if (shop?.make === 'clover' && clover) {
    const credentials = { apiKey: clover.apiTokenOf(id) };
    return { systemType: 'clover', apiEndpoint: tills.url, credentials, settings: { merchantId: external } };
  }
  if (shop?.make === 'toast' && toast) {
    const credentials = { apiKey: toast.client.clientId, secretKey: toast.client.clientSecret };
    return { systemType: 'toast', apiEndpoint: tills.url, credentials, settings: { restaurantGuid: external } };
  }
  throw new Error(`No shop ${id} in this chain`);
}
