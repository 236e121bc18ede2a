// The only writer of the log. Called on the line after the state it tells of, in the same transaction: either both are
// kept or neither, so nothing is ever announced that did not happen, and nothing happens unannounced.
import { sql } from 'kysely';
import { instantArray, jsonArray, uuidArray } from '../platform/binary-arrays.ts';
import { type Tx, wakeAfterCommit } from '../platform/database.ts';
import { newId } from '../platform/new-id.ts';
import { distinct, idAt, unquoted } from '../platform/postgres-arrays.ts';
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
  const documents = (pick: (event: AnyNewEvent) => unknown) => jsonArray(events.map(pick));
  // What many have in common is sent once, and looked up by its place.
  const kinds = distinct(events, ({ type, operation, sourceSystem }) => `${type} ${operation} ${sourceSystem}`);
  const ofKind = (pick: (event: AnyNewEvent) => string) =>
    sql`(${kinds.first.map(pick)}::text[])[${sql.ref('e.kind')}]`;
  const owners = distinct(events, ({ owner }) => `${owner.franchiseId} ${owner.franchiseeId} ${owner.locationId}`);
  const ofOwner = (pick: (owner: EventOwner) => string | null) =>
    idAt(
      sql.ref('e.owner'),
      owners.first.map(({ owner }) => pick(owner)),
    );
  wakeAfterCommit(tx);
  // unnest() reads arrays out in the order in which they are stored, and numbers are handed out in that order.
  await sql`
    insert into sync_events (epoch, id, scope_id, franchise_id, franchisee_id, location_id, event_type, entity_type,
      entity_id, table_name, operation, record, old_record, change_data, source_system, target_systems, metadata, "timestamp")
    select (select epoch from feed), e.id, ${ofOwner((o) => o.locationId ?? o.franchiseeId ?? o.franchiseId)},
      ${ofOwner((o) => o.franchiseId)}, ${ofOwner((o) => o.franchiseeId)}, ${ofOwner((o) => o.locationId)},
      ${ofKind((e) => e.type)}, ${ofKind((e) => catalogue[e.type].entityType)}, e.entity_id,
      ${ofKind((e) => catalogue[e.type].table)}, ${ofKind((e) => e.operation)}, e.record, e.old_record, e.change_data,
      ${ofKind((e) => e.sourceSystem)},
      case when e.target_systems is null then '{}' else array(select json_array_elements_text(e.target_systems)) end,
      coalesce(e.metadata, '{}'), e."timestamp"
    from unnest(
      ${uuidArray(ids)}::uuid[], ${unquoted(owners.places)}::int[], ${unquoted(kinds.places)}::int[],
      ${uuidArray(events.map((e) => e.entityId))}::uuid[], ${documents((e) => e.record)}::json[],
      ${documents((e) => e.oldRecord)}::json[], ${documents((e) => e.changeData)}::json[],
      ${documents((e) => e.targetSystems)}::json[], ${documents((e) => e.metadata)}::json[],
      ${instantArray(events.map((e) => e.timestamp))}::timestamptz[]
    ) as e (id, owner, kind, entity_id, record, old_record, change_data, target_systems, metadata, "timestamp")
  `.execute(tx);
  return ids;
}
