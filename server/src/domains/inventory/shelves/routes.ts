// The addresses at which a shop's stock, its ledger and its alerts are read.
import { type SnapshotPage, snapshotListOf } from '../../../events/index.ts';
import { forbidden, locationNotFound } from '../../../identity/index.ts';
import type { Database } from '../../../platform/database.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { listOf, listQuery, type Page } from '../../../platform/http-lists.ts';
import { unknownItem } from '../errors.ts';
import { alertQuery, alertView, idParams, itemParams, movementView, stockView } from '../schema.ts';
import { viewAlert, viewMovement, viewStock } from '../views.ts';
import { readAlerts, readMovements, readStock } from './read-stock.ts';

export function addShelfRoutes(app: HttpApp, { db }: { readonly db: Database }): void {
  const tags = ['inventory'];
  const errors = [forbidden, locationNotFound];
  app.get(
    '/v1/locations/:id/stock',
    {
      schema: {
        tags,
        summary: "A shop's stock, by SKU",
        params: idParams,
        querystring: listQuery,
        response: { 200: snapshotListOf(stockView) },
      },
      config: { errors },
    },
    async ({ caller, params, query }) =>
      viewSnapshot(await readStock(db, caller, { ...query, locationId: params.id }), viewStock),
  );
  app.get(
    '/v1/locations/:id/stock/:productId/movements',
    {
      schema: {
        tags,
        summary: 'The ledger of a product at a shop, newest first',
        description: 'The sum of all its movements is the stock.',
        params: itemParams,
        querystring: listQuery,
        response: { 200: listOf(movementView) },
      },
      config: { errors: [...errors, unknownItem] },
    },
    async ({ caller, params: { id: locationId, productId }, query }) =>
      view(await readMovements(db, caller, { ...query, locationId, productId }), viewMovement),
  );
  app.get(
    '/v1/locations/:id/alerts',
    {
      schema: {
        tags,
        summary: "A shop's low-stock alerts, newest first",
        params: idParams,
        querystring: alertQuery,
        response: { 200: snapshotListOf(alertView) },
      },
      config: { errors },
    },
    async ({ caller, params, query }) =>
      viewSnapshot(await readAlerts(db, caller, { ...query, locationId: params.id }), viewAlert),
  );
}

function view<Row, View>({ items, nextCursor }: Page<Row>, viewRow: (row: Row) => View): Page<View> {
  return { items: items.map(viewRow), nextCursor };
}

function viewSnapshot<Row, View>(page: SnapshotPage<Row>, viewRow: (row: Row) => View): SnapshotPage<View> {
  return { ...page, items: page.items.map(viewRow) };
}
