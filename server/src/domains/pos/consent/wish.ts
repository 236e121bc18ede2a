// What a consent is to end in, sealed while the merchant is at the vendor's page: it holds the secret of the app and the
// verifier, and must be nobody's to change.
import { createHash } from 'node:crypto';
import type { SecretPlace, Secrets } from '../../../platform/secrets.ts';
import type { PosSystemType } from '../connectors/connector.ts';
import type { NewSystem } from '../systems/schema.ts';

export interface Wish {
  readonly systemType: PosSystemType;
  readonly apiEndpoint: string | null;
  readonly settings: Readonly<Record<string, string>>;
  readonly clientId: string;
  readonly franchiseId: string;
  readonly clientSecret: string | null;
  readonly verifier: string | null;
  readonly redirectUrl: string;
  /** A till to register, or one to connect anew. */
  readonly system: Omit<NewSystem, 'credentials'> | null;
  readonly posSystemId: string | null;
}

interface Place {
  readonly locationId: string;
  readonly id: string;
  readonly franchiseId: string;
}

function placeOf({ franchiseId, locationId, id }: Place): SecretPlace {
  return { tenant: franchiseId, table: 'pos_consents', row: `${locationId}/${id}`, column: 'wish' };
}

export function sealWish(secrets: Secrets, place: Place, wish: Wish): Buffer {
  return Buffer.from(secrets.seal(JSON.stringify(wish), placeOf(place)));
}

/** Throws a SecretError for what was sealed for another row, or under a key that is gone. */
export function openWish(secrets: Secrets, row: Place & { readonly wish: Buffer }): Wish {
  return JSON.parse(secrets.openText(row.wish, placeOf(row)));
}

export function digestOf(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}
