// The addresses of inventory. Each route is its schema and one operation; who may call it is the operation's to say.
import { forbidden, locationNotFound } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { HttpApp } from '../../platform/http.ts';
import { listOf, listQuery, type Page } from '../../platform/http-lists.ts';
import { adjustStock } from './adjust-stock.ts';
import { createItem } from './create-item.ts';
import {
  amountOutOfRange,
  countSuperseded,
  countTimeInvalid,
  itemExists,
  levelsContradict,
  quantityContradictsType,
  unknownItem,
  unknownProduct,
} from './errors.ts';
import { addProductRoutes } from './products/routes.ts';
import { readAlerts, readMovements, readStock } from './read-stock.ts';
import {
  adjustmentView,
  alertQuery,
  alertView,
  idParams,
  itemParams,
  movementView,
  newAdjustment,
  newItem,
  stockView,
} from './schema.ts';
import { viewAdjustment, viewAlert, viewMovement, viewStock } from './views.ts';

export interface InventoryParts {
  readonly db: Database;
  readonly clock: Clock;
}

export function addInventoryRoutes(app: HttpApp, parts: InventoryParts): void {
  addProductRoutes(app, parts);
  addChangeRoutes(app, parts);
  addReadRoutes(app, parts);
}

const tags = ['inventory'];

function addChangeRoutes(app: HttpApp, parts: InventoryParts): void {
  app.post(
    '/v1/inventory-items',
    {
      schema: { tags, summary: 'Give a shop an item, with its levels', body: newItem, response: { 201: stockView } },
      config: { errors: [forbidden, locationNotFound, unknownProduct, itemExists, levelsContradict] },
    },
    async ({ caller, body }, reply) => {
      const item = viewStock(await createItem(parts, caller, body));
      return reply.code(201).header('etag', `"${item.version}"`).send(item);
    },
  );
  app.post(
    '/v1/inventory/adjustments',
    {
      schema: {
        tags,
        summary: 'Book a delivery, a loss, a correction or a count',
        body: newAdjustment,
        response: { 201: adjustmentView },
      },
      config: {
        errors: [
          forbidden,
          locationNotFound,
          unknownProduct,
          quantityContradictsType,
          countTimeInvalid,
          countSuperseded,
          amountOutOfRange,
        ],
      },
    },
    async ({ caller, body: { countedAt, ...body } }, reply) => {
      const adjustment = countedAt === undefined ? body : { ...body, countedAt: new Date(countedAt) };
      return reply.code(201).send(viewAdjustment(await adjustStock(parts, caller, adjustment)));
    },
  );
}

function addReadRoutes(app: HttpApp, { db }: InventoryParts): void {
  const errors = [forbidden, locationNotFound];
  app.get(
    '/v1/locations/:id/stock',
    {
      schema: {
        tags,
        summary: "A shop's stock, by SKU",
        params: idParams,
        querystring: listQuery,
        response: { 200: listOf(stockView) },
      },
      config: { errors },
    },
    async ({ caller, params, query }) =>
      view(await readStock(db, caller, { ...query, locationId: params.id }), viewStock),
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
        response: { 200: listOf(alertView) },
      },
      config: { errors },
    },
    async ({ caller, params, query }) =>
      view(await readAlerts(db, caller, { ...query, locationId: params.id }), viewAlert),
  );
}

function view<Row, View>({ items, nextCursor }: Page<Row>, viewRow: (row: Row) => View): Page<View> {
  return { items: items.map(viewRow), nextCursor };
}
