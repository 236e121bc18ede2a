// Opens the shops of a day on a running app, through the doors that every program has: shops, products, tills, opening
// stock and keys, all over HTTP.
import type { Random, TillSale } from '@tillstream/simulators';
import { saleLine, thousandths } from '@tillstream/simulators';
import { type Connection, openConnection, overConnections } from './connections.ts';
import type { DayOfSales } from './day-of-sales.ts';
import { keyOf } from './expected-books.ts';

export interface StandingShop {
  /** The day's own name for the shop; what the server calls it follows. */
  readonly shopId: string;
  readonly locationId: string;
  readonly posSystemId: string;
}

export interface StandingDay {
  readonly shops: readonly StandingShop[];
  /** The server's ids by SKU. */
  readonly productIds: ReadonlyMap<string, string>;
  /** Thousandths of the unit by shop and SKU. */
  readonly opening: ReadonlyMap<string, number>;
  /** Keys that may only send sales, and only watch. */
  readonly tillKey: string;
  readonly screenKey: string;
}

/** A brand that exists already, with a key that may do everything in it. */
export interface Brand {
  readonly url: string;
  readonly ownerKey: string;
}

type Answered = Readonly<Record<string, unknown>> & { readonly id: string };

/** Opens the day's shops; opening stocks are random, some of them less than the day will sell. */
export async function standUp(brand: Brand, day: DayOfSales, random: Random): Promise<StandingDay> {
  const owner = openConnection(brand.url, brand.ownerKey);
  try {
    const shops: StandingShop[] = [];
    for (const { id: shopId, name, timeZone } of day.shops) {
      const location = await made(owner, '/v1/locations', { name, timeZone, currency: 'USD' });
      const till = await made(owner, '/v1/pos-systems', {
        locationId: location.id,
        systemType: 'custom',
        name: `${name} till`,
      });
      shops.push({ shopId, locationId: location.id, posSystemId: till.id });
    }
    const productIds = new Map<string, string>();
    for (const { sku, name, unit, priceCents } of day.products) {
      const product = await made(owner, '/v1/products', { sku, name, unit, price: priceCents / 100, currency: 'USD' });
      productIds.set(sku, product.id);
    }
    const opening = await stockShelves(brand, { shops, productIds, random });
    const tillKey = await keyFor(owner, 'tills', ['sales:write']);
    const screenKey = await keyFor(owner, 'screens', ['realtime:read']);
    return { shops, productIds, opening, tillKey, screenKey };
  } finally {
    owner.close();
  }
}

/** Makes something at a POST route and returns the answer; throws with the server's own words where it is refused. */
export async function made(connection: Connection, path: string, body: unknown): Promise<Answered> {
  const answer = await connection.post(path, body);
  if (answer.status !== 201) throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answer.body)}`);
  return answer.body as Answered;
}

async function keyFor(owner: Connection, name: string, scopes: readonly string[]): Promise<string> {
  return String((await made(owner, '/v1/api-keys', { name, scopes }))['key']);
}

async function stockShelves(
  brand: Brand,
  open: { shops: readonly StandingShop[]; productIds: ReadonlyMap<string, string>; random: Random },
): Promise<Map<string, number>> {
  const shelves = open.shops.flatMap((shop) =>
    [...open.productIds].map(([sku, productId]) => ({ shop, sku, productId, quantity: open.random.between(1, 60) })),
  );
  const connections = [0, 1, 2, 3].map(() => openConnection(brand.url, brand.ownerKey));
  await overConnections(connections, shelves, async (connection, { shop, productId, quantity }) => {
    const adjustment = { locationId: shop.locationId, productId, type: 'in', quantity, reason: 'Opening stock' };
    await made(connection, '/v1/inventory/adjustments', adjustment);
  });
  for (const connection of connections) connection.close();
  return new Map(shelves.map(({ shop, sku, quantity }) => [keyOf(shop.shopId, sku), thousandths(quantity)]));
}

/** One more sale of a shop after its day, by which a watcher knows that all before it has come. */
export function lastSaleOf(day: DayOfSales, shop: StandingShop): TillSale {
  const [product] = day.products;
  if (!product) throw new Error('the day has no product');
  const at = Math.max(...day.sales.map((sale) => sale.at)) + 60_000;
  const line = saleLine({ ...product, popularity: 1 }, 1000);
  return {
    at,
    shopId: shop.shopId,
    posSystemId: shop.posSystemId,
    sale: {
      externalId: `last of ${shop.shopId}`,
      version: 1,
      status: 'completed',
      occurredAt: new Date(at).toISOString(),
      total: line.total,
      currency: 'USD',
      paymentMethod: 'cash',
      lines: [line],
    },
  };
}
