// The address of the pull feed.
import { epochPendingError, invalidCursorError, resyncError } from '../../events/index.ts';
import { forbidden } from '../../identity/index.ts';
import type { HttpApp } from '../../platform/http.ts';
import { scopeNotFound } from './errors.ts';
import { type FeedParts, readFeed } from './read-feed.ts';
import { feedPage, feedQuery } from './schema.ts';

export function addFeedRoutes(app: HttpApp, parts: FeedParts): void {
  app.get(
    '/v1/events',
    {
      schema: {
        tags: ['events'],
        summary: 'The events that the caller may see, in order, from a cursor on',
        querystring: feedQuery,
        response: { 200: feedPage },
      },
      config: { errors: [forbidden, scopeNotFound, invalidCursorError, resyncError, epochPendingError] },
    },
    ({ caller, query }) => readFeed(parts, caller, query),
  );
}
