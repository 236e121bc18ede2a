// The addresses of inventory. Each route is its schema and one operation; who may call it is the operation's to say.
import { type Caller, forbidden, locationNotFound } from '../../identity/index.ts';
import type { Clock } from '../../platform/clock.ts';
import type { Database } from '../../platform/database.ts';
import type { HttpApp } from '../../platform/http.ts';
import type { VersionedUpdates } from '../../platform/versioned-update.ts';
import { sendCreated } from '../../platform/versioned-update-wire.ts';
import { adjustStock } from './adjust-stock.ts';
import { createItem } from './create-item.ts';
import {
  amountOutOfRange,
  countSuperseded,
  countTimeInvalid,
  itemExists,
  levelsContradict,
  quantityContradictsType,
  unknownProduct,
} from './errors.ts';
import { addLevelRoutes } from './levels/routes.ts';
import { addProductRoutes } from './products/routes.ts';
import { adjustmentView, newAdjustment, newItem, stockView } from './schema.ts';
import { addShelfRoutes } from './shelves/routes.ts';
import { viewAdjustment, viewStock } from './views.ts';

export interface InventoryParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly edits: VersionedUpdates<'products' | 'inventory_items', Caller>;
}

export function addInventoryRoutes(app: HttpApp, parts: InventoryParts): void {
  addProductRoutes(app, parts);
  addChangeRoutes(app, parts);
  addLevelRoutes(app, parts);
  addShelfRoutes(app, parts);
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
      return sendCreated(reply, `/v1/inventory-items/${item.inventoryItemId}`, item);
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
