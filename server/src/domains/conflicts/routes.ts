// The addresses of the slice: path, schema, operation.
import { forbidden } from '../../identity/index.ts';
import type { HttpApp } from '../../platform/http.ts';
import { invalidCursor } from '../../platform/http-errors.ts';
import { listOf } from '../../platform/http-lists.ts';
import { versionConflict } from '../../platform/versioned-update-errors.ts';
import { alreadyResolved, conflictNotFound, entityNotFound, fieldWithheld } from './errors.ts';
import type { Conflict } from './queries.ts';
import { readConflict, readConflicts } from './read-conflicts.ts';
import { type ResolveParts, resolveConflict } from './resolve-conflict.ts';
import { conflictQuery, conflictView, decision, idParams, settledView } from './schema.ts';

export function addConflictRoutes(app: HttpApp, parts: ResolveParts): void {
  const tags = ['conflicts'];
  app.get(
    '/v1/sync-conflicts',
    {
      schema: {
        tags,
        summary: 'Edits that were refused because another came first, newest first',
        querystring: conflictQuery,
        response: { 200: listOf(conflictView) },
      },
      config: { errors: [forbidden, entityNotFound, invalidCursor] },
    },
    async ({ caller, query }) => {
      const { items, nextCursor } = await readConflicts(parts.db, caller, query);
      return { items: items.map(view), nextCursor };
    },
  );
  app.get(
    '/v1/sync-conflicts/:id',
    {
      schema: { tags, summary: 'A refused edit with both sides', params: idParams, response: { 200: conflictView } },
      config: { errors: [forbidden, conflictNotFound] },
    },
    async ({ caller, params }) => view(await readConflict(parts.db, caller, params.id)),
  );
  app.post(
    '/v1/sync-conflicts/:id/resolve',
    {
      schema: {
        tags,
        summary: 'Settle a conflict: apply one side, or a mixture of both',
        description:
          'Applies to the state that the conflict shows as `theirs`. If that was edited again, nothing is applied: the ' +
          'answer is 409 `version.conflict`, and the conflict stays open and shows the new state.',
        params: idParams,
        body: decision,
        response: { 200: settledView },
      },
      config: { errors: [forbidden, conflictNotFound, alreadyResolved, versionConflict, fieldWithheld] },
    },
    async ({ caller, params, body }) => {
      const { conflict, entity } = await resolveConflict(parts, caller, { ...body, ...params });
      return { conflict: view(conflict), entity };
    },
  );
}

function view(conflict: Conflict) {
  return {
    ...conflict,
    createdAt: conflict.createdAt.toISOString(),
    resolvedAt: conflict.resolvedAt?.toISOString() ?? null,
  };
}
