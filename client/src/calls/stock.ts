// Products, the stock of a shop, its ledger, and corrections to it.
import { type Http, unwrap } from '../http.ts';
import type { NewAdjustment, NewInventoryItem, NewProduct } from '../openapi.ts';

type PageQuery = { limit?: number; after?: string };

export function stockCalls(http: Http) {
  return {
    /** The brand's products. */
    listProducts: (query: PageQuery = {}) => unwrap(http.GET('/v1/products', { params: { query } })),

    readProduct: (id: string) => unwrap(http.GET('/v1/products/{id}', { params: { path: { id } } })),

    readInventoryItem: (id: string) => unwrap(http.GET('/v1/inventory-items/{id}', { params: { path: { id } } })),

    /** Adds a product to the brand's catalogue. 409 when the SKU is taken. */
    createProduct: (product: NewProduct) => unwrap(http.POST('/v1/products', { body: product })),

    /** Puts a product on a shop's shelf, with the levels by which it is watched. 409 when it is there already. */
    createInventoryItem: (item: NewInventoryItem) => unwrap(http.POST('/v1/inventory-items', { body: item })),

    /** What a shop has of each product, with reorder, re-arm and maximum level. Stock may be negative: sold unbooked. */
    listStock: (locationId: string, query: PageQuery = {}) =>
      unwrap(http.GET('/v1/locations/{id}/stock', { params: { path: { id: locationId }, query } })),

    /** The low-stock alerts of a shop, the newest first; all of them, or only those that are open or resolved. */
    listAlerts: (locationId: string, query: PageQuery & { state?: 'open' | 'resolved' } = {}) =>
      unwrap(http.GET('/v1/locations/{id}/alerts', { params: { path: { id: locationId }, query } })),

    /** The ledger of one product at one shop: the sum of all movements is its stock. */
    listMovements: (item: { locationId: string; productId: string }, query: PageQuery = {}) => {
      const path = { id: item.locationId, productId: item.productId };
      return unwrap(http.GET('/v1/locations/{id}/stock/{productId}/movements', { params: { path, query } }));
    },

    /** Books a delivery, loss, correction or count. `quantity` is the signed difference; for a count, the counted figure. */
    adjustStock: (adjustment: NewAdjustment) => unwrap(http.POST('/v1/inventory/adjustments', { body: adjustment })),
  };
}
