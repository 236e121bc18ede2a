// The addresses of POS systems and their connections.
import { type Caller, forbidden, locationNotFound } from '../../../identity/index.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { invalidCursor } from '../../../platform/http-errors.ts';
import { listOf, listQuery } from '../../../platform/http-lists.ts';
import type { VersionedUpdates } from '../../../platform/versioned-update.ts';
import { editErrors } from '../../../platform/versioned-update-errors.ts';
import { expectedVersion, ifMatchHeader, sendCreated, sendVersioned } from '../../../platform/versioned-update-wire.ts';
import {
  addressRefused,
  connectionFailed,
  credentialsIncomplete,
  currencyMismatch,
  noSuchSystem,
  notConnected,
  placeTaken,
  timeZoneMismatch,
} from '../errors.ts';
import { idParams } from '../schema.ts';
import { listSystems, readSystem } from './read-systems.ts';
import { registerSystem } from './register-system.ts';
import { newSystem, systemChanges, systemView, triedView } from './schema.ts';
import { disconnectSystem, pauseSystem, resumeSystem, type SteerParts, trySystem } from './steer-system.ts';
import { createSystemEdit } from './update-system.ts';
import { viewSystem } from './view-system.ts';

export interface SystemRouteParts extends SteerParts {
  readonly edits: VersionedUpdates<'pos_systems', Caller>;
}

const tags = ['pos systems'];

export function addSystemRoutes(app: HttpApp, parts: SystemRouteParts): void {
  addRegistration(app, parts);
  addReading(app, parts);
  addSteering(app, parts);
}

function addRegistration(app: HttpApp, parts: SystemRouteParts): void {
  app.post(
    '/v1/pos-systems',
    {
      schema: {
        tags,
        summary: 'Register a till at a shop',
        description: 'A till of a vendor is asked once before it is kept: what is wrong is said in the refusal.',
        body: newSystem,
        response: { 201: systemView },
      },
      config: {
        errors: [
          forbidden,
          locationNotFound,
          credentialsIncomplete,
          addressRefused,
          connectionFailed,
          currencyMismatch,
          placeTaken,
          timeZoneMismatch,
        ],
      },
    },
    async ({ caller, body }, reply) => {
      const system = viewSystem(await registerSystem(parts, caller, body));
      return sendCreated(reply, `/v1/pos-systems/${system.id}`, system);
    },
  );
  const systemEdit = createSystemEdit(parts);
  app.patch(
    '/v1/pos-systems/:id',
    {
      schema: {
        tags,
        summary: 'Edit a till',
        params: idParams,
        headers: ifMatchHeader,
        body: systemChanges,
        response: { 200: systemView },
      },
      config: { errors: [forbidden, noSuchSystem, credentialsIncomplete, addressRefused, placeTaken, ...editErrors] },
    },
    async ({ caller, params, headers, body }, reply) => {
      const edit = { ...params, expectedVersion: expectedVersion(headers), changes: body };
      return sendVersioned(reply, viewSystem(await parts.edits.update(caller, systemEdit, edit)));
    },
  );
}

function addReading(app: HttpApp, parts: SystemRouteParts): void {
  app.get(
    '/v1/pos-systems',
    {
      schema: {
        tags,
        summary: 'Tills, in the order of their registration',
        querystring: listQuery,
        response: { 200: listOf(systemView) },
      },
      config: { errors: [forbidden, invalidCursor] },
    },
    async ({ caller, query }) => {
      const { items, nextCursor } = await listSystems(parts.db, caller, query);
      return { items: items.map(viewSystem), nextCursor };
    },
  );
  app.get(
    '/v1/pos-systems/:id',
    {
      schema: { tags, summary: 'A till, and how its connection does', params: idParams, response: { 200: systemView } },
      config: { errors: [forbidden, noSuchSystem] },
    },
    async ({ caller, params }, reply) => {
      return sendVersioned(reply, viewSystem(await readSystem(parts.db, caller, params.id)));
    },
  );
}

function addSteering(app: HttpApp, parts: SystemRouteParts): void {
  const strokes = [
    ['pause', 'Neither ask the vendor nor listen to its webhooks', pauseSystem],
    ['resume', 'Go on where it was paused; the next run is due at once', resumeSystem],
    ['disconnect', 'Take the credentials away; what was booked stays', disconnectSystem],
  ] as const;
  for (const [stroke, summary, steer] of strokes) {
    app.post(
      `/v1/pos-systems/:id/${stroke}`,
      {
        schema: { tags, summary, params: idParams, response: { 200: systemView } },
        config: { errors: [forbidden, noSuchSystem] },
      },
      async ({ caller, params }, reply) => sendVersioned(reply, viewSystem(await steer(parts, caller, params.id))),
    );
  }
  app.post(
    '/v1/pos-systems/:id/try',
    {
      schema: {
        tags,
        summary: 'Ask the vendor once with the credentials that are kept',
        params: idParams,
        response: { 200: triedView },
      },
      config: { idempotency: 'repeatable', errors: [forbidden, noSuchSystem, notConnected] },
    },
    ({ caller, params }) => trySystem(parts, caller, params.id),
  );
}
