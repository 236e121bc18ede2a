// The addresses that vendors send to, and those by which people set them up.
import type { z } from 'zod';
import { forbidden, franchiseNotFound, franchiseRequired } from '../../../identity/index.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { bodyBytes } from '../../../platform/http-body.ts';
import { invalidCursor, malformedJson } from '../../../platform/http-errors.ts';
import { listOf, listQuery } from '../../../platform/http-lists.ts';
import { noSuchMessage, noSuchWebhook, webhookRefused } from '../errors.ts';
import {
  configureEndpoint,
  createEndpoint,
  listEndpoints,
  listMessages,
  readEndpoint,
  replayMessage,
} from './configure-endpoint.ts';
import type { EndpointRow, MessageRow } from './queries.ts';
import { receiveWebhook, type WebhookParts } from './receive-webhook.ts';
import {
  answer,
  deliveryParams,
  endpointChanges,
  endpointParams,
  endpointView,
  messageParams,
  messageView,
  newEndpoint,
  rawDelivery,
} from './schema.ts';

/** Toast sends whole orders, which pass 600 kB; more than this could not be kept while its sender waits. */
const deliveryBytesMax = 2 * 1_048_576;
const tags = ['pos webhooks'];

export function addWebhookRoutes(app: HttpApp, parts: WebhookParts): void {
  addDelivery(app, parts);
  addSetUp(app, parts);
  addMessages(app, parts);
}

function addDelivery(app: HttpApp, parts: WebhookParts): void {
  app.post(
    '/v1/webhooks/:make/:endpointId',
    {
      bodyLimit: deliveryBytesMax,
      schema: {
        tags,
        summary: 'Where a POS make sends its webhooks',
        description: 'No credential but the signature of the make. Kept before it is answered, worked on later.',
        params: deliveryParams,
        response: { 200: answer },
      },
      config: {
        public: true,
        rawBody: rawDelivery,
        // A refusal of 4xx is no reason for a vendor to try again: what is genuine is kept whatever it is called.
        anyContentType: true,
        idempotency: 'natural',
        errors: [noSuchWebhook, webhookRefused, malformedJson],
      },
    },
    async (request) => {
      const headers = Object.fromEntries(
        Object.entries(request.headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : value]),
      );
      await receiveWebhook(parts, { ...request.params, body: bodyBytes(request), headers });
      return { ok: true as const };
    },
  );
}

function addSetUp(app: HttpApp, parts: WebhookParts): void {
  app.post(
    '/v1/pos-webhooks',
    {
      schema: {
        tags,
        summary: "Make an address for a make's webhooks: one for each app at a vendor, for all of its tills",
        body: newEndpoint,
        response: { 201: endpointView },
      },
      config: { errors: [forbidden, franchiseRequired, franchiseNotFound] },
    },
    async ({ caller, body, protocol, host }, reply) => {
      const wanted = { ...body, url: body.url ?? null, secret: body.secret ?? null, origin: `${protocol}://${host}` };
      const endpoint = viewEndpoint(await createEndpoint(parts, caller, wanted));
      return reply.code(201).header('location', `/v1/pos-webhooks/${endpoint.id}`).send(endpoint);
    },
  );
  app.get(
    '/v1/pos-webhooks',
    {
      schema: {
        tags,
        summary: 'Webhook addresses, in the order in which they were made',
        querystring: listQuery,
        response: { 200: listOf(endpointView) },
      },
      config: { errors: [forbidden, invalidCursor] },
    },
    async ({ caller, query }) => {
      const { items, nextCursor } = await listEndpoints(parts, caller, query);
      return { items: items.map(viewEndpoint), nextCursor };
    },
  );
  app.get(
    '/v1/pos-webhooks/:id',
    {
      schema: { tags, summary: 'A webhook address', params: endpointParams, response: { 200: endpointView } },
      config: { errors: [forbidden, noSuchWebhook] },
    },
    async ({ caller, params }) => viewEndpoint(await readEndpoint(parts, caller, params.id)),
  );
  app.post(
    '/v1/pos-webhooks/:id/configure',
    {
      schema: {
        tags,
        summary: 'Give a webhook address its key, the next key, or another URL',
        params: endpointParams,
        body: endpointChanges,
        response: { 200: endpointView },
      },
      config: { errors: [forbidden, noSuchWebhook] },
    },
    async ({ caller, params, body }) =>
      viewEndpoint(await configureEndpoint(parts, caller, { id: params.id, changes: body })),
  );
}

function addMessages(app: HttpApp, parts: WebhookParts): void {
  app.get(
    '/v1/pos-webhooks/:id/messages',
    {
      schema: {
        tags,
        summary: 'What came to a webhook address, newest first',
        params: endpointParams,
        querystring: listQuery,
        response: { 200: listOf(messageView) },
      },
      config: { errors: [forbidden, noSuchWebhook, invalidCursor] },
    },
    async ({ caller, params, query }) => {
      const { items, nextCursor } = await listMessages(parts, caller, { endpointId: params.id, ...query });
      return { items: items.map(viewMessage), nextCursor };
    },
  );
  app.post(
    '/v1/pos-webhooks/:id/messages/:messageId/replay',
    {
      schema: {
        tags,
        summary: 'Follow the hints of a delivery once more',
        params: messageParams,
        response: { 200: messageView },
      },
      config: { idempotency: 'repeatable', errors: [forbidden, noSuchWebhook, noSuchMessage] },
    },
    async ({ caller, params }) =>
      viewMessage(await replayMessage(parts, caller, { endpointId: params.id, id: params.messageId })),
  );
}

function viewEndpoint(row: EndpointRow): z.input<typeof endpointView> {
  const { secrets, setupUntil, genuineAt, createdAt, updatedAt, ...rest } = row;
  return {
    ...rest,
    hasSecret: secrets !== null,
    setupUntil: setupUntil?.toISOString() ?? null,
    genuineAt: genuineAt?.toISOString() ?? null,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

function viewMessage(row: MessageRow): z.input<typeof messageView> {
  const { id, dedupeKey, knownPlaces, arrivals, receivedAt, replayedAt } = row;
  const hints = row.hints?.map(({ place, kind, id: external }) => ({ place, kind, id: external })) ?? null;
  return {
    ...{ id, dedupeKey, hints, knownPlaces, arrivals },
    receivedAt: receivedAt.toISOString(),
    replayedAt: replayedAt?.toISOString() ?? null,
  };
}
