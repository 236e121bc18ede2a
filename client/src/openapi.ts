// The server's contract as types. openapi.gen.ts is generated from openapi.json; here its shapes get the names by which
// programs know them.
import type { paths } from './openapi.gen.ts';

export type { paths };

type Json<Answer> = Answer extends { content: { 'application/json': infer Body } } ? Body : never;
type Answers<Operation> = Operation extends { responses: infer Responses } ? Responses : never;
type Ok<Operation> = Json<Answers<Operation>[200 & keyof Answers<Operation>]>;
type Created<Operation> = Json<Answers<Operation>[201 & keyof Answers<Operation>]>;
type Item<Operation> = Ok<Operation> extends { items: (infer Element)[] } ? Element : never;
type Body<Operation> = Operation extends { requestBody: infer Request } ? Json<Request> : never;

/** Who the credential stands for, and where it may act. */
export type Me = Ok<paths['/v1/me']['get']>;
export type Location = Item<paths['/v1/locations']['get']>;
export type NewLocation = Body<paths['/v1/locations']['post']>;
export type NewApiKey = Body<paths['/v1/api-keys']['post']>;
export type Product = Item<paths['/v1/products']['get']>;
export type NewProduct = Body<paths['/v1/products']['post']>;
export type StockItem = Item<paths['/v1/locations/{id}/stock']['get']>;
export type StockMovement = Item<paths['/v1/locations/{id}/stock/{productId}/movements']['get']>;
export type StockAlert = Item<paths['/v1/locations/{id}/alerts']['get']>;
export type InventoryItem = Created<paths['/v1/inventory-items']['post']>;
export type NewInventoryItem = Body<paths['/v1/inventory-items']['post']>;
export type NewAdjustment = Body<paths['/v1/inventory/adjustments']['post']>;
export type Transaction = Item<paths['/v1/locations/{id}/transactions']['get']>;
export type SaleLine = Transaction['lines'][number];
export type NewSale = Body<paths['/v1/pos-systems/{id}/transactions']['post']>['transactions'][number];
export type SaleResult = Ok<paths['/v1/pos-systems/{id}/transactions']['post']>['results'][number];
/** A fetch of a till's sales from its vendor, and how far it has come. */
export type PosSync = Ok<paths['/v1/pos-systems/{id}/syncs/{syncId}']['get']>;
/** A business day of a till beside what its vendor says of it. */
export type PosDay = Item<paths['/v1/pos-systems/{id}/days']['get']>;
export type PosWebhook = Item<paths['/v1/pos-webhooks']['get']>;
export type NewPosWebhook = Body<paths['/v1/pos-webhooks']['post']>;
export type PosWebhookChanges = Body<paths['/v1/pos-webhooks/{id}/configure']['post']>;
export type PosWebhookMessage = Item<paths['/v1/pos-webhooks/{id}/messages']['get']>;
/** A merchant at Square or Clover who is asked to let the server in. */
export type NewPosConsent = Body<paths['/v1/pos-systems/consents']['post']>;
export type PosConsent = Created<paths['/v1/pos-systems/consents']['post']>;
export type NewPosSystem = Body<paths['/v1/pos-systems']['post']>;
export type PosSystem = Item<paths['/v1/pos-systems']['get']>;
export type Notification = Item<paths['/v1/notifications']['get']>;
/** An event as `/v1/events` gives it. */
export type FeedEventView = Item<paths['/v1/events']['get']>;
export type Demo = Ok<paths['/v1/demo']['get']>;
