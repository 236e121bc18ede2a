// Any other till, by its maker's own server: the pull side of our contract. Tills that push need none of this.
import { askVendor } from '../ask-vendor.ts';
import type { Connection, Connector, TriedConnection } from '../connector.ts';
import { triedFailure } from '../try-failure.ts';
import { readAnswerObject, textIn } from '../vendor-answer.ts';
import { authorised, customCredentials, customSettings } from './custom-settings.ts';
import { fetchCatalogue, fetchChanges, fetchOne } from './fetch-changes.ts';
import { readFeedPage } from './read-feed.ts';
import { translate } from './translate.ts';
import { verifyWebhook } from './verify-webhook.ts';

export const customConnector: Connector = {
  type: 'custom',
  defaultEndpoint: null,
  versions: 'exact',
  pace: { overlapMs: 600_000, lagMs: 5_000, perTokenPerSecond: 10, perAppPerSecond: null, atOnce: 2 },
  credentials: customCredentials,
  settings: customSettings,
  tokens: null,
  consent: null,
  placesOf: ({ storeId }) => (storeId === undefined ? [] : [storeId]),
  // One server may speak for the stores of many makers, each with a number 1.
  shopsOf: ({ endpoint, settings: { storeId } }) =>
    storeId === undefined ? [] : [`${new URL(endpoint).pathname.replace(/\/+$/, '')}#${storeId}`],
  limitKeyOf: ({ settings }) => `custom ${settings['storeId'] ?? ''}`,
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
    const { body } = await askVendor(connection, { path: '/store', headers: authorised(connection) });
    const store = readAnswerObject(body);
    const wanted = connection.settings['storeId'] ?? '';
    const storeId = textIn(store, 'storeId');
    if (storeId !== wanted) {
      const problem = `At the endpoint stands the store ${storeId ?? '(without an id)'}, not ${wanted}.`;
      return { ok: false, problem, field: 'storeId' };
    }
    for (const feed of ['transactions', 'refunds', 'items'] as const) {
      await readFeedPage(connection, feed, { since: connection.now(), after: null });
    }
    return {
      ok: true,
      facts: {
        merchant: storeId,
        locationName: textIn(store, 'name') ?? '',
        currency: textIn(store, 'currency'),
        timeZone: textIn(store, 'timeZone'),
      },
    };
  } catch (error) {
    return triedFailure(error, { make: "the till's server", tokenField: 'apiKey', placeField: 'storeId' });
  }
}
