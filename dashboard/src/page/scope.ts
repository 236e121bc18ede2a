// Which shops the page watches: the one in the address, or all of them where they are few enough.
import type { Location, Me } from '@tillstream/client';

/** Above this, "all shops" is not offered: their snapshots would be hundreds of requests, and the lists unreadable. */
export const allShopsMax = 25;

export type Scope = {
  /** Identifies the scope; a change of it is another screen. */
  key: string;
  locations: Location[];
  /** The one chosen shop; undefined for all of them. */
  chosen: Location | undefined;
  /** The franchise to subscribe to when that covers the scope with one subscription. */
  franchiseId: string | undefined;
  /** The zone of the clock times, and the currency of an empty sum. */
  timeZone: string;
  currency: string;
};

/** Decides the scope. `locations` is not empty. A shop in the address that one may not see is as if none were there. */
export function decideScope(locations: Location[], me: Me, shopId: string | undefined): Scope {
  const few = locations.length > 1 && locations.length <= allShopsMax;
  const chosen = locations.find((location) => location.id === shopId) ?? (few ? undefined : locations[0]);
  const shown = chosen === undefined ? locations : [chosen];
  const zones = new Set(shown.map((location) => location.timeZone));
  const [zone] = zones;
  return {
    key: chosen?.id ?? 'all',
    locations: shown,
    chosen,
    franchiseId: chosen === undefined ? franchiseOf(shown, me) : undefined,
    // Shops in several zones have no common wall clock: the viewer's own is the one that can be read at a glance.
    timeZone: zones.size === 1 && zone !== undefined ? zone : Intl.DateTimeFormat().resolvedOptions().timeZone,
    currency: shown[0]?.currency ?? 'USD',
  };
}

// Only who may see the whole franchise is let into its topic; others take a subscription a shop.
function franchiseOf(locations: Location[], me: Me): string | undefined {
  const franchiseId = locations[0]?.franchiseId;
  const seesAll =
    me.key === null
      ? me.memberships.some(({ role, franchiseId: brand }) => role === 'franchise_admin' && brand === franchiseId)
      : me.key.franchiseId === franchiseId && me.key.franchiseeId === null && me.key.locationIds === null;
  return seesAll ? franchiseId : undefined;
}
