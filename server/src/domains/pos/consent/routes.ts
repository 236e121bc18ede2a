// The addresses of consents: beginning one, and completing it with what the merchant's browser came back with.
import { forbidden, locationNotFound } from '../../../identity/index.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { sendCreated } from '../../../platform/versioned-update-wire.ts';
import {
  addressRefused,
  connectionFailed,
  consentNotOffered,
  consentRefused,
  consentUnknown,
  credentialsIncomplete,
  currencyMismatch,
  noSuchSystem,
} from '../errors.ts';
import type { RegisterParts } from '../systems/register-system.ts';
import { systemView } from '../systems/schema.ts';
import { viewSystem } from '../systems/view-system.ts';
import { beginConsent } from './begin-consent.ts';
import { completeConsent } from './complete-consent.ts';
import { begunConsentView, newConsent, returnedConsent } from './schema.ts';

export function addConsentRoutes(app: HttpApp, parts: RegisterParts): void {
  const tags = ['pos systems'];
  app.post(
    '/v1/pos-systems/consents',
    {
      schema: {
        tags,
        summary: 'Ask a merchant at Square or Clover to let us in (OAuth)',
        description:
          "Send the merchant's browser to `consentUrl`. It comes back to `redirectUrl` with `code` and `state`, which go " +
          'to POST /v1/pos-systems/consents/complete: by the same person or key, once, within a quarter of an hour.',
        body: newConsent,
        response: { 201: begunConsentView },
      },
      config: {
        errors: [forbidden, locationNotFound, noSuchSystem, consentNotOffered, credentialsIncomplete, addressRefused],
      },
    },
    async ({ caller, body }, reply) => {
      const { consentUrl, expiresAt } = await beginConsent(parts, caller, body);
      return reply.code(201).send({ consentUrl, expiresAt: expiresAt.toISOString() });
    },
  );
  app.post(
    '/v1/pos-systems/consents/complete',
    {
      schema: {
        tags,
        summary: 'Register the till of a merchant who has agreed',
        description: 'The server gives the code for tokens, tries the till and keeps it; nobody sees the tokens.',
        body: returnedConsent,
        response: { 201: systemView },
      },
      config: {
        errors: [
          ...[forbidden, locationNotFound, noSuchSystem, consentUnknown, consentRefused],
          ...[credentialsIncomplete, addressRefused, connectionFailed, currencyMismatch],
        ],
      },
    },
    async ({ caller, body }, reply) => {
      const system = viewSystem(await completeConsent(parts, caller, body));
      return sendCreated(reply, `/v1/pos-systems/${system.id}`, system);
    },
  );
}
