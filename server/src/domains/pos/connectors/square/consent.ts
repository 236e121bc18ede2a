// A merchant's consent at Square: the page, and the code for tokens. An app that can keep a secret sends it; one that
// cannot proves by a verifier that it is the one which opened the page (PKCE).
import { askVendor } from '../ask-vendor.ts';
import type { Connection, Consent } from '../connector.ts';
import { readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { describeLocations, listLocations } from './locations.ts';
import { readGrant } from './square-settings.ts';

/** Reading alone: nothing of ours ever writes at a vendor. */
const scopes = ['ORDERS_READ', 'PAYMENTS_READ', 'ITEMS_READ', 'MERCHANT_PROFILE_READ'];

export const squareConsent: Consent = {
  needsSecret: false,
  pageFor({ endpoint, clientId, redirectUrl, state, challenge }) {
    const page = new URL(`${endpoint}/oauth2/authorize`);
    page.searchParams.set('client_id', clientId);
    page.searchParams.set('scope', scopes.join(' '));
    // Whoever happens to be signed in in this browser is asked again who they are.
    page.searchParams.set('session', 'false');
    page.searchParams.set('redirect_uri', redirectUrl);
    page.searchParams.set('state', state);
    if (challenge !== null) page.searchParams.set('code_challenge', challenge);
    return page.href;
  },
  async exchange(connection, { code, redirectUrl, verifier }) {
    const { clientId, clientSecret } = connection.credentials;
    const { body } = await askVendor(connection, {
      path: '/oauth2/token',
      method: 'POST',
      json: {
        grant_type: 'authorization_code',
        client_id: clientId,
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
        ...(verifier === null ? {} : { code_verifier: verifier }),
        code,
        redirect_uri: redirectUrl,
      },
      secrets: [code, ...(verifier === null ? [] : [verifier])],
    });
    const answer = readAnswerObject(body);
    const credentials = readGrant(connection, answer);
    const merchantId = textIn(answer, 'merchant_id');
    const locationIds = connection.settings['locationIds'] ?? (await onlyLocation({ ...connection, credentials }));
    return { credentials, settings: { locationIds, ...(merchantId === null ? {} : { merchantId }) } };
  },
};

/** Who has one location need not know its id. Throws VendorFailure. */
async function onlyLocation(connection: Connection): Promise<string> {
  const locations = await listLocations(connection);
  const [first, ...others] = locations.map((location) => textIn(location, 'id') ?? '');
  if (first !== undefined && others.length === 0) return first;
  throw new VendorFailure(
    'refused',
    `The merchant has the locations ${describeLocations(locations)}; begin again with the shop's in settings.locationIds.`,
  );
}
