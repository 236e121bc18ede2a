// Square, by its official client. A system is one shop, which may be several locations at Square (two counters, say).
import { hash } from 'node:crypto';
import type { Connector } from '../connector.ts';
import { squareConsent } from './consent.ts';
import { fetchCatalogue } from './fetch-catalogue.ts';
import { fetchChanges, fetchOne } from './fetch-changes.ts';
import { findSettings } from './locations.ts';
import { locationIdsOf, squareCredentials, squareSettings, squareTokens } from './square-settings.ts';
import { translate } from './translate.ts';
import { tryConnection } from './try-connection.ts';
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
  findSettings,
  tryConnection,
  fetchChanges,
  fetchOne,
  fetchCatalogue,
  translate,
  verifyWebhook,
};
