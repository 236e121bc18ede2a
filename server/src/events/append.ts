// The only writer of the log. Called on the line after the state it tells of, in the same transaction: either both are
// kept or neither, so nothing is ever announced that did not happen, and nothing happens unannounced.
import { sql } from 'kysely';
import { type Tx, wakeAfterCommit } from '../platform/database.ts';
import { newId } from '../platform/new-id.ts';
import { type ChangeData, catalogue, type EventType } from './catalogue.ts';

/** Whose event it is: scope_id is the location, else the franchisee, else the franchise. */
export interface EventOwner {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly locationId: string | null;
}

export interface NewEvent<T extends EventType = EventType> {
  readonly type: T;
  readonly owner: EventOwner;
  readonly entityId: string;
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  /** The row as a plain client sees it, snake_case, instants as RFC 3339 text; null where the table is the log itself. */
  readonly record: Readonly<Record<string, unknown>> | null;
  readonly oldRecord?: Readonly<Record<string, unknown>> | null;
  readonly changeData: ChangeData<T>;
  /** Who caused it: `pos`, `api`, `dashboard`, `system`. */
  readonly sourceSystem: string;
  readonly targetSystems?: readonly string[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** Business time: when it happened in the world; the log adds the time at which it was recorded. */
  readonly timestamp: Date;
}

/** One event of any kind, its payload bound to its kind. */
export type AnyNewEvent = { [T in EventType]: NewEvent<T> }[EventType];

/** Appends the events, in the order given, in one statement. Their ids are UUIDv7 made here and returned. */
export async function append(tx: Tx, events: readonly AnyNewEvent[]): Promise<string[]> {
  if (events.length === 0) return [];
  const ids = events.map(() => newId());
  const of = <V>(pick: (event: AnyNewEvent) => V): V[] => events.map(pick);
  // One document for all bodies: in an array of texts each of their quotes would be escaped here and unescaped there.
  const bodies = of((e) => [e.record, e.oldRecord ?? null, e.changeData, e.metadata ?? {}, e.targetSystems ?? []]);
  wakeAfterCommit(tx);
  await sql`
    insert into sync_events (epoch, id, scope_id, franchise_id, franchisee_id, location_id, event_type, entity_type,
      entity_id, table_name, operation, record, old_record, change_data, source_system, target_systems, metadata, "timestamp")
    select (select epoch from feed), e.id, coalesce(e.location_id, e.franchisee_id, e.franchise_id), e.franchise_id,
      e.franchisee_id, e.location_id, e.event_type, e.entity_type, e.entity_id, e.table_name, e.operation,
      nullif(e.body -> 0, 'null'), nullif(e.body -> 1, 'null'), e.body -> 2, e.source_system,
      array(select jsonb_array_elements_text(e.body -> 4)), e.body -> 3, e."timestamp"
    from rows from (
      unnest(
        ${ids}::uuid[], ${of((e) => e.owner.franchiseId)}::uuid[], ${of((e) => e.owner.franchiseeId)}::uuid[],
        ${of((e) => e.owner.locationId)}::uuid[], ${of((e) => e.type)}::text[],
        ${of((e) => catalogue[e.type].entityType)}::text[], ${of((e) => e.entityId)}::uuid[],
        ${of((e) => catalogue[e.type].table)}::text[], ${of((e) => e.operation)}::text[],
        ${of((e) => e.sourceSystem)}::text[], ${of((e) => e.timestamp.toISOString())}::timestamptz[]
      ),
      jsonb_array_elements(${JSON.stringify(bodies)}::jsonb)
    ) with ordinality as e (id, franchise_id, franchisee_id, location_id, event_type, entity_type, entity_id, table_name,
      operation, source_system, "timestamp", body, position)
    order by e.position
  `.execute(tx);
  return ids;
}
