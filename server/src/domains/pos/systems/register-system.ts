// Registers a till at a shop. Its credentials go in sealed and come out nowhere: not in an answer, a log or an event.
import { v7 as uuidv7 } from 'uuid';
import { type Caller, locationNotFound, requirePermission } from '../../../identity/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import type { SecretPlace, Secrets } from '../../../platform/secrets.ts';
import { systemTypeUnavailable } from '../errors.ts';
import { loadShops, type Shop } from '../queries.ts';
import { insertSystem, type SystemRow } from './queries.ts';

export const systemTypes = ['square', 'clover', 'toast', 'custom'] as const;

export interface NewSystem {
  readonly locationId: string;
  readonly systemType: (typeof systemTypes)[number];
  readonly name?: string;
  readonly apiEndpoint?: string;
  readonly credentials?: Readonly<Record<string, string>>;
  readonly syncSettings?: { readonly enabled: boolean; readonly frequencyMinutes: number; readonly autoSync: boolean };
}

export interface RegisterParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly secrets: Secrets;
}

const syncDefaults = { enabled: true, frequencyMinutes: 15, autoSync: true };

/**
 * The registration is for ever: a till that moves to another shop is a new system. Throws
 * `identity.location_not_found`, `identity.forbidden`, or `pos.system_type_unavailable` for a make not spoken yet.
 */
export async function registerSystem(parts: RegisterParts, caller: Caller, wanted: NewSystem): Promise<SystemRow> {
  return parts.db.transaction(caller, async (tx) => {
    const { locationId, systemType } = wanted;
    const [shop] = await loadShops(tx, [locationId]);
    if (shop === undefined) throw locationNotFound(`There is no location ${locationId}.`);
    requirePermission(caller, 'pos.manage', shop);
    if (systemType !== 'custom') throw systemTypeUnavailable(`"${systemType}" cannot be registered here yet.`);
    return insertSystem(tx, newRow(parts, shop, wanted));
  });
}

function newRow({ clock, secrets }: RegisterParts, shop: Shop, wanted: NewSystem) {
  const { locationId, franchiseId, franchiseeId } = shop;
  const { systemType, credentials } = wanted;
  const { enabled, frequencyMinutes, autoSync } = wanted.syncSettings ?? syncDefaults;
  const id = uuidv7();
  const place = credentialsPlace({ franchiseId, locationId, id });
  return {
    id,
    locationId,
    franchiseId,
    franchiseeId,
    name: wanted.name ?? `${systemType} POS`,
    systemType,
    apiEndpoint: wanted.apiEndpoint ?? null,
    credentials: credentials === undefined ? null : Buffer.from(secrets.seal(JSON.stringify(credentials), place)),
    syncEnabled: enabled,
    syncFrequencyMinutes: frequencyMinutes,
    autoSync,
    createdAt: clock.now(),
  };
}

/** Where the credentials of a system are kept: sealed for this row, they open in no other. */
export function credentialsPlace(row: Pick<SystemRow, 'franchiseId' | 'locationId' | 'id'>): SecretPlace {
  const { franchiseId, locationId, id } = row;
  return { tenant: franchiseId, table: 'pos_systems', row: `${locationId}/${id}`, column: 'api_credentials' };
}
