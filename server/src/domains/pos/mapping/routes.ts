// The addresses of mappings. A PUT also works as ingest, which books the waiting lines, and may be repeated at will.
import { forbidden } from '../../../identity/index.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { invalidCursor } from '../../../platform/http-errors.ts';
import { listOf, listQuery, noContent } from '../../../platform/http-lists.ts';
import { unknownProduct } from '../../inventory/index.ts';
import { noSuchMapping, noSuchSystem } from '../errors.ts';
import { idParams } from '../schema.ts';
import { viewMapping } from '../views.ts';
import { listMappings } from './list-mappings.ts';
import { type MappingParts, mapProduct, unmapProduct } from './map-product.ts';
import { mappedView, mappingParams, mappingTarget, mappingView } from './schema.ts';

export function addMappingRoutes(app: HttpApp, parts: MappingParts): void {
  const tags = ['pos systems'];
  app.get(
    '/v1/pos-systems/:id/mappings',
    {
      schema: {
        tags,
        summary: "What the till's own product ids mean",
        params: idParams,
        querystring: listQuery,
        response: { 200: listOf(mappingView) },
      },
      config: { errors: [forbidden, noSuchSystem, invalidCursor] },
    },
    async ({ caller, params, query }) => {
      const page = await listMappings(parts.db, caller, { posSystemId: params.id, ...query });
      return { items: page.items.map(viewMapping), nextCursor: page.nextCursor };
    },
  );
  app.put(
    '/v1/pos-systems/:id/mappings/:externalProductId',
    {
      schema: {
        tags,
        summary: 'Say which product this is, and book the lines that wait for it',
        description:
          'Counts for what waits and what comes later. Lines that are booked keep their product until a later version ' +
          'of their sale arrives.',
        params: mappingParams,
        body: mappingTarget,
        response: { 200: mappedView },
      },
      config: { idempotency: 'repeatable', errors: [forbidden, noSuchSystem, unknownProduct, noSuchMapping] },
    },
    async ({ caller, params: { id, externalProductId }, body }) => {
      const mapped = await mapProduct(parts, caller, { posSystemId: id, externalProductId, ...body });
      const { linesBooked, linesWaiting } = mapped;
      return { ...viewMapping(mapped), linesBooked, linesWaiting };
    },
  );
  app.delete(
    '/v1/pos-systems/:id/mappings/:externalProductId',
    {
      schema: {
        tags,
        summary: 'Take a mapping away: later sales of this product wait again, booked ones stay',
        params: mappingParams,
        response: { 204: noContent },
      },
      config: { errors: [forbidden, noSuchSystem, noSuchMapping] },
    },
    async ({ caller, params: { id, externalProductId } }, reply) => {
      await unmapProduct(parts, caller, { posSystemId: id, externalProductId });
      return reply.code(204).send();
    },
  );
}
