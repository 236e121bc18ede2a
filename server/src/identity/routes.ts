// The addresses of identity. Each route is its schema and one operation; who may call it is the operation's to say.
import type { Clock } from '../platform/clock.ts';
import type { Database } from '../platform/database.ts';
import type { HttpApp } from '../platform/http.ts';
import { listOf, listQuery, noContent, type Page } from '../platform/http-lists.ts';
import type { VersionedUpdates } from '../platform/versioned-update.ts';
import { editErrors } from '../platform/versioned-update-errors.ts';
import { expectedVersion, ifMatchHeader, sendCreated, sendVersioned } from '../platform/versioned-update-wire.ts';
import type { Authenticator } from './authenticate.ts';
import type { Caller } from './caller.ts';
import { issueApiKey } from './create-api-key.ts';
import { openLocation } from './create-location.ts';
import { describeCaller } from './describe-caller.ts';
import {
  apiKeyNotFound,
  exceedsOwnRights,
  expiryInThePast,
  forbidden,
  franchiseeNotFound,
  franchiseNotFound,
  franchiseRequired,
  locationNotFound,
  scopeNeedsFranchisee,
  unknownTimeZone,
} from './errors.ts';
import { listKeys } from './list-keys.ts';
import { listPlaces, readLocation } from './list-places.ts';
import { withdrawApiKey } from './revoke-api-key.ts';
import {
  apiKeyView,
  createdApiKeyView,
  franchiseeView,
  franchiseView,
  idParams,
  locationChanges,
  locationView,
  meView,
  newApiKey,
  newLocation,
} from './schema.ts';
import { locationEdit } from './update-location.ts';
import { viewApiKey, viewCreatedApiKey, viewFranchise, viewFranchisee, viewLocation } from './views.ts';

export interface IdentityParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly authenticator: Authenticator;
  readonly edits: VersionedUpdates<'locations', Caller>;
}

export function addIdentityRoutes(app: HttpApp, parts: IdentityParts): void {
  addPlaceRoutes(app, parts);
  addLocationChanges(app, parts);
  addKeyRoutes(app, parts);
  app.get(
    '/v1/me',
    { schema: { tags: ['identity'], summary: 'Who the credential is', response: { 200: meView } } },
    (request) => describeCaller(parts.db, request.caller),
  );
}

const placeTags = ['places'];

function addLocationChanges(app: HttpApp, { db, edits }: IdentityParts): void {
  const tags = placeTags;
  app.post(
    '/v1/locations',
    {
      schema: { tags, summary: 'Open a location', body: newLocation, response: { 201: locationView } },
      config: { errors: [forbidden, franchiseNotFound, franchiseeNotFound, franchiseRequired, unknownTimeZone] },
    },
    async ({ caller, body }, reply) => {
      const location = viewLocation(await openLocation(db, caller, body));
      return sendCreated(reply, `/v1/locations/${location.id}`, location);
    },
  );
  app.patch(
    '/v1/locations/:id',
    {
      schema: {
        tags,
        summary: 'Edit a location',
        params: idParams,
        headers: ifMatchHeader,
        body: locationChanges,
        response: { 200: locationView },
      },
      config: { errors: [forbidden, locationNotFound, unknownTimeZone, ...editErrors] },
    },
    async ({ caller, params, headers, body }, reply) => {
      const edit = { ...params, expectedVersion: expectedVersion(headers), changes: body };
      return sendVersioned(reply, viewLocation(await edits.update(caller, locationEdit, edit)));
    },
  );
}

function addPlaceRoutes(app: HttpApp, { db }: IdentityParts): void {
  const tags = placeTags;
  const errors = [forbidden];
  app.get(
    '/v1/franchises',
    {
      schema: {
        tags,
        summary: 'Franchises, by name',
        querystring: listQuery,
        response: { 200: listOf(franchiseView) },
      },
      config: { errors },
    },
    async ({ caller, query }) => view(await listPlaces(db, caller, { kind: 'franchises', query }), viewFranchise),
  );
  app.get(
    '/v1/franchisees',
    {
      schema: {
        tags,
        summary: 'Franchisees, by name',
        querystring: listQuery,
        response: { 200: listOf(franchiseeView) },
      },
      config: { errors },
    },
    async ({ caller, query }) => view(await listPlaces(db, caller, { kind: 'franchisees', query }), viewFranchisee),
  );
  app.get(
    '/v1/locations',
    {
      schema: { tags, summary: 'Locations, by name', querystring: listQuery, response: { 200: listOf(locationView) } },
      config: { errors },
    },
    async ({ caller, query }) => view(await listPlaces(db, caller, { kind: 'locations', query }), viewLocation),
  );
  app.get(
    '/v1/locations/:id',
    {
      schema: { tags, summary: 'A location', params: idParams, response: { 200: locationView } },
      config: { errors: [forbidden, locationNotFound] },
    },
    async ({ caller, params }, reply) => {
      return sendVersioned(reply, viewLocation(await readLocation(db, caller, params.id)));
    },
  );
}

function addKeyRoutes(app: HttpApp, parts: IdentityParts): void {
  const tags = ['api keys'];
  app.post(
    '/v1/api-keys',
    {
      schema: { tags, summary: 'Make an API key', body: newApiKey, response: { 201: createdApiKeyView } },
      config: {
        errors: [
          forbidden,
          exceedsOwnRights,
          franchiseNotFound,
          franchiseeNotFound,
          locationNotFound,
          franchiseRequired,
          expiryInThePast,
          scopeNeedsFranchisee,
        ],
      },
    },
    async ({ caller, body }, reply) => {
      const expiresAt = body.expiresAt ? new Date(body.expiresAt) : null;
      return reply.code(201).send(viewCreatedApiKey(await issueApiKey(parts, caller, { ...body, expiresAt })));
    },
  );
  app.get(
    '/v1/api-keys',
    {
      schema: {
        tags,
        summary: 'API keys, newest first',
        querystring: listQuery,
        response: { 200: listOf(apiKeyView) },
      },
      config: { errors: [forbidden] },
    },
    async ({ caller, query }) => view(await listKeys(parts.db, caller, query), viewApiKey),
  );
  app.delete(
    '/v1/api-keys/:id',
    {
      schema: {
        tags,
        summary: 'Revoke an API key, at once and for good',
        params: idParams,
        response: { 204: noContent },
      },
      config: { errors: [forbidden, apiKeyNotFound] },
    },
    async ({ caller, params }, reply) => {
      await withdrawApiKey(parts, caller, params.id);
      return reply.code(204).send();
    },
  );
}

function view<Row, View>({ items, nextCursor }: Page<Row>, viewRow: (row: Row) => View): Page<View> {
  return { items: items.map(viewRow), nextCursor };
}
