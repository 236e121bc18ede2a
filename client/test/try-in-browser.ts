// What a page does with the client, as package.test.ts bundles it and Chromium runs it; its function is the page's.
import { createTillstream, isStockEvent, type Tillstream } from '@tillstream/client';

export type Wish = { url: string; apiKey: string; locationId: string; sku: string };

export type Tried = {
  /** Whether the browser trusts the page with what it keeps for https: randomUUID, among others. */
  isSecureContext: boolean;
  productId: string;
  /** Of the delivery's event. */
  newStock: number;
};

/** Adds a product, watches its shop, and books a delivery; resolves when the delivery has come back as an event. */
export async function tryClient({ url, apiKey, locationId, sku }: Wish): Promise<Tried> {
  const tillstream: Tillstream = createTillstream({ url, apiKey });
  const { id: productId } = await tillstream.createProduct({ sku, name: 'Bagel', unit: 'piece', currency: 'USD' });
  await tillstream.createInventoryItem({ locationId, productId, reorderLevel: 1, maxStockLevel: 40 });
  const seen = Promise.withResolvers<number>();
  const isLive = Promise.withResolvers<void>();
  tillstream.realtime.subscribeToLocation(
    locationId,
    (event) => {
      // The new item's own event, of no stock, may come after the page has gone live.
      const isDelivery = isStockEvent(event) && event.changeData.productId === productId && event.changeData.change > 0;
      if (isDelivery) seen.resolve(event.changeData.newStock);
    },
    { onLive: () => isLive.resolve() },
  );
  await isLive.promise;
  await tillstream.adjustStock({ locationId, productId, type: 'in', quantity: 7, reason: 'Delivery' });
  const newStock = await seen.promise;
  await tillstream.realtime.unsubscribeAll();
  return { isSecureContext: globalThis.isSecureContext, productId, newStock };
}
