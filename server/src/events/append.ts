// The only writer of the log. Called on the line after the state it tells of, in the same transaction: either both are
// kept or neither, so nothing is ever announced that did not happen, and nothing happens unannounced.
import { type RawBuilder, sql } from 'kysely';
import { instantArray, intArray, jsonArray, uuidArray } from '../platform/binary-arrays.ts';
import { type Tx, wakeAfterCommit } from '../platform/database.ts';
import { newId } from '../platform/new-id.ts';
import { distinct, idAt } from '../platform/postgres-arrays.ts';
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
  // What many have in common is sent once, and looked up by its place.
  const kinds = distinct(
    events,
    (e) => e.type,
    (e) => e.operation,
    (e) => e.sourceSystem,
  );
  const ofKind = (pick: (event: AnyNewEvent) => string) => sql`(${kinds.first.map(pick)}::text[])[e.kind]`;
  const owners = distinct(
    events,
    (e) => e.owner.franchiseId,
    (e) => e.owner.franchiseeId,
    (e) => e.owner.locationId,
  );
  const ofOwner = (pick: (owner: EventOwner) => string | null) =>
    idAt(
      sql`e.owner`,
      owners.first.map(({ owner }) => pick(owner)),
    );
  const own = (array: RawBuilder<unknown>) => sql`(${array})[e.place::int]`;
  const documents = documentsOf(events);
  wakeAfterCommit(tx);
  // unnest() reads arrays out in the order in which they are stored, and numbers are handed out in that order. Each that it reads
  // costs as much as a column of the log, so what is of one size is looked up by its place instead.
  await sql`
    insert into sync_events (epoch, id, scope_id, franchise_id, franchisee_id, location_id, event_type, entity_type,
      entity_id, table_name, operation, record, old_record, change_data, source_system, target_systems, metadata, "timestamp")
    select (select epoch from feed), ${own(sql`${uuidArray(ids)}::uuid[]`)},
      ${ofOwner((o) => o.locationId ?? o.franchiseeId ?? o.franchiseId)},
      ${ofOwner((o) => o.franchiseId)}, ${ofOwner((o) => o.franchiseeId)}, ${ofOwner((o) => o.locationId)},
      ${ofKind((e) => e.type)}, ${ofKind((e) => catalogue[e.type].entityType)},
      ${own(sql`${uuidArray(events.map((e) => e.entityId))}::uuid[]`)}, ${ofKind((e) => catalogue[e.type].table)},
      ${ofKind((e) => e.operation)}, ${documents.read('record')}, ${documents.read('old_record')}, ${documents.read('change_data')},
      ${ofKind((e) => e.sourceSystem)},
      case when ${documents.read('target_systems')} is null then '{}'
        else array(select json_array_elements_text(${documents.read('target_systems')})) end,
      coalesce(${documents.read('metadata')}, '{}'),
      ${own(sql`${instantArray(events.map((e) => e.timestamp))}::timestamptz[]`)}
    from unnest(
      ${intArray(owners.places)}::int[], ${intArray(kinds.places)}::int[], ${sql.join(documents.arrays)}
    ) with ordinality as e (owner, kind, ${sql.join(documents.names.map((name) => sql.id(name)))}, place)
  `.execute(tx);
  return ids;
}

type DocumentColumn = 'record' | 'old_record' | 'change_data' | 'target_systems' | 'metadata';

const documentColumns: Readonly<Record<DocumentColumn, (event: AnyNewEvent) => unknown>> = {
  record: (e) => e.record,
  old_record: (e) => e.oldRecord,
  change_data: (e) => e.changeData,
  target_systems: (e) => e.targetSystems,
  metadata: (e) => e.metadata,
};

/** The events' documents as arrays for unnest(), but those that no event has: they are not sent, and read as null. */
function documentsOf(events: readonly AnyNewEvent[]) {
  const given = Object.entries(documentColumns).filter(([, pick]) => events.some((e) => (pick(e) ?? null) !== null));
  const names = given.map(([name]) => name);
  return {
    names,
    arrays: given.map(([, pick]) => sql`${jsonArray(events.map(pick))}::json[]`),
    read: (name: DocumentColumn) => (names.includes(name) ? sql.ref(`e.${name}`) : sql`null::json`),
  };
}
