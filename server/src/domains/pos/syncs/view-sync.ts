// A sync as an answer.
import type { z } from 'zod';
import type { SyncRow } from './queries.ts';
import type { syncView } from './schema.ts';

export function viewSync(row: SyncRow): z.input<typeof syncView> {
  const span = row.until.getTime() - row.since.getTime();
  const reached = row.until.getTime() - row.reachedAt.getTime();
  return {
    id: row.id,
    posSystemId: row.posSystemId,
    reason: row.reason,
    requestedBy: row.requestedBy,
    state: row.state,
    since: row.since.toISOString(),
    until: row.until.toISOString(),
    reachedAt: row.reachedAt.toISOString(),
    progress: row.state === 'done' || span <= 0 ? 1 : Math.min(1, Math.max(0, reached / span)),
    pages: row.pages,
    documents: row.documents,
    created: row.created,
    updated: row.updated,
    duplicate: row.duplicate,
    rejected: row.rejected,
    failure: row.failureDetail,
    createdAt: row.createdAt.toISOString(),
    startedAt: row.startedAt?.toISOString() ?? null,
    finishedAt: row.finishedAt?.toISOString() ?? null,
  };
}
