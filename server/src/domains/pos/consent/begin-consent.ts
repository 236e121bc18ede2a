// Begins what a merchant goes on with at the vendor: makes the address of the vendor's page, and keeps what is to become
// of the consent. The state in the address is what ties the browser that comes back to who sent it: to one person or key,
// to one shop, once, and for a quarter of an hour. Without that, whoever brings a code of their own merchant could have it
// registered at somebody else's shop.
import { randomBytes } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { type Caller, requirePermission } from '../../../identity/index.ts';
import type { Tx } from '../../../platform/database.ts';
import type { ConnectionFields, PosSystemType } from '../connectors/connector.ts';
import { endpointOf } from '../credentials/connect.ts';
import { consentNotOffered, credentialsIncomplete, noSuchSystem } from '../errors.ts';
import { findSystem } from '../systems/queries.ts';
import { findShop, type RegisterParts } from '../systems/register-system.ts';
import { insertConsent } from './queries.ts';
import type { NewConsent } from './schema.ts';
import { digestOf, sealWish } from './wish.ts';

export interface BegunConsent {
  readonly consentUrl: string;
  readonly expiresAt: Date;
}

const lifeMs = 15 * 60_000;

/**
 * Throws `pos.consent_not_offered`, `pos.credentials_incomplete` for an app without the secret that its make asks for,
 * `identity.location_not_found`, `pos.system_not_found` and `identity.forbidden`.
 */
export async function beginConsent(
  { db, secrets, vendors }: RegisterParts,
  caller: Caller,
  wanted: NewConsent,
): Promise<BegunConsent> {
  return db.transaction(caller, async (tx) => {
    const target = await findTarget(tx, caller, wanted);
    const { systemType, apiEndpoint } = target;
    const connector = vendors.connectors[systemType];
    const { consent } = connector;
    if (consent === null) throw consentNotOffered(`${systemType} gives its credentials in another way.`);
    const { clientId, clientSecret = null, redirectUrl, system = null, posSystemId = null } = wanted;
    if (clientSecret === null && consent.needsSecret) {
      throw credentialsIncomplete(`An app at ${systemType} has a secret, which is needed: clientSecret.`, {
        errors: [{ path: 'clientSecret', message: 'is missing' }],
      });
    }
    const verifier = clientSecret === null ? randomBytes(32).toString('base64url') : null;
    const state = `${target.locationId}.${randomBytes(32).toString('base64url')}`;
    const createdAt = vendors.clock.now();
    const expiresAt = new Date(createdAt.getTime() + lifeMs);
    const { locationId, franchiseId, franchiseeId } = target;
    const row = { id: uuidv7(), locationId, franchiseId, franchiseeId, requestedBy: caller.id, createdAt, expiresAt };
    const { settings } = target;
    const wish = {
      ...{
        franchiseId,
        systemType,
        apiEndpoint,
        settings,
        clientId,
        clientSecret,
        verifier,
        redirectUrl,
        system,
        posSystemId,
      },
    };
    await insertConsent(tx, { ...row, stateDigest: digestOf(state), wish: sealWish(secrets, row, wish) });
    const challenge = verifier === null ? null : digestOf(verifier).toString('base64url');
    const endpoint = endpointOf(connector, apiEndpoint);
    return { consentUrl: consent.pageFor({ endpoint, clientId, redirectUrl, state, challenge }), expiresAt };
  });
}

interface Target {
  readonly locationId: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly systemType: PosSystemType;
  readonly apiEndpoint: string | null;
  readonly settings: ConnectionFields;
}

async function findTarget(tx: Tx, caller: Caller, { system, posSystemId }: NewConsent): Promise<Target> {
  if (system !== undefined) {
    const { franchiseId, franchiseeId } = await findShop(tx, caller, system.locationId);
    const { locationId, systemType, apiEndpoint = null, settings = {} } = system;
    return { locationId, franchiseId, franchiseeId, systemType, apiEndpoint, settings };
  }
  const kept = posSystemId === undefined ? null : await findSystem(tx, posSystemId);
  if (kept === null) throw noSuchSystem(`There is no POS system ${posSystemId}.`);
  requirePermission(caller, 'pos.manage', kept);
  return kept;
}
