// The seed's registration of a till system: its config type, and the call that hands it to the server.
import { type Http, unwrap } from './http.ts';
import type { PosSystem } from './openapi.ts';

/** How a till system is reached and how often. Credentials are write-only: the server encrypts them, nobody reads them. */
export type POSSystemConfig = {
  locationId: string;
  systemType: 'square' | 'clover' | 'toast' | 'custom';
  /** A name for people; the server makes one from the system type when it is left out. */
  name?: string;
  apiEndpoint?: string;
  credentials?: {
    apiKey: string;
    secretKey: string;
    merchantId?: string;
  };
  syncSettings?: {
    enabled: boolean;
    /** Minutes between two fetches of a polled system. */
    frequencyMinutes: number;
    autoSync: boolean;
  };
};

/**
 * Registers a till system at a location; a system belongs to one location for ever. Needs the right `pos:manage`.
 * Throws TillstreamError `pos.system_type_unavailable` (422) for a make that this server does not speak yet.
 */
export function registerPOSSystem(http: Http, config: POSSystemConfig): Promise<PosSystem> {
  return unwrap(http.POST('/v1/pos-systems', { body: config }));
}
