// Toast, by its REST API: it has no client for that. The host is given with the credentials, so every till has its own.
import { askVendor } from '../ask-vendor.ts';
import type { Connection, Connector, TriedConnection } from '../connector.ts';
import { triedFailure } from '../try-failure.ts';
import { objectIn, readAnswerObject, textIn } from '../vendor-answer.ts';
import { fetchCatalogue } from './fetch-catalogue.ts';
import { fetchChanges, fetchOne } from './fetch-changes.ts';
import { authorised, restaurantOf, toastCredentials, toastSettings, toastTokens } from './toast-settings.ts';
import { translate } from './translate.ts';
import { verifyWebhook } from './verify-webhook.ts';

export const toastConnector: Connector = {
  type: 'toast',
  defaultEndpoint: null,
  versions: 'coarse',
  // Its own retries of webhooks span fifteen minutes. Five requests a second for a client at a location.
  pace: { overlapMs: 1_200_000, lagMs: 10_000, perTokenPerSecond: 4, perAppPerSecond: null, atOnce: 2 },
  credentials: toastCredentials,
  settings: toastSettings,
  tokens: toastTokens,
  consent: null,
  placesOf: (settings) => [restaurantOf(settings) ?? []].flat(),
  shopsOf: ({ settings }) => [restaurantOf(settings)?.toLowerCase() ?? []].flat(),
  limitKeyOf: ({ settings }) => `toast ${restaurantOf(settings) ?? ''}`,
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
    const guid = restaurantOf(connection.settings) ?? '';
    const headers = authorised(connection);
    const { body } = await askVendor(connection, { path: `/restaurants/v1/restaurants/${guid}`, headers });
    const restaurant = readAnswerObject(body);
    // The scopes for orders and menus are granted apart from that for restaurants.
    const day = connection.now().toISOString().slice(0, 10).replaceAll('-', '');
    await askVendor(connection, { path: `/orders/v2/ordersBulk?businessDate=${day}&pageSize=1&page=1`, headers });
    await askVendor(connection, { path: '/menus/v2/metadata', headers });
    const general = objectIn(restaurant, 'general');
    return {
      ok: true,
      facts: {
        merchant: textIn(restaurant, 'guid') ?? guid,
        locationName: textIn(general, 'locationName') ?? textIn(general, 'name') ?? '',
        currency: textIn(general, 'currencyCode'),
        timeZone: textIn(general, 'timeZone'),
      },
    };
  } catch (error) {
    return triedFailure(error, { make: 'Toast', tokenField: 'apiKey', placeField: 'restaurantGuid' });
  }
}
