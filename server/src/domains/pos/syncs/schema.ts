// The wire shapes of syncs.
import { z } from 'zod';
import { syncReasons, syncStates } from './queries.ts';

const id = z.uuid().toLowerCase();
const instant = z.iso.datetime();

export const syncParams = z.strictObject({ id, syncId: id });

export const newSync = z.strictObject({
  since: z.iso
    .datetime({ offset: true })
    .exactOptional()
    .describe('Everything that changed at the vendor since then; without it, what is new since the last run'),
});

export const syncView = z.object({
  id,
  posSystemId: id,
  reason: z.enum(syncReasons).describe('`requested` by somebody; `nightly` look back; `repair` of a day that differed'),
  requestedBy: z.string(),
  state: z.enum(syncStates),
  since: instant,
  until: instant,
  reachedAt: instant.describe('Fetched newest first: everything from here to `until` is booked'),
  progress: z.number().min(0).max(1),
  pages: z.int(),
  documents: z.int(),
  created: z.int(),
  updated: z.int(),
  duplicate: z.int(),
  rejected: z.int().describe('Kept with their reasons in GET /v1/sync-errors'),
  failure: z.string().nullable(),
  createdAt: instant,
  startedAt: instant.nullable(),
  finishedAt: instant.nullable(),
});
