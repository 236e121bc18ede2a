// The wire shapes of the pull feed: the seed's SyncEvent, with its owner.
import { z } from 'zod';
import { pageLimitDefault, pageLimitMax } from '../../platform/http-lists.ts';

const cursorCharactersMax = 60_000;

export const feedQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(pageLimitMax).default(pageLimitDefault).describe('Events in a page'),
  after: z
    .string()
    .min(1)
    .max(cursorCharactersMax)
    .exactOptional()
    .describe('`nextCursor` of the page before; left out, the feed begins with the oldest event kept'),
  until: z
    .string()
    .min(1)
    .max(cursorCharactersMax)
    .exactOptional()
    .describe(
      'A cursor to stop at: `caughtUp` then says that all before it was given. Where `after` is beyond it already, ' +
        'nothing is given and `nextCursor` is `after`',
    ),
  scope: z.uuid().toLowerCase().exactOptional().describe('Only events of this location, franchisee or franchise'),
});

export type FeedQuery = z.output<typeof feedQuery>;

export const feedEvent = z.object({
  id: z.uuid(),
  eventType: z.string(),
  entityType: z.string(),
  entityId: z.uuid(),
  franchiseId: z.uuid(),
  franchiseeId: z.uuid().nullable(),
  locationId: z.uuid().nullable(),
  changeData: z.record(z.string(), z.unknown()),
  sourceSystem: z.string(),
  targetSystems: z.array(z.string()),
  metadata: z.record(z.string(), z.unknown()),
  timestamp: z.iso.datetime(),
  recordedAt: z.iso.datetime(),
});

export const feedPage = z.object({
  items: z.array(feedEvent),
  nextCursor: z.string().describe('For `after`, also when the page is empty: the feed has no end'),
  caughtUp: z.boolean().describe('False where more is waiting: ask again at once'),
});

export type FeedPage = z.infer<typeof feedPage>;
