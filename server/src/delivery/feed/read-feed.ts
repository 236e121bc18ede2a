// One page of the log as the caller may see it. The transaction's own snapshot bounds it, so nothing that commits between
// two pages is skipped, and the row policies decide what is in it.
import { decodePosition, encodePosition, oldestKeptPosition, readPage, type StoredEvent } from '../../events/index.ts';
import { type Caller, narrowTo, requirePermission } from '../../identity/index.ts';
import type { Database } from '../../platform/database.ts';
import type { FeedPage, FeedQuery } from './schema.ts';

/** Throws `identity.forbidden`, `events.invalid_cursor`, or `events.resync` where the log was cut or restored. */
export async function readFeed(db: Database, caller: Caller, { after, limit, scope }: FeedQuery): Promise<FeedPage> {
  requirePermission(caller, 'events.read');
  const given = after === undefined ? null : decodePosition(after);
  return db.transaction(narrowTo(caller, 'events.read'), async (tx) => {
    const position = given ?? (await oldestKeptPosition(tx));
    const page = await readPage(tx, position, scope === undefined ? { limit } : { limit, scope });
    return {
      items: page.events.map(viewEvent),
      nextCursor: encodePosition(page.position),
      caughtUp: page.caughtUp,
    };
  });
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
