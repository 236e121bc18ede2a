// Edits a till: its name, where it is asked, with which credentials and how often. Make and shop are for ever: a till that
// moves to another shop is a new system. What is asked of its vendor from now on follows in the same transaction; whether
// the vendor takes it is tried by the next run, which is due at once.
import { type Caller, requirePermission } from '../../../identity/index.ts';
import type { Tx } from '../../../platform/database.ts';
import type { Editable } from '../../../platform/versioned-update.ts';
import type { Connector } from '../connectors/connector.ts';
import { endpointOf, hostOf, shopsOf } from '../credentials/connect.ts';
import { loadCredentials } from '../credentials/queries.ts';
import { openCredentials, sealCredentials } from '../credentials/sealed-credentials.ts';
import { checkFields, refuseAddress } from '../credentials/try-connection.ts';
import { credentialsIncomplete, noSuchSystem } from '../errors.ts';
import { failSyncs } from '../syncs/queries.ts';
import {
  findSystem,
  insertConnection,
  removePlaces,
  type SystemRow,
  updateConnection,
  updateSystem,
} from './queries.ts';
import { fieldsOfMake, isAsked, type RegisterParts } from './register-system.ts';
import { type SystemChanges, systemChanges } from './schema.ts';
import { takePlaces } from './take-places.ts';
import { viewSystem } from './view-system.ts';

type EditParts = Pick<RegisterParts, 'secrets' | 'vendors'>;

/** Refuses with `pos.system_not_found`, `identity.forbidden`, `pos.credentials_incomplete` and `pos.address_refused`. */
export function createSystemEdit(parts: EditParts): Editable<'pos_systems', Caller, SystemRow, SystemChanges> {
  return {
    kind: 'pos_systems',
    changes: systemChanges,
    async load(tx, caller, id) {
      const system = await findSystem(tx, id);
      if (system === null) throw noSuchSystem(`There is no POS system ${id}.`);
      requirePermission(caller, 'pos.manage', system);
      return system;
    },
    async write(tx, { row, changes }) {
      refuseTheft(parts, row, changes);
      if (!(await updateSystem(tx, changed(parts, row, changes)))) return undefined;
      const edited = await findSystem(tx, row.id);
      if (edited !== null) await adaptConnection(tx, parts, { edited, changes });
      // Once more: what has become of its connection is part of it.
      return (await findSystem(tx, row.id)) ?? undefined;
    },
    owner: ({ franchiseId, franchiseeId, locationId }) => ({ franchiseId, franchiseeId, locationId }),
    view: viewSystem,
    show: (changes) => ({ ...changes }),
    secret: ['credentials'],
  };
}

/**
 * The credentials that are kept were given for one server. Who may edit the till need not know them, and would be told
 * them by having them sent to a server of their own.
 */
function refuseTheft({ vendors }: EditParts, row: SystemRow, { apiEndpoint, credentials }: SystemChanges): void {
  if (apiEndpoint === undefined || credentials !== undefined || !row.hasCredentials) return;
  const connector = vendors.connectors[row.systemType];
  const wanted = originOf(connector, apiEndpoint);
  if (wanted === null || wanted === originOf(connector, row.apiEndpoint)) return;
  throw credentialsIncomplete(
    'Another server needs the credentials anew: those that are kept are for the present one.',
    {
      errors: [{ path: 'credentials', message: 'are needed where apiEndpoint names another server' }],
    },
  );
}

/** Null where nobody is asked. */
function originOf(connector: Connector, apiEndpoint: string | null): string | null {
  const endpoint = endpointOf(connector, apiEndpoint);
  return endpoint === '' ? null : new URL(endpoint).origin;
}

function changed({ secrets }: EditParts, row: SystemRow, changes: SystemChanges) {
  const { name, apiEndpoint, syncSettings } = changes;
  const { credentials, settings } = fieldsOf(row, changes);
  const owner = { ...row, posSystemId: row.id };
  return {
    ...row,
    name: name ?? row.name,
    apiEndpoint: apiEndpoint === undefined ? row.apiEndpoint : apiEndpoint,
    credentials: credentials && sealCredentials(secrets, owner, credentials),
    settings,
    syncEnabled: syncSettings?.enabled ?? row.syncEnabled,
    syncFrequencyMinutes: syncSettings?.frequencyMinutes ?? row.syncFrequencyMinutes,
    autoSync: syncSettings?.autoSync ?? row.autoSync,
  };
}

function fieldsOf(
  row: SystemRow,
  { apiEndpoint = row.apiEndpoint, credentials, settings = row.settings }: SystemChanges,
) {
  if (!credentials || !isAsked({ systemType: row.systemType, apiEndpoint })) return { credentials, settings };
  return fieldsOfMake(row.systemType, { credentials, settings });
}

async function adaptConnection(
  tx: Tx,
  { secrets, vendors }: EditParts,
  { edited, changes }: { readonly edited: SystemRow; readonly changes: SystemChanges },
): Promise<void> {
  const key = { locationId: edited.locationId, posSystemId: edited.id };
  const kept = await loadCredentials(tx, key);
  const { franchiseId, systemType, apiEndpoint, settings } = edited;
  const till = {
    franchiseId,
    systemType,
    apiEndpoint,
    settings,
    credentials: kept === null ? {} : openCredentials(secrets, kept),
  };
  // Nobody would carry out what was wished to be fetched, and whoever waits for it would wait for ever.
  if (kept === null || !isAsked(till)) await failSyncs(tx, key, 'The till was disconnected.');
  if (!isAsked(till)) return removePlaces(tx, key);
  const touchesVendor = [changes.credentials, changes.apiEndpoint, changes.settings].some((part) => part !== undefined);
  // Without credentials it is disconnected, which is a state and no mistake.
  if (touchesVendor && kept !== null) checkFields(vendors, till);
  if (changes.apiEndpoint !== undefined) await refuseAddress(vendors, till);
  const connector = vendors.connectors[systemType];
  const now = vendors.clock.now();
  const row = {
    ...key,
    franchiseId,
    franchiseeId: edited.franchiseeId,
    systemType,
    host: hostOf(connector, apiEndpoint),
    places: connector.placesOf(settings),
    enabled: edited.syncEnabled && kept !== null,
    frequencyMinutes: edited.syncFrequencyMinutes,
    nextPollAt: edited.autoSync ? now : null,
  };
  // Its catalogue is read anew, which is what tries the credentials: there may be no sales to be asked for yet.
  const isThere = await updateConnection(tx, { ...row, isAnother: touchesVendor });
  if (!isThere && kept !== null) await insertConnection(tx, { ...row, startAt: now, vendorOffsetMs: 0 });
  if (touchesVendor) await takePlaces(tx, row, kept === null ? [] : shopsOf(vendors, till));
}
