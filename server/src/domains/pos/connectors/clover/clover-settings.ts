// What a till at Clover is registered with. The names of the seed's configuration: apiKey is the access token.
import { z } from 'zod';
import { askVendor } from '../ask-vendor.ts';
import { instantText, secretText, settingText } from '../connection-fields.ts';
import type { Connection, ConnectionFields, TokenRenewal } from '../connector.ts';
import { type AnswerObject, readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';

export const cloverCredentials = z.strictObject({
  apiKey: secretText.describe('Access token: one that the merchant made, or that of an OAuth grant'),
  secretKey: secretText.exactOptional().describe('Not used for requests'),
  merchantId: settingText.exactOptional(),
  refreshToken: secretText.exactOptional().describe('Works once: each renewal brings the next'),
  clientId: secretText.exactOptional().describe('Of the app; needed with refreshToken'),
  obtainedAt: instantText.exactOptional(),
  expiresAt: instantText.exactOptional(),
});

export const cloverSettings = z.strictObject({ merchantId: settingText });

export function merchantPath({ settings }: Pick<Connection, 'settings'>): string {
  return `/v3/merchants/${settings['merchantId'] ?? ''}`;
}

export function authorised({ credentials }: Pick<Connection, 'credentials'>): Record<string, string> {
  return { authorization: `Bearer ${credentials['apiKey'] ?? ''}` };
}

function renewAt({ refreshToken, obtainedAt, expiresAt }: ConnectionFields): Date | null {
  if (refreshToken === undefined) return null;
  const expires = Date.parse(expiresAt ?? '');
  const obtained = Date.parse(obtainedAt ?? '');
  if (Number.isNaN(expires)) return new Date(0);
  // Lifetimes are not to be relied upon, so what is left counts and not what is usual: renewed with a quarter to go.
  return new Date(Number.isNaN(obtained) ? expires - 600_000 : expires - (expires - obtained) / 4);
}

export const cloverTokens: TokenRenewal = {
  renewAt,
  async renew(connection) {
    const { clientId, refreshToken } = connection.credentials;
    const json = { client_id: clientId, refresh_token: refreshToken };
    const { body } = await askVendor(connection, { path: '/oauth/v2/refresh', method: 'POST', json });
    return readGrant(connection, readAnswerObject(body));
  },
};

/** The credentials with the pair that Clover has granted; throws VendorFailure where it has not. */
export function readGrant(
  { credentials, now }: Pick<Connection, 'credentials' | 'now'>,
  answer: AnswerObject,
): ConnectionFields {
  const [apiKey, next] = [textIn(answer, 'access_token'), textIn(answer, 'refresh_token')];
  if (apiKey === null || next === null) throw new VendorFailure('malformed', 'Clover granted no pair of tokens.');
  // In seconds, though all else at Clover is in milliseconds.
  const expires = new Date(Number(textIn(answer, 'access_token_expiration')) * 1000);
  return {
    ...credentials,
    apiKey,
    refreshToken: next,
    obtainedAt: now().toISOString(),
    ...(Number.isNaN(expires.getTime()) ? {} : { expiresAt: expires.toISOString() }),
  };
}
