// @tillstream/client: typed calls and live events for programs and screens, in browsers and Node 24 or newer.
// It contains nothing of the server; what the two agree on is the HTTP contract and the rows of `sync_events`.
export type { EditableTable, Edited, Updates } from './calls/conflicts.ts';
export type { TillProduct } from './calls/refused-sales.ts';
export type { TransactionsQuery } from './calls/sales.ts';
export { ConflictError, type Side } from './conflict-error.ts';
export { createTillstream, type Tillstream } from './create-tillstream.ts';
export { eachItem, type Page } from './each-item.ts';
export type * from './openapi.ts';
export type { AccessTokenSource, TillstreamOptions, WebSocketClass } from './options.ts';
export type { POSSystemConfig } from './pos-system-config.ts';
export { POSTransactionSync, type SyncOptions } from './pos-transaction-sync.ts';
export { Connection, type ConnectionStatus } from './realtime/connection.ts';
export type { ConnectionState } from './realtime/connection-state.ts';
export type { AlertChange, DayChange, SaleChange, StockChange } from './realtime/event-payloads.ts';
export { isAlertEvent, isSaleEvent, isStockEvent } from './realtime/event-payloads.ts';
export type { FeedScope } from './realtime/feed-channel.ts';
export type { FeedEvent, FeedState } from './realtime/feed-state.ts';
export { type FeedHandlers, LiveFeed } from './realtime/live-feed.ts';
export { RealtimeService, type SubscribeOptions, type Subscription } from './realtime/realtime-service.ts';
export { parseSyncEvent, type SyncEvent, SyncEventType } from './realtime/sync-event.ts';
export type { SnapshotReason, StockHandlers, StockWatch } from './realtime/watch-stock.ts';
export { type FieldError, type Problem, TillstreamError } from './tillstream-error.ts';
