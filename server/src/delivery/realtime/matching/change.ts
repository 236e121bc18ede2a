// A change as subscribers see it. Each event of the log is up to two of them: a row of its own table, and a new row of
// sync_events, which is how one subscription can watch everything.
import { plainEvent, type StoredEvent } from '../../../events/index.ts';
import type { CompiledBinding } from './compile-binding.ts';
import type { FeedTable, Operation, Row } from './feed.ts';

export interface Change {
  readonly event: StoredEvent;
  readonly table: FeedTable;
  readonly operation: Operation;
  readonly record: Row | null;
  readonly oldRecord: Row | null;
}

export const logTable = 'sync_events';

/** The changes that an event is, of those tables in the feed that anybody watches. */
export function changesOf(
  event: StoredEvent,
  tables: ReadonlyMap<string, FeedTable>,
  isWatched: (table: string) => boolean,
): Change[] {
  const changes: Change[] = [];
  const own = tables.get(event.table_name);
  if (own !== undefined && own.name !== logTable && isWatched(own.name)) {
    changes.push({ event, table: own, operation: event.operation, record: event.record, oldRecord: event.old_record });
  }
  const log = tables.get(logTable);
  if (log !== undefined && isWatched(logTable)) {
    // Its documents are parsed here, once for however many have conditions on them.
    changes.push({ event, table: log, operation: 'INSERT', record: plainEvent(event), oldRecord: null });
  }
  return changes;
}

/**
 * The ids that an equality on this column may name. Usually the row's own, the new one for an update: a row that leaves a
 * filtered set is not told. For `entity_id` of the log the franchise counts too: that is what the filter
 * `entity_id=eq.<franchise id>` has always been meant to say.
 */
export function columnIds(change: Change, column: string): string[] {
  const own = columnValue(change, column);
  const ids = typeof own === 'string' ? [own] : [];
  if (change.table.name === logTable && column === 'entity_id') ids.push(change.event.franchise_id);
  return ids;
}

/** Whether the row is one of those that the binding's filter lets through. */
export function passes({ equalities, conditions }: CompiledBinding, change: Change): boolean {
  return (
    equalities.every(({ column, values }) => columnIds(change, column).some((id) => values.has(id))) &&
    conditions.every((condition) => condition.holds(columnValue(change, condition.column)))
  );
}

/**
 * The column of the row that a filter is about: the new one, for a DELETE the one before. Undefined where the row does not
 * show it; owners that a table does not repeat come from the event.
 */
export function columnValue({ event, record, oldRecord }: Change, column: string): unknown {
  const value = (record ?? oldRecord)?.[column];
  return value === undefined ? ownerOf(event, column) : value;
}

function ownerOf(event: StoredEvent, column: string): string | null | undefined {
  if (column === 'franchise_id') return event.franchise_id;
  if (column === 'franchisee_id') return event.franchisee_id;
  return column === 'location_id' ? event.location_id : undefined;
}
