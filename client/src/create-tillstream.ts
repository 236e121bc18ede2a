// The client's one object: typed calls and live events against one server with one credential.
import { peopleCalls } from './calls/people.ts';
import { salesCalls } from './calls/sales.ts';
import { stockCalls } from './calls/stock.ts';
import { createHttp } from './http.ts';
import type { TillstreamOptions } from './options.ts';
import type { POSSystemConfig } from './pos-system-config.ts';
import { RealtimeService } from './realtime/realtime-service.ts';
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
  return {
    ...peopleCalls(http),
    ...salesCalls(http),
    ...stockCalls(http),
    /** Registers a till system at a location; see registerPOSSystem. */
    registerPOSSystem: (config: POSSystemConfig) => registerPOSSystem(http, config),
    /** Live events. */
    realtime: new RealtimeService(options),
  };
}
