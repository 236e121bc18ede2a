// The addresses of syncs.
import { forbidden } from '../../../identity/index.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { invalidCursor } from '../../../platform/http-errors.ts';
import { listOf, listQuery } from '../../../platform/http-lists.ts';
import { noSuchSync, noSuchSystem, notConnected, syncOutOfRange, tooManySyncs } from '../errors.ts';
import { idParams } from '../schema.ts';
import { listSyncs, readSync, requestSync, type SyncParts } from './request-sync.ts';
import { newSync, syncParams, syncView } from './schema.ts';
import { viewSync } from './view-sync.ts';

export function addSyncRoutes(app: HttpApp, parts: SyncParts): void {
  const tags = ['pos systems'];
  app.post(
    '/v1/pos-systems/:id/sync',
    {
      schema: {
        tags,
        summary: "Fetch a till's sales now",
        description: 'Answers at once; GET /v1/pos-systems/{id}/syncs/{syncId} shows how far it has come.',
        params: idParams,
        body: newSync,
        response: { 202: syncView },
      },
      config: { errors: [forbidden, noSuchSystem, notConnected, syncOutOfRange, tooManySyncs] },
    },
    async ({ caller, params, body }, reply) => {
      const since = body.since === undefined ? null : new Date(body.since);
      const sync = await requestSync(parts, caller, { posSystemId: params.id, since });
      return reply.code(202).send(viewSync(sync));
    },
  );
  app.get(
    '/v1/pos-systems/:id/syncs',
    {
      schema: {
        tags,
        summary: "A till's syncs, newest first",
        params: idParams,
        querystring: listQuery,
        response: { 200: listOf(syncView) },
      },
      config: { errors: [forbidden, noSuchSystem, invalidCursor] },
    },
    async ({ caller, params, query }) => {
      const { items, nextCursor } = await listSyncs(parts.db, caller, { posSystemId: params.id, ...query });
      return { items: items.map(viewSync), nextCursor };
    },
  );
  app.get(
    '/v1/pos-systems/:id/syncs/:syncId',
    {
      schema: { tags, summary: 'How far a sync has come', params: syncParams, response: { 200: syncView } },
      config: { errors: [forbidden, noSuchSystem, noSuchSync] },
    },
    async ({ caller, params }) =>
      viewSync(await readSync(parts.db, caller, { posSystemId: params.id, id: params.syncId })),
  );
}
