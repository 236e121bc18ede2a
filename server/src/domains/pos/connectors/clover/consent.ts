// A merchant's consent at Clover: the page lies on another host than the API, and the browser comes back with the
// merchant's id beside the code.
import { askVendor } from '../ask-vendor.ts';
import type { Consent } from '../connector.ts';
import { readAnswerObject } from '../vendor-answer.ts';
import { readGrant } from './clover-settings.ts';

const pageHosts: Readonly<Record<string, string>> = {
  'api.clover.com': 'www.clover.com',
  'api.eu.clover.com': 'www.eu.clover.com',
  'api.la.clover.com': 'www.la.clover.com',
  'apisandbox.dev.clover.com': 'sandbox.dev.clover.com',
};

export const cloverConsent: Consent = {
  needsSecret: true,
  pageFor({ endpoint, clientId, redirectUrl, state }) {
    const page = new URL(`${endpoint}/oauth/v2/authorize`);
    page.host = pageHosts[page.host] ?? page.host;
    page.searchParams.set('client_id', clientId);
    page.searchParams.set('redirect_uri', redirectUrl);
    page.searchParams.set('state', state);
    return page.href;
  },
  async exchange(connection, { code }) {
    const { clientId, clientSecret } = connection.credentials;
    const json = { client_id: clientId, client_secret: clientSecret, code };
    const { body } = await askVendor(connection, { path: '/oauth/v2/token', method: 'POST', json, secrets: [code] });
    // The secret is for this alone: a refresh needs none, and what is not kept cannot be lost.
    const kept = { ...connection, credentials: { clientId: clientId ?? '' } };
    return { credentials: readGrant(kept, readAnswerObject(body)), settings: {} };
  },
};
