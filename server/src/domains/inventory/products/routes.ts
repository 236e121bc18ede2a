// The addresses of the brand's catalogue.
import { forbidden, franchiseNotFound, franchiseRequired } from '../../../identity/index.ts';
import type { Database } from '../../../platform/database.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { listOf, listQuery } from '../../../platform/http-lists.ts';
import { skuTaken, unknownProduct } from '../errors.ts';
import { idParams, newProduct, productView } from '../schema.ts';
import { viewProduct } from '../views.ts';
import { addProduct } from './add-product.ts';
import { readProduct, readProducts } from './read-products.ts';

export function addProductRoutes(app: HttpApp, { db }: { readonly db: Database }): void {
  const tags = ['products'];
  app.post(
    '/v1/products',
    {
      schema: { tags, summary: 'Add a product', body: newProduct, response: { 201: productView } },
      config: { errors: [forbidden, franchiseNotFound, franchiseRequired, skuTaken] },
    },
    async ({ caller, body }, reply) => {
      const product = viewProduct(await addProduct(db, caller, body));
      return reply.code(201).header('etag', `"${product.version}"`).send(product);
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
      const product = viewProduct(await readProduct(db, caller, params.id));
      return reply.header('etag', `"${product.version}"`).send(product);
    },
  );
}
