// The addresses of one refused sale. A replay works as ingest; its sale has an identity of its own, so it may be repeated.
import { forbidden } from '../../../identity/index.ts';
import type { HttpApp } from '../../../platform/http.ts';
import { alreadyResolved, noSuchSyncError, notDurable, overloaded } from '../errors.ts';
import { idParams, syncErrorView } from '../schema.ts';
import { viewSyncError } from '../views.ts';
import { type ReplayParts, readSyncError, replaySyncError } from './replay-sync-error.ts';
import { replayView } from './schema.ts';

export function addReplayRoutes(app: HttpApp, parts: ReplayParts): void {
  const tags = ['sales'];
  app.get(
    '/v1/sync-errors/:id',
    {
      schema: { tags, summary: 'A refused sale as it came', params: idParams, response: { 200: syncErrorView } },
      config: { errors: [forbidden, noSuchSyncError] },
    },
    async ({ caller, params }) => viewSyncError(await readSyncError(parts.db, caller, params.id)),
  );
  app.post(
    '/v1/sync-errors/:id/replay',
    {
      schema: {
        tags,
        summary: 'Try a refused sale once more',
        description:
          'Answers 200 whenever it was tried: `result.status` says whether it is booked and the error resolved, or ' +
          'refused still and open, with the reason of today. 409 is an error that is resolved already.',
        params: idParams,
        response: { 200: replayView },
      },
      config: {
        idempotency: 'repeatable',
        errors: [forbidden, noSuchSyncError, alreadyResolved, overloaded, notDurable],
      },
    },
    async ({ caller, params }) => {
      const { result, syncError } = await replaySyncError(parts, caller, params.id);
      return { result, syncError: viewSyncError(syncError) };
    },
  );
}
