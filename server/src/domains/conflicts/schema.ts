// The wire shapes of the slice.
import { z } from 'zod';
import { listQuery } from '../../platform/http-lists.ts';
import { conflictKinds } from './conflict-kind.ts';

const id = z.uuid().toLowerCase();
const instant = z.iso.datetime();
const state = z.enum(['open', 'resolved']);
const side = z.enum(['mine', 'theirs', 'merged']);
const shown = z.record(z.string(), z.unknown());

const reasonCharactersMax = 500;

export const idParams = z.strictObject({ id });

export const conflictQuery = listQuery.extend({
  state: state.exactOptional(),
  entityId: id.exactOptional().describe('Conflicts about one thing alone'),
});

export const conflictView = z.object({
  id,
  entityType: z.enum(conflictKinds).describe('The table of what was edited'),
  entityId: id,
  conflictType: z.enum(['concurrent_update']),
  franchiseId: id,
  franchiseeId: id.nullable(),
  locationId: id.nullable(),
  expectedVersion: z.int().describe('Of which the refused edit was made'),
  currentVersion: z.int().describe('Of `theirs`'),
  mine: shown.describe('The refused edit: the fields that it would have changed'),
  withheld: z.array(z.string()).describe('Fields of the refused edit that are secrets and were not kept'),
  theirs: shown.describe(
    'What the edit met; while the conflict is open, renewed when a resolution meets a later state',
  ),
  state,
  createdBy: z.string(),
  createdAt: instant,
  resolution: side.nullable(),
  resolvedVersion: z.int().nullable().describe('The version that the resolution made, or left'),
  reason: z.string().nullable(),
  resolvedBy: z.string().nullable(),
  resolvedAt: instant.nullable(),
});

export const decision = z
  .strictObject({
    resolution: side.describe(
      '`mine` applies the refused edit, `theirs` leaves all as it is, `merged` applies `merged`',
    ),
    merged: shown.exactOptional().describe('For `merged`, and only then: what to change, as a PATCH would say it'),
    reason: z.string().trim().min(1).max(reasonCharactersMax),
  })
  .refine(({ resolution, merged }) => (resolution === 'merged') === (merged !== undefined), {
    path: ['merged'],
    message: 'must be given for the resolution `merged`, and for no other',
  });

export const settledView = z.object({
  conflict: conflictView,
  entity: shown.describe('What the conflict was about, as it is now'),
});
