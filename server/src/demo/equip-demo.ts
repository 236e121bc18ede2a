// Gives the demo's shops what they sell with: products, a till each, levels and opening stock, through the public API.
// Every step looks first at what is there, so a start that was killed in the middle is finished by the next one.
import type { Tillstream } from '@tillstream/client';
import { eachItem } from '@tillstream/client';
import { type DemoProduct, demoFranchise } from '@tillstream/simulators';
import type { DemoFacts } from './demo-file.ts';
import { pageAfter } from './page-after.ts';

export type Equipment = Pick<DemoFacts, 'locations' | 'products'>;

/** Pieces (or kilos) that a shop opens with, by its id and the product. */
export type OpeningStock = (locationId: string, product: DemoProduct) => number;

/** The catalogue, and the shops in the order in which they were founded, each with its till. */
export async function equipDemo(client: Tillstream): Promise<Equipment> {
  const products = await ensureProducts(client);
  const { items } = await client.listLocations({ limit: 500 });
  const rank = new Map(demoFranchise.shops.map(({ name }, at) => [name, at]));
  const shops = items.toSorted((one, other) => (rank.get(one.name) ?? rank.size) - (rank.get(other.name) ?? rank.size));
  // Side by side: whoever starts the demo for the first time is waiting for this.
  const locations = await Promise.all(
    shops.map(async ({ id, name }) => ({ id, name, posSystemId: await ensureTill(client, id) })),
  );
  return { locations, products };
}

/** Fills the shelves that have never been filled. */
export async function stockDemo(
  client: Tillstream,
  { locations, products }: Equipment,
  openingStock: OpeningStock,
): Promise<void> {
  await Promise.all(locations.map(({ id }) => ensureStock(client, { locationId: id, products, openingStock })));
}

async function ensureProducts(client: Tillstream): Promise<Equipment['products']> {
  const products = new Map<string, string>();
  for await (const { sku, id } of eachItem((after) => client.listProducts(pageAfter(after)))) products.set(sku, id);
  for (const { sku, name, unit, priceCents, costCents } of demoFranchise.products) {
    if (products.has(sku)) continue;
    const { currency } = demoFranchise;
    const price = { price: priceCents / 100, costPrice: costCents / 100, currency };
    products.set(sku, (await client.createProduct({ sku, name, unit, ...price })).id);
  }
  return [...products].map(([sku, id]) => ({ sku, id }));
}

async function ensureStock(
  client: Tillstream,
  wanted: { locationId: string; products: Equipment['products']; openingStock: OpeningStock },
): Promise<void> {
  const { locationId, products, openingStock } = wanted;
  const stocked = new Map<string, number>();
  for await (const item of eachItem((after) => client.listStock(locationId, pageAfter(after)))) {
    stocked.set(item.productId, item.currentStock);
  }
  const plans = new Map<string, DemoProduct>(demoFranchise.products.map((product) => [product.sku, product]));
  for (const { id: productId, sku } of products) {
    const plan = plans.get(sku);
    if (!plan) continue;
    const { reorderLevel, maxStockLevel } = plan;
    if (!stocked.has(productId)) {
      await client.createInventoryItem({ locationId, productId, reorderLevel, maxStockLevel });
    }
    if (!stocked.get(productId)) {
      const quantity = openingStock(locationId, plan);
      await client.adjustStock({ locationId, productId, type: 'in', quantity, reason: 'opening stock' });
    }
  }
}

async function ensureTill(client: Tillstream, locationId: string): Promise<string> {
  for await (const till of eachItem((after) => client.listPosSystems(pageAfter(after)))) {
    if (till.locationId === locationId) return till.id;
  }
  return (await client.registerPOSSystem({ locationId, systemType: 'custom', name: 'Front counter' })).id;
}
