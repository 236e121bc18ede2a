// The addresses of the slice: path, schema, operation.
import { snapshotListOf } from '../../events/index.ts';
import { forbidden, locationNotFound } from '../../identity/index.ts';
import type { HttpApp } from '../../platform/http.ts';
import { bodyBytes } from '../../platform/http-body.ts';
import { ambiguousJson, invalidCursor, malformedJson, unknownField } from '../../platform/http-errors.ts';
import { listOf, listQuery, type Page } from '../../platform/http-lists.ts';
import { addConsentRoutes } from './consent/routes.ts';
import { addDayRoutes } from './day-end/routes.ts';
import { noSuchSystem, noSuchTransaction, notDurable, overloaded, salesOutOfRange } from './errors.ts';
import type { MappingParts } from './mapping/map-product.ts';
import { addMappingRoutes } from './mapping/routes.ts';
import { listTransactions, readTransaction } from './reading/list-transactions.ts';
import { listSyncErrors, listUnmapped } from './reading/list-waiting.ts';
import { bodyBytesMax, type ReceiveParts, receiveSales } from './receive-sales.ts';
import { addReplayRoutes } from './replay/routes.ts';
import {
  idParams,
  newSales,
  saleResults,
  syncErrorQuery,
  syncErrorView,
  transactionQuery,
  transactionView,
  unmappedView,
} from './schema.ts';
import type { SyncParts } from './syncs/request-sync.ts';
import { addSyncRoutes } from './syncs/routes.ts';
import { addSystemRoutes, type SystemRouteParts } from './systems/routes.ts';
import { viewSyncError, viewTransaction, viewUnmapped } from './views.ts';
import type { WebhookParts } from './webhooks/receive-webhook.ts';
import { addWebhookRoutes } from './webhooks/routes.ts';

export interface PosRouteParts extends SystemRouteParts, SyncParts {
  readonly receive: ReceiveParts;
  readonly webhooks: WebhookParts;
  readonly mapping: MappingParts;
}

export function addPosRoutes(app: HttpApp, parts: PosRouteParts): void {
  addSystemRoutes(app, parts);
  addConsentRoutes(app, parts);
  addSyncRoutes(app, parts);
  addDayRoutes(app, parts);
  addWebhookRoutes(app, parts.webhooks);
  addSalesRoute(app, parts.receive);
  addTransactionRoutes(app, parts);
  addWaitingRoutes(app, parts);
  addMappingRoutes(app, parts.mapping);
  addReplayRoutes(app, { ...parts, ingest: parts.receive.ingest, connectors: parts.vendors.connectors });
}

function addSalesRoute(app: HttpApp, receive: ReceiveParts): void {
  app.post(
    '/v1/pos-systems/:id/transactions',
    {
      bodyLimit: bodyBytesMax,
      schema: {
        tags: ['sales'],
        summary: 'Send sales; each is booked once, however often it is sent',
        params: idParams,
        response: { 200: saleResults },
      },
      config: {
        rawBody: newSales,
        idempotency: 'natural',
        errors: [
          forbidden,
          noSuchSystem,
          malformedJson,
          ambiguousJson,
          unknownField,
          salesOutOfRange,
          overloaded,
          notDurable,
        ],
      },
    },
    async (request, reply) => {
      const body = bodyBytes(request);
      const results = await receiveSales(receive, request.caller, { posSystemId: request.params.id, body });
      // As text: checking a thousand of our own results against the schema would cost more than reading the sales did.
      return reply
        .type('application/json; charset=utf-8')
        .serializer(String)
        .send(JSON.stringify({ results }) as never);
    },
  );
}

function addTransactionRoutes(app: HttpApp, { db }: PosRouteParts): void {
  const tags = ['sales'];
  app.get(
    '/v1/locations/:id/transactions',
    {
      schema: {
        tags,
        summary: "A shop's sales, newest first, each at its highest version",
        params: idParams,
        querystring: transactionQuery,
        response: { 200: snapshotListOf(transactionView) },
      },
      config: { errors: [forbidden, locationNotFound, invalidCursor] },
    },
    async ({ caller, params, query }) => {
      const { limit, after, from, to } = query;
      const period = { from: from === undefined ? null : new Date(from), to: to === undefined ? null : new Date(to) };
      const page = { locationId: params.id, limit, ...(after === undefined ? {} : { after }), ...period };
      const sales = await listTransactions(db, caller, page);
      return { ...view(sales, viewTransaction), feedCursor: sales.feedCursor };
    },
  );
  app.get(
    '/v1/transactions/:id',
    {
      schema: { tags, summary: 'A sale', params: idParams, response: { 200: transactionView } },
      config: { errors: [forbidden, noSuchTransaction] },
    },
    async ({ caller, params }) => viewTransaction(await readTransaction(db, caller, params.id)),
  );
}

function addWaitingRoutes(app: HttpApp, { db }: PosRouteParts): void {
  app.get(
    '/v1/sync-errors',
    {
      schema: {
        tags: ['sales'],
        summary: 'Refused sales as they came, newest first',
        querystring: syncErrorQuery,
        response: { 200: listOf(syncErrorView) },
      },
      config: { errors: [forbidden, locationNotFound, noSuchSystem, invalidCursor] },
    },
    async ({ caller, query }) => view(await listSyncErrors(db, caller, query), viewSyncError),
  );
  app.get(
    '/v1/pos-systems/:id/unmapped',
    {
      schema: {
        tags: ['pos systems'],
        summary: 'Products that were sold and that nobody has mapped yet',
        params: idParams,
        querystring: listQuery,
        response: { 200: listOf(unmappedView) },
      },
      config: { errors: [forbidden, noSuchSystem, invalidCursor] },
    },
    async ({ caller, params, query }) =>
      view(await listUnmapped(db, caller, { posSystemId: params.id, ...query }), viewUnmapped),
  );
}

function view<Row, View>({ items, nextCursor }: Page<Row>, viewRow: (row: Row) => View): Page<View> {
  return { items: items.map(viewRow), nextCursor };
}
