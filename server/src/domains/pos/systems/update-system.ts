// Edits a till: its name, where it is asked, with which credentials and how often. Make and shop are for ever: a till that
// moves to another shop is a new system.
import { type Caller, requirePermission } from '../../../identity/index.ts';
import type { Secrets } from '../../../platform/secrets.ts';
import type { Editable } from '../../../platform/versioned-update.ts';
import { noSuchSystem } from '../errors.ts';
import { type SystemChanges, systemChanges } from '../schema.ts';
import { viewSystem } from '../views.ts';
import { findSystem, type SystemRow, updateSystem } from './queries.ts';
import { credentialsPlace } from './register-system.ts';

/** Refuses with `pos.system_not_found` and `identity.forbidden`. */
export function createSystemEdit(secrets: Secrets): Editable<'pos_systems', Caller, SystemRow, SystemChanges> {
  const sealed = (row: SystemRow, credentials: SystemChanges['credentials']): Buffer | null | undefined =>
    credentials && Buffer.from(secrets.seal(JSON.stringify(credentials), credentialsPlace(row)));
  return {
    kind: 'pos_systems',
    changes: systemChanges,
    async load(tx, caller, id) {
      const system = await findSystem(tx, id);
      if (system === null) throw noSuchSystem(`There is no POS system ${id}.`);
      requirePermission(caller, 'pos.manage', system);
      return system;
    },
    write: (tx, { row, changes: { name, apiEndpoint, credentials, syncSettings } }) =>
      updateSystem(tx, {
        ...row,
        name: name ?? row.name,
        apiEndpoint: apiEndpoint === undefined ? row.apiEndpoint : apiEndpoint,
        credentials: sealed(row, credentials),
        syncEnabled: syncSettings?.enabled ?? row.syncEnabled,
        syncFrequencyMinutes: syncSettings?.frequencyMinutes ?? row.syncFrequencyMinutes,
        autoSync: syncSettings?.autoSync ?? row.autoSync,
      }),
    owner: ({ franchiseId, franchiseeId, locationId }) => ({ franchiseId, franchiseeId, locationId }),
    view: viewSystem,
    show: (changes) => ({ ...changes }),
    secret: ['credentials'],
  };
}
