// The seed's registration of a till system.
import { type Http, unwrap } from './http.ts';
import type { PosSystem } from './openapi.ts';
import type { POSSystemConfig } from './pos-system-config.ts';

/**
 * Registers a till system at a location; a system belongs to one location for ever. Needs the right `pos:manage`.
 * A till of a vendor is asked once before it is kept: throws TillstreamError `pos.credentials_incomplete` or
 * `pos.connection_failed` (422), with a sentence that says what is wrong.
 */
export function registerPOSSystem(http: Http, config: POSSystemConfig): Promise<PosSystem> {
  const { credentials, ...rest } = config;
  if (credentials === undefined) return unwrap(http.POST('/v1/pos-systems', { body: rest }));
  const given = Object.entries(credentials).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
  return unwrap(http.POST('/v1/pos-systems', { body: { ...rest, credentials: Object.fromEntries(given) } }));
}
