// Inventory: the brand's products, what each shop has of them, and the ledger that says why. Stock is the sum of its
// movements at any moment; it changes through moveStock alone, under lockStock, and may go negative, because a sale has
// happened and is never refused. An item that falls to its reorder level raises one alert until it is restocked.
// Tables owned: products, inventory_items, stock_movements, stock_alerts.
// Events appended: inventory.update, stock.alert.

export { unknownProduct } from './errors.ts';
export { createItemEdit } from './levels/update-item.ts';
export { lockedLocationsMax, lockStock } from './lock-stock.ts';
export { type MovedItem, moveStock, type PreparedMove, prepareMove, writeMove } from './move-stock.ts';
export type { MovementType } from './movement-type.ts';
export { findProductsById, findProductsBySku, type WantedSku } from './products/find-products.ts';
export type { ProductRef } from './products/queries.ts';
export { productEdit } from './products/update-product.ts';
export { addInventoryRoutes, type InventoryParts } from './routes.ts';
export type { StockMovement } from './stock-movement.ts';
