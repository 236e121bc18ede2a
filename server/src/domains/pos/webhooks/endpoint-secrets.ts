// The keys of a webhook address: sealed for its row, each with the end of its validity. While one replaces another both
// are valid, because a vendor goes over to the new one at a moment of its own.
import type { SecretPlace, Secrets } from '../../../platform/secrets.ts';

export interface EndpointKey {
  readonly key: string;
  /** RFC 3339; null for the one that is valid until it is replaced. */
  readonly until: string | null;
}

interface Owner {
  readonly id: string;
  readonly franchiseId: string;
}

export function endpointPlace({ id, franchiseId }: Owner): SecretPlace {
  return { tenant: franchiseId, table: 'pos_webhook_endpoints', row: id, column: 'secrets' };
}

export function sealKeys(secrets: Secrets, owner: Owner, keys: readonly EndpointKey[]): Buffer {
  return Buffer.from(secrets.seal(JSON.stringify(keys), endpointPlace(owner)));
}

/** Throws a SecretError for what was sealed for another row. */
export function openKeys(secrets: Secrets, owner: Owner, sealed: Buffer | null): readonly EndpointKey[] {
  return sealed === null ? [] : JSON.parse(secrets.openText(sealed, endpointPlace(owner)));
}

export function validKeys(keys: readonly EndpointKey[], now: Date): string[] {
  return keys.filter(({ until }) => until === null || new Date(until) > now).map(({ key }) => key);
}

/** The new key first; the one before it for a while longer, earlier ones no more. At most two are ever valid. */
export function withNewKey(keys: readonly EndpointKey[], key: string, formerUntil: Date): EndpointKey[] {
  const [former] = keys.filter((known) => known.key !== key);
  return [
    { key, until: null },
    ...(former === undefined ? [] : [{ key: former.key, until: formerUntil.toISOString() }]),
  ];
}
