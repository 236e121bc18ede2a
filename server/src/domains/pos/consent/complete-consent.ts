// Completes a consent: the merchant's browser has come back with a code, the server gives it for tokens, and the till is
// registered, or connected anew, like one whose credentials somebody typed in. The tokens are seen by nobody on the way.
import { z } from 'zod';
import type { Caller } from '../../../identity/index.ts';
import { SecretError } from '../../../platform/secrets.ts';
import type { ConsentedFields } from '../connectors/connector.ts';
import { VendorFailure } from '../connectors/vendor-failure.ts';
import { connect } from '../credentials/connect.ts';
import { refuseAddress, tryWithin } from '../credentials/try-connection.ts';
import { consentNotOffered, consentRefused, consentUnknown } from '../errors.ts';
import type { SystemRow } from '../systems/queries.ts';
import { type RegisterParts, registerSystem } from '../systems/register-system.ts';
import { reconnectSystem } from '../systems/steer-system.ts';
import { takeConsent } from './queries.ts';
import type { ReturnedConsent } from './schema.ts';
import { digestOf, openWish, type Wish } from './wish.ts';

/**
 * The state is used up by this, whatever comes of it, as the code is. Throws `pos.consent_unknown`, also for another
 * caller's state and one that is over; `pos.consent_refused`, `pos.address_refused`, `pos.connection_failed`, and what registering throws.
 */
export async function completeConsent(
  parts: RegisterParts,
  caller: Caller,
  { state, code, merchantId }: ReturnedConsent,
): Promise<SystemRow> {
  const wish = await takeWish(parts, caller, state);
  const told = wish.systemType === 'clover' && merchantId !== undefined ? { merchantId } : {};
  const granted = await exchange(parts, { ...wish, settings: { ...wish.settings, ...told } }, code);
  const settings = { ...wish.settings, ...told, ...granted.settings };
  const { credentials } = granted;
  if (wish.posSystemId !== null) return reconnectSystem(parts, caller, { id: wish.posSystemId, credentials, settings });
  if (wish.system === null) throw new Error('A consent was kept for no till');
  return registerSystem(parts, caller, { ...wish.system, credentials, settings });
}

const locationId = z.uuid();

async function takeWish({ db, secrets, vendors }: RegisterParts, caller: Caller, state: string): Promise<Wish> {
  const place = locationId.safeParse(state.split('.')[0]);
  const wanted = { stateDigest: digestOf(state), requestedBy: caller.id, at: vendors.clock.now() };
  const row = place.success
    ? await db.transaction(caller, (tx) => takeConsent(tx, { locationId: place.data, ...wanted }))
    : null;
  if (row === null) throw consentUnknown('The state was used already, is over, or was given to somebody else.');
  try {
    return openWish(secrets, row);
  } catch (error) {
    // The key that it was sealed under was taken away while the merchant was at the vendor's page.
    if (error instanceof SecretError) throw consentUnknown('The consent was begun under a key that is gone.');
    throw error;
  }
}

function exchange({ vendors }: RegisterParts, wish: Wish, code: string): Promise<ConsentedFields> {
  const { franchiseId, systemType, apiEndpoint, settings, clientId, clientSecret, redirectUrl, verifier } = wish;
  const { consent } = vendors.connectors[systemType];
  if (consent === null) throw consentNotOffered(`${systemType} gives its credentials in another way.`);
  const credentials = { clientId, ...(clientSecret === null ? {} : { clientSecret }) };
  return tryWithin(async (signal) => {
    await refuseAddress(vendors, wish);
    const till = { franchiseId, systemType, apiEndpoint, credentials, settings };
    // Once: a code that is sent twice is a sign of theft to a vendor, and may cost the tokens that it was given for.
    const { connection } = connect(vendors, till, { signal, retries: 0 });
    return consent.exchange(connection, { code, redirectUrl, verifier }).catch(refuse);
  });
}

function refuse(error: unknown): never {
  if (!(error instanceof VendorFailure) || error.kind === 'unavailable' || error.kind === 'rate_limited') throw error;
  throw consentRefused(error.message);
}
