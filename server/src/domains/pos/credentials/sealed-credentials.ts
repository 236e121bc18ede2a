// Credentials as they are kept and as they are used. Opened, they live for the length of one run and in no other place
// than the connection that uses them.
import type { SecretPlace, Secrets } from '../../../platform/secrets.ts';
import type { ConnectionFields } from '../connectors/connector.ts';
import type { SystemKey } from './queries.ts';

/** Where the credentials of a system are kept: sealed for this row, they open in no other. */
export function credentialsPlace(row: SystemKey & { readonly franchiseId: string }): SecretPlace {
  const { franchiseId, locationId, posSystemId } = row;
  return { tenant: franchiseId, table: 'pos_systems', row: `${locationId}/${posSystemId}`, column: 'api_credentials' };
}

type Owner = SystemKey & { readonly franchiseId: string };

export function sealCredentials(secrets: Secrets, owner: Owner, fields: ConnectionFields): Buffer {
  return Buffer.from(secrets.seal(JSON.stringify(fields), credentialsPlace(owner)));
}

/** Throws a SecretError for what was sealed for another row. */
export function openCredentials(secrets: Secrets, owner: Owner & { readonly sealed: Buffer }): ConnectionFields {
  return JSON.parse(secrets.openText(owner.sealed, credentialsPlace(owner)));
}
