// The shop that a request names, and whether its caller may do there what it asks.
import { type Action, type Caller, locationNotFound, requirePermission } from '../../identity/index.ts';
import type { Tx } from '../../platform/database.ts';
import { findShop, type Shop } from './queries.ts';

/**
 * Throws `identity.location_not_found` for a shop that does not exist or that the caller does not see, which must not
 * be told apart, and `identity.forbidden` where it sees the shop but lacks the right.
 */
export async function permittedShop(
  tx: Tx,
  caller: Caller,
  { action, locationId }: { readonly action: Action; readonly locationId: string },
): Promise<Shop> {
  const shop = await findShop(tx, locationId);
  if (shop === undefined) throw locationNotFound(`There is no location ${locationId}.`);
  requirePermission(caller, action, shop);
  return shop;
}
