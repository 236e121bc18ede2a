// What a till at Toast is registered with. The names of the seed's configuration: apiKey and secretKey are the client's
// id and secret, which a login turns into a token of a day.
import { z } from 'zod';
import { askVendor } from '../ask-vendor.ts';
import { instantText, secretText, settingText } from '../connection-fields.ts';
import type { Connection, ConnectionFields, TokenRenewal } from '../connector.ts';
import { objectIn, readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';

export const toastCredentials = z.strictObject({
  apiKey: secretText.describe('Client id'),
  secretKey: secretText.describe('Client secret'),
  merchantId: settingText.exactOptional(),
  accessToken: secretText.exactOptional().describe('Of the last login; made when it is missing'),
  expiresAt: instantText.exactOptional(),
});

export const toastSettings = z
  .strictObject({
    restaurantGuid: z.guid().exactOptional().describe('The restaurant at Toast that is this shop'),
    merchantId: z.guid().exactOptional().describe('The same, by the name that all makes know'),
  })
  .refine((settings) => restaurantOf(settings) !== null, {
    path: ['restaurantGuid'],
    message: 'The GUID of the restaurant is needed',
  });

export function restaurantOf({ restaurantGuid, merchantId }: ConnectionFields): string | null {
  return restaurantGuid ?? merchantId ?? null;
}

export function authorised({ credentials, settings }: Pick<Connection, 'credentials' | 'settings'>) {
  return {
    authorization: `Bearer ${credentials['accessToken'] ?? ''}`,
    'toast-restaurant-external-id': restaurantOf(settings) ?? '',
  };
}

/** Before it ends, since a login may have to wait: Toast wants at most two an hour. */
const renewAheadMs = 2 * 3_600_000;

function renewAt({ accessToken, expiresAt }: ConnectionFields): Date {
  const expires = Date.parse(expiresAt ?? '');
  return accessToken === undefined || Number.isNaN(expires) ? new Date(0) : new Date(expires - renewAheadMs);
}

export const toastTokens: TokenRenewal = {
  renewAt,
  // Toast wants at most two logins an hour of a client, which may speak for hundreds of restaurants.
  sharedBy: ['apiKey', 'secretKey'],
  async renew(connection) {
    const { credentials, now } = connection;
    const { apiKey, secretKey } = credentials;
    const { body } = await askVendor(connection, {
      path: '/authentication/v1/authentication/login',
      method: 'POST',
      json: { clientId: apiKey, clientSecret: secretKey, userAccessType: 'TOAST_MACHINE_CLIENT' },
    });
    const token = objectIn(readAnswerObject(body), 'token');
    const accessToken = textIn(token, 'accessToken');
    const seconds = Number(textIn(token, 'expiresIn'));
    if (accessToken === null || !(seconds > 0)) throw new VendorFailure('malformed', 'Toast granted no token.');
    return { ...credentials, accessToken, expiresAt: new Date(now().getTime() + seconds * 1000).toISOString() };
  },
};
