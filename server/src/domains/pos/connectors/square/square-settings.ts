// What a till at Square is registered with. The names of the seed's configuration: apiKey is the access token.
import { z } from 'zod';
import { askVendor } from '../ask-vendor.ts';
import { instantText, secretText, settingText } from '../connection-fields.ts';
import type { Connection, ConnectionFields, TokenRenewal } from '../connector.ts';
import { type AnswerObject, readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';

export const squareCredentials = z.strictObject({
  apiKey: secretText.describe('Access token: a personal one, or that of an OAuth grant'),
  secretKey: secretText.exactOptional().describe('Not used for requests'),
  merchantId: settingText.exactOptional(),
  refreshToken: secretText.exactOptional(),
  clientId: secretText.exactOptional().describe('Of the OAuth application; needed with refreshToken'),
  clientSecret: secretText.exactOptional().describe('Left out for a public client (PKCE)'),
  obtainedAt: instantText.exactOptional(),
  expiresAt: instantText.exactOptional(),
});

export const squareSettings = z.strictObject({
  merchantId: settingText.exactOptional(),
  locationIds: z
    .string()
    .max(4_000)
    .regex(/^[A-Za-z0-9_-]+(,[A-Za-z0-9_-]+)*$/)
    .describe('The locations at Square that are this shop, separated by commas'),
});

export function locationIdsOf(settings: ConnectionFields): string[] {
  return [...new Set((settings['locationIds'] ?? '').split(',').filter((id) => id !== ''))];
}

/** Square advises to renew every seven days of a token's thirty: a quarter of its life. */
const renewAfterShare = 0.25;

function renewAt({ refreshToken, obtainedAt, expiresAt }: ConnectionFields): Date | null {
  if (refreshToken === undefined) return null;
  const expires = Date.parse(expiresAt ?? '');
  const obtained = Date.parse(obtainedAt ?? '');
  // Of a token of unknown age nothing is certain but that it can be renewed.
  if (Number.isNaN(expires) || Number.isNaN(obtained)) return new Date(0);
  return new Date(obtained + (expires - obtained) * renewAfterShare);
}

export const squareTokens: TokenRenewal = {
  renewAt,
  async renew(connection) {
    const { clientId, clientSecret, refreshToken } = connection.credentials;
    const { body } = await askVendor(connection, {
      path: '/oauth2/token',
      method: 'POST',
      json: {
        client_id: clientId,
        ...(clientSecret === undefined ? {} : { client_secret: clientSecret }),
        grant_type: 'refresh_token',
        refresh_token: refreshToken,
      },
    });
    return readGrant(connection, readAnswerObject(body));
  },
};

/** The credentials with what Square has granted; throws VendorFailure where it has not. */
export function readGrant(
  { credentials, now }: Pick<Connection, 'credentials' | 'now'>,
  answer: AnswerObject,
): ConnectionFields {
  const apiKey = textIn(answer, 'access_token');
  if (apiKey === null) throw new VendorFailure('malformed', 'Square granted no access token.');
  const expiresAt = textIn(answer, 'expires_at');
  // A public client's is used up by a renewal; a confidential one's comes back the same.
  const refreshToken = textIn(answer, 'refresh_token') ?? credentials['refreshToken'];
  return {
    ...credentials,
    apiKey,
    ...(refreshToken === undefined ? {} : { refreshToken }),
    obtainedAt: now().toISOString(),
    ...(expiresAt === null ? {} : { expiresAt }),
  };
}
