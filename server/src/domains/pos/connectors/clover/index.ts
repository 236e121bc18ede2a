// Clover, by its REST API: it has no client for that.
import { askVendor } from '../ask-vendor.ts';
import type { Connection, Connector, TriedConnection } from '../connector.ts';
import { triedFailure } from '../try-failure.ts';
import { readAnswerObject, textIn } from '../vendor-answer.ts';
import { authorised, cloverCredentials, cloverSettings, cloverTokens, merchantPath } from './clover-settings.ts';
import { cloverConsent } from './consent.ts';
import { fetchCatalogue } from './fetch-catalogue.ts';
import { fetchChanges, fetchOne } from './fetch-changes.ts';
import { readElements, readObject } from './list-by-key.ts';
import { translate } from './translate.ts';
import { verifyWebhook } from './verify-webhook.ts';

export const cloverConnector: Connector = {
  type: 'clover',
  defaultEndpoint: 'https://api.clover.com',
  versions: 'coarse',
  // Clover allows 16 a second and 5 at once for a token, 50 for an app over all its merchants. Calling while one is held
  // up lengthens the wait, so a little is left.
  pace: { overlapMs: 600_000, lagMs: 5_000, perTokenPerSecond: 12, perAppPerSecond: 45, atOnce: 4 },
  credentials: cloverCredentials,
  settings: cloverSettings,
  tokens: cloverTokens,
  consent: cloverConsent,
  placesOf: ({ merchantId }) => (merchantId === undefined ? [] : [merchantId]),
  shopsOf: ({ settings: { merchantId } }) => (merchantId === undefined ? [] : [merchantId]),
  limitKeyOf: ({ settings }) => `clover ${settings['merchantId'] ?? ''}`,
  findSettings: null,
  tryConnection,
  fetchChanges,
  fetchOne,
  fetchCatalogue,
  translate,
  verifyWebhook,
};

async function tryConnection(connection: Connection): Promise<TriedConnection> {
  try {
    const { body } = await askVendor(connection, { path: merchantPath(connection), headers: authorised(connection) });
    const merchant = readAnswerObject(body);
    const properties = await readObject(connection, '/properties');
    // The rights to read are given one by one at Clover: each that is needed is tried.
    for (const path of ['/orders', '/payments', '/refunds', '/items', '/tenders'])
      await readElements(connection, `${path}?limit=1`);
    // Its path is not documented: where there is no such list, none is read, and no right to it is needed.
    await readObject(connection, '/credits?limit=1');
    return {
      ok: true,
      facts: {
        merchant: textIn(merchant, 'id') ?? '',
        locationName: textIn(merchant, 'name') ?? '',
        currency: textIn(properties, 'defaultCurrency') ?? textIn(merchant, 'defaultCurrency'),
        timeZone: textIn(properties, 'timezone'),
      },
    };
  } catch (error) {
    return triedFailure(error, { make: 'Clover', tokenField: 'apiKey', placeField: 'merchantId' });
  }
}
