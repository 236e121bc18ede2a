// Point of sale: the tills of the shops and what they sell. A sale is booked once, for ever, under the id that its till
// gave it; a higher version replaces it and moves the stock by the difference; what cannot be booked is kept as its
// bytes, and can be replayed (replay/). Sales of all requests and shops are committed together (sale-lanes.ts), and a
// request is answered when its own are durable. Lines of products that nobody knows wait, and are booked once a mapping or
// a new SKU says what they are (mapping/).
// Tills of vendors are asked (polling/), by whichever node has the lease of a till's row, in the vendor's own words
// (connectors/); a webhook is a hint to look earlier (webhooks/). Once a night the days that are over are compared with
// what the vendor says of them (day-end/). Where a make has a page on which a merchant lets us in, consent/ leads there.
// Tables owned: pos_systems, pos_transactions, pos_transaction_items, product_mappings, unmapped_lines, sync_errors,
// pos_connections, pos_syncs, pos_hints, pos_webhook_endpoints, pos_webhook_messages, pos_day_proofs, pos_rate_limits,
// pos_catalogue_items, pos_consents, pos_vendor_places, pos_proof_sales.
// Events appended: pos.transaction, pos.day_compared (and, by way of inventory, inventory.update and stock.alert).
export { faultOf } from './commit-fault.ts';
export { type Check, certifyTill } from './connectors/custom/certify-till.ts';
export { renderContract } from './connectors/custom/render-contract.ts';
export { createPos, type Pos, type PosParts } from './create-pos.ts';
export { rewrapCredentials } from './credentials/rewrap-credentials.ts';
export { malformedSale } from './errors.ts';
export { type ArrivedSale, type IngestParts, ingestSales } from './ingest-sales.ts';
export { type OpenIngest, openIngest } from './open-ingest.ts';
export { externalIdCharactersMax, metadataKeys, type ParsedSale, parseSale } from './parse-sale.ts';
export { addPosRoutes } from './routes.ts';
export type { SaleResult } from './sale.ts';
export { type LaneLimits, laneDefaults } from './sale-lanes.ts';
export { findSystemFacts, type SystemFacts, type SystemRow } from './systems/queries.ts';
export { registerSystem } from './systems/register-system.ts';
export type { NewSystem } from './systems/schema.ts';
export { createSystemEdit } from './systems/update-system.ts';
