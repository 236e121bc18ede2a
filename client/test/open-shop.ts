// A shop on a running server, opened through the client itself, and the sales that its till rings up.
import { startTestApp, type TestApp } from '../../server/test/harness/test-app.ts';
import { createTillstream, type NewSale, type Tillstream } from '../src/index.ts';

export type Shop = { locationId: string; posSystemId: string; productId: string };

/** The real server, a client that may do everything in its brand, and a shop of that brand. */
export async function startWithShop(): Promise<{ app: TestApp; owner: Tillstream; shop: Shop }> {
  const app = await startTestApp();
  const owner = createTillstream({ url: app.url, apiKey: app.ownerKey });
  return { app, owner, shop: await openShop(app.url, app.ownerKey) };
}

/** Opens a shop with one product on its shelf: 20 pieces, reorder level 10. `ownerKey` may do everything in its brand. */
export async function openShop(url: string, ownerKey: string): Promise<Shop> {
  const tillstream = createTillstream({ url, apiKey: ownerKey });
  const location = { name: 'Astoria', timeZone: 'America/New_York', currency: 'USD' };
  const { id: locationId } = await tillstream.openLocation(location);
  const till = await tillstream.registerPOSSystem({ locationId, systemType: 'custom', name: 'Till 1' });
  const product = await tillstream.createProduct({
    ...{ sku: `LATTE-${locationId}`, name: 'Latte', unit: 'piece', price: 4.5, currency: 'USD' },
  });
  await tillstream.createInventoryItem({ locationId, productId: product.id, reorderLevel: 10, maxStockLevel: 40 });
  await tillstream.adjustStock({ locationId, productId: product.id, type: 'in', quantity: 20, reason: 'Opening' });
  return { locationId, posSystemId: till.id, productId: product.id };
}

let salesMade = 0;

/** A sale of lattes, now. */
export function sale(shop: Shop, quantity = 1): NewSale {
  salesMade += 1;
  const total = quantity * 4.5;
  return {
    externalId: `receipt-${salesMade}`,
    occurredAt: new Date().toISOString(),
    total,
    currency: 'USD',
    lines: [{ sku: `LATTE-${shop.locationId}`, quantity, unitPrice: 4.5, total }],
  };
}

/** Sends one sale and returns its transaction's id; throws when it was not booked. */
export async function sell(tillstream: Tillstream, shop: Shop, quantity = 1): Promise<string> {
  const [result] = await tillstream.recordSales(shop.posSystemId, [sale(shop, quantity)]);
  if (result?.transactionId === undefined) throw new Error(`The sale was not booked: ${JSON.stringify(result)}`);
  return result.transactionId;
}
