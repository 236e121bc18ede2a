// The addresses of the brand's catalogue.
import { type Caller, forbidden, franchiseNotFound, franchiseRequired } from '../../../identity/index.ts';
import type { Database } from '../../../platform/database.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { listOf, listQuery } from '../../../platform/http-lists.ts';
import type { VersionedUpdates } from '../../../platform/versioned-update.ts';
import { editErrors } from '../../../platform/versioned-update-errors.ts';
import { expectedVersion, ifMatchHeader, sendCreated, sendVersioned } from '../../../platform/versioned-update-wire.ts';
import { skuTaken, unknownProduct } from '../errors.ts';
import { idParams, newProduct, productChanges, productView } from '../schema.ts';
import { viewProduct } from '../views.ts';
import { addProduct } from './add-product.ts';
import { readProduct, readProducts } from './read-products.ts';
import { productEdit } from './update-product.ts';

export interface ProductParts {
  readonly db: Database;
  readonly edits: VersionedUpdates<'products', Caller>;
}

export function addProductRoutes(app: HttpApp, { db, edits }: ProductParts): void {
  const tags = ['products'];
  app.post(
    '/v1/products',
    {
      schema: { tags, summary: 'Add a product', body: newProduct, response: { 201: productView } },
      config: { errors: [forbidden, franchiseNotFound, franchiseRequired, skuTaken] },
    },
    async ({ caller, body }, reply) => {
      const product = viewProduct(await addProduct(db, caller, body));
      return sendCreated(reply, `/v1/products/${product.id}`, product);
    },
  );
  app.patch(
    '/v1/products/:id',
    {
      schema: {
        tags,
        summary: 'Edit a product',
        params: idParams,
        headers: ifMatchHeader,
        body: productChanges,
        response: { 200: productView },
      },
      config: { errors: [forbidden, unknownProduct, skuTaken, ...editErrors] },
    },
    async ({ caller, params, headers, body }, reply) => {
      const edit = { ...params, expectedVersion: expectedVersion(headers), changes: body };
      return sendVersioned(reply, viewProduct(await edits.update(caller, productEdit, edit)));
    },
  );
  app.get(
    '/v1/products',
    {
      schema: { tags, summary: 'Products, by SKU', querystring: listQuery, response: { 200: listOf(productView) } },
      config: { errors: [forbidden] },
    },
    async ({ caller, query }) => {
      const { items, nextCursor } = await readProducts(db, caller, query);
      return { items: items.map(viewProduct), nextCursor };
    },
  );
  app.get(
    '/v1/products/:id',
    {
      schema: { tags, summary: 'A product', params: idParams, response: { 200: productView } },
      config: { errors: [forbidden, unknownProduct] },
    },
    async ({ caller, params }, reply) => {
      return sendVersioned(reply, viewProduct(await readProduct(db, caller, params.id)));
    },
  );
}
