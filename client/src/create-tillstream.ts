// The client's one object: typed calls and live events against one server with one credential.
import { conflictCalls } from './calls/conflicts.ts';
import { peopleCalls } from './calls/people.ts';
import { placeCalls } from './calls/places.ts';
import { posSystemCalls } from './calls/pos-systems.ts';
import { refusedSalesCalls } from './calls/refused-sales.ts';
import { salesCalls } from './calls/sales.ts';
import { stockCalls } from './calls/stock.ts';
import { createHttp } from './http.ts';
import type { TillstreamOptions } from './options.ts';
import type { POSSystemConfig } from './pos-system-config.ts';
import type { FeedScope } from './realtime/feed-channel.ts';
import type { FeedHandlers } from './realtime/live-feed.ts';
import { RealtimeService } from './realtime/realtime-service.ts';
import { type StockHandlers, watchStock } from './realtime/watch-stock.ts';
import { registerPOSSystem } from './register-pos-system.ts';

export type Tillstream = ReturnType<typeof createTillstream>;

/**
 * Connects a program to a Tillstream server. Nothing is sent before the first call or subscription. Every call
 * resolves with the answer's body or throws a TillstreamError.
 *
 * @example
 * const tillstream = createTillstream({ url: 'http://127.0.0.1:8787', apiKey: process.env.TILLSTREAM_KEY });
 * const { items } = await tillstream.listLocations();
 * tillstream.realtime.subscribeToLocation(items[0].id, (event) => console.log(event.eventType));
 */
export function createTillstream(options: TillstreamOptions) {
  const http = createHttp(options);
  const realtime = new RealtimeService(options);
  return {
    ...peopleCalls(http),
    ...placeCalls(http),
    ...salesCalls(http),
    ...posSystemCalls(http),
    ...refusedSalesCalls(http),
    ...stockCalls(http),
    ...conflictCalls(http),
    /** Registers a till system at a location; see registerPOSSystem. */
    registerPOSSystem: (config: POSSystemConfig) => registerPOSSystem(http, config),
    /** Live events. */
    realtime,
    /**
     * A feed of one place that keeps its own cursor: `after` goes on from a list's `feedCursor`, or from where an earlier
     * life of the program was (`feed.cursor`).
     */
    openFeed: (wanted: { scope: FeedScope; after?: string | undefined }, handlers: FeedHandlers) =>
      realtime.openFeed(wanted, handlers),
    /** A shop's stock: first the snapshot, then its changes, none missed; see watchStock. */
    watchStock: (locationId: string, handlers: StockHandlers) =>
      watchStock(locationId, handlers, { http, openFeed: (wanted, feed) => realtime.openFeed(wanted, feed) }),
  };
}
