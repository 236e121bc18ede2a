// One page of the log as the caller may see it. A snapshot bounds it, so nothing that commits between two pages is skipped,
// and the row policies decide what is in it. A gap that somebody who was away for a moment has to fill is read from
// memory where this node holds it: thousands ask for theirs at once.
import {
  decodePosition,
  encodePosition,
  type LookBack,
  oldestKeptPosition,
  type Page,
  type Position,
  type RecentEvents,
  readPage,
  type StoredEvent,
} from '../../events/index.ts';
import { type Caller, narrowTo, type Places } from '../../identity/index.ts';
import type { Database } from '../../platform/database.ts';
import { scopeNotFound } from './errors.ts';
import type { FeedPage, FeedQuery } from './schema.ts';
import { isAddressee, sees } from './visibility.ts';

export interface FeedParts {
  readonly db: Database;
  /** The newest events, where this node has them. */
  readonly recent: Pick<RecentEvents, 'read'>;
  readonly lookBack: LookBack;
  readonly places: Places;
}

/**
 * Throws `identity.forbidden`, `feed.scope_not_found`, `events.invalid_cursor`, or `events.resync` where the log was cut
 * or restored.
 */
export async function readFeed(parts: FeedParts, caller: Caller, query: FeedQuery): Promise<FeedPage> {
  const reader = narrowTo(caller, 'events.read');
  if (query.scope !== undefined) await requirePlace(parts.places, caller, query.scope);
  const after = query.after === undefined ? null : decodePosition(query.after);
  const until = query.until === undefined ? null : decodePosition(query.until);
  const wanted = { limit: query.limit, ...(query.scope && { scope: query.scope }), ...(until && { until }) };
  const sought = { ...wanted, sees: (event: StoredEvent) => sees(event, reader.reach) };
  // Without `until` the answer goes up to this moment, which memory, a few milliseconds behind, cannot know.
  const recent = after && until && (await readFromMemory(parts, after, sought));
  const page = recent ?? (await readFromLog(parts.db, reader, { after, wanted }));
  return {
    items: page.events.filter((event) => isAddressee(event, reader.reach)).map(viewEvent),
    nextCursor: encodePosition(page.position),
    caughtUp: page.caughtUp,
  };
}

/** Of a place that is not the caller's nothing would be found anyway; but a page of nothing says "it is quiet there". */
async function requirePlace(places: Places, caller: Caller, scope: string): Promise<void> {
  const { franchisees, locations, memberships } = caller.reach;
  if ([franchisees, locations, memberships].some((ids) => ids.includes(scope))) return;
  if ((await places.find(caller, scope)) === null) throw scopeNotFound(`There is no place ${scope}.`);
}

async function readFromMemory(
  { recent, lookBack }: FeedParts,
  after: Position,
  sought: Parameters<RecentEvents['read']>[1],
): Promise<Page | null> {
  const page = recent.read(after, sought);
  if (page !== null) return page;
  await lookBack(after);
  return recent.read(after, sought);
}

function readFromLog(
  db: Database,
  reader: Caller,
  { after, wanted }: { readonly after: Position | null; readonly wanted: Parameters<typeof readPage>[2] },
): Promise<Page> {
  return db.transaction(reader, async (tx) => readPage(tx, after ?? (await oldestKeptPosition(tx)), wanted));
}

function viewEvent(event: StoredEvent): FeedPage['items'][number] {
  return {
    id: event.id,
    eventType: event.event_type,
    entityType: event.entity_type,
    entityId: event.entity_id,
    franchiseId: event.franchise_id,
    franchiseeId: event.franchisee_id,
    locationId: event.location_id,
    changeData: { ...event.change_data },
    sourceSystem: event.source_system,
    targetSystems: [...event.target_systems],
    metadata: { ...event.metadata },
    timestamp: event.timestamp.toISOString(),
    recordedAt: event.recorded_at.toISOString(),
  };
}
