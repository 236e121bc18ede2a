// A registered till, opened with the credentials that are kept; renewed before, where they do not last.
import type { ConnectionFields, PosSystemType } from '../connectors/connector.ts';
import { type Asking, connect, type OpenTill, type VendorParts } from './connect.ts';
import { type CredentialParts, renewCredentials } from './renew-credentials.ts';
import { openCredentials } from './sealed-credentials.ts';

export interface KeptTill {
  readonly locationId: string;
  readonly posSystemId: string;
  readonly franchiseId: string;
  readonly systemType: PosSystemType;
  readonly apiEndpoint: string | null;
  readonly settings: ConnectionFields;
  readonly sealed: Buffer;
}

export type OpenTillParts = VendorParts & CredentialParts;

/**
 * `refused`: what the vendor has just refused as a token; then another is fetched, where the make has such. Throws
 * VendorFailure, and a SecretError for credentials that were sealed for another row.
 */
export async function openTill(
  parts: OpenTillParts,
  till: KeptTill,
  { refused = null, ...asking }: Asking & { readonly refused?: ConnectionFields | null },
): Promise<OpenTill> {
  const kept = openCredentials(parts.secrets, till);
  const { tokens } = parts.connectors[till.systemType];
  const renewAt = tokens?.renewAt(kept) ?? null;
  const isStale = refused !== null || (renewAt !== null && renewAt <= parts.clock.now());
  if (tokens === null || !isStale) return connect(parts, { ...till, credentials: kept }, asking);
  const credentials = await renewCredentials(parts, {
    system: till,
    tokens,
    refused,
    signal: asking.signal,
    renew: (present) =>
      tokens.renew(connect(parts, { ...till, credentials: present }, { ...asking, retries: 0 }).connection),
  });
  return connect(parts, { ...till, credentials }, asking);
}
