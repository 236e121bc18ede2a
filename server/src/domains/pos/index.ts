// Point of sale: the tills of the shops and what they sell. A sale is booked once, for ever, under the id that its till
// gave it; a higher version replaces it and moves the stock by the difference; what cannot be booked is kept as its
// bytes, and can be replayed (replay/). Sales of all requests and shops are committed together (sale-lanes.ts), and a
// request is answered when its own are durable. Lines of products that nobody knows wait, and are booked once a mapping or
// a new SKU says what they are (mapping/).
// Tables owned: pos_systems, pos_transactions, pos_transaction_items, product_mappings, unmapped_lines, sync_errors.
// Events appended: pos.transaction (and, by way of inventory, inventory.update and stock.alert).
export { faultOf } from './commit-fault.ts';
export { createPos, type Pos, type PosParts } from './create-pos.ts';
export { malformedSale } from './errors.ts';
export { type ArrivedSale, type IngestParts, ingestSales } from './ingest-sales.ts';
export { type OpenIngest, openIngest } from './open-ingest.ts';
export { externalIdCharactersMax, metadataKeys, type ParsedSale, parseSale } from './parse-sale.ts';
export { addPosRoutes } from './routes.ts';
export type { SaleResult } from './sale.ts';
export { type LaneLimits, laneDefaults } from './sale-lanes.ts';
export { findSystemFacts, type SystemFacts, type SystemRow } from './systems/queries.ts';
export { type NewSystem, registerSystem } from './systems/register-system.ts';
export { createSystemEdit } from './systems/update-system.ts';
