// Square, by its official client. A system is one shop, which may be several locations at Square (two counters, say).
import { hash } from 'node:crypto';
import type { Connection, Connector, TriedConnection } from '../connector.ts';
import { triedFailure } from '../try-failure.ts';
import { objectsIn, textIn } from '../vendor-answer.ts';
import { askSquare } from './ask-square.ts';
import { squareConsent } from './consent.ts';
import { fetchCatalogue } from './fetch-catalogue.ts';
import { fetchChanges, fetchOne } from './fetch-changes.ts';
import { locationIdsOf, squareCredentials, squareSettings, squareTokens } from './square-settings.ts';
import { translate } from './translate.ts';
import { verifyWebhook } from './verify-webhook.ts';

export const squareConnector: Connector = {
  type: 'square',
  defaultEndpoint: 'https://connect.squareup.com',
  versions: 'coarse',
  // The limits are unpublished; integrators tell of being held up at bursts of six a second.
  pace: { overlapMs: 600_000, lagMs: 10_000, perTokenPerSecond: 5, perAppPerSecond: null, atOnce: 2 },
  credentials: squareCredentials,
  settings: squareSettings,
  tokens: squareTokens,
  consent: squareConsent,
  placesOf: (settings) => {
    const merchantId = settings['merchantId'];
    return [...locationIdsOf(settings), ...(merchantId === undefined ? [] : [merchantId])];
  },
  shopsOf: ({ settings }) => locationIdsOf(settings),
  limitKeyOf: ({ credentials }) => `square ${hash('sha256', credentials['apiKey'] ?? '').slice(0, 32)}`,
  tryConnection,
  fetchChanges,
  fetchOne,
  fetchCatalogue,
  translate,
  verifyWebhook,
};

async function tryConnection(connection: Connection): Promise<TriedConnection> {
  try {
    const answer = await askSquare(connection, ({ locations }) => locations.list());
    const locations = objectsIn(answer['locations']);
    const wanted = locationIdsOf(connection.settings);
    const found = wanted.map((id) => locations.find((location) => textIn(location, 'id') === id));
    const missing = wanted.filter((_, index) => found[index] === undefined);
    const [first] = found;
    if (missing.length > 0 || first === undefined) {
      const known = locations.map((location) => `${textIn(location, 'id')} (${textIn(location, 'name')})`).slice(0, 20);
      const problem = `Square knows no location ${missing.join(', ')} for this token; it knows ${known.join(', ') || 'none'}.`;
      return { ok: false, problem, field: 'locationIds' };
    }
    return {
      ok: true,
      facts: {
        merchant: textIn(first, 'merchant_id') ?? textIn(first, 'business_name') ?? '',
        locationName: found.map((location) => textIn(location, 'name') ?? '').join(', '),
        currency: textIn(first, 'currency'),
        timeZone: textIn(first, 'timezone'),
      },
    };
  } catch (error) {
    return triedFailure(error, { make: 'Square', tokenField: 'apiKey', placeField: 'locationIds' });
  }
}
