// The seed's registration of a till system.
import { type Http, unwrap } from './http.ts';
import type { PosSystem } from './openapi.ts';
import type { POSSystemConfig } from './pos-system-config.ts';

/**
 * Registers a till system at a location; a system belongs to one location for ever. Needs the right `pos:manage`.
 * Throws TillstreamError `pos.system_type_unavailable` (422) for a make that this server does not speak yet.
 */
export function registerPOSSystem(http: Http, config: POSSystemConfig): Promise<PosSystem> {
  return unwrap(http.POST('/v1/pos-systems', { body: config }));
}
