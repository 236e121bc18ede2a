// The payload of a `postgres_changes` push. The change itself is made into JSON once for each choice of columns; only the
// ids, which are each audience's own, are put before it.
import type { Change } from './change.ts';
import type { FeedTable, Row } from './feed.ts';
import type { JsonObject } from './message.ts';

/** JSON of the push's `data`, for the columns in `select` (null means all that the feed shows). */
export function changeDataJson(change: Change, select: ReadonlySet<string> | null): string {
  const columns = visibleColumns(change.table, select);
  const { operation, record, oldRecord, event } = change;
  return JSON.stringify({
    schema: 'public',
    table: change.table.name,
    type: operation,
    commit_timestamp: event.recorded_at.toISOString(),
    // Must be an array whenever there is a record: the client drops the change otherwise.
    columns,
    ...(operation !== 'DELETE' && { record: pick(record, columns) }),
    ...(operation !== 'INSERT' && { old_record: pick(oldRecord, columns) }),
    errors: null,
  });
}

export function changePayloadJson(ids: readonly number[], dataJson: string): string {
  return `{"ids":[${ids.join(',')}],"data":${dataJson}}`;
}

function visibleColumns(table: FeedTable, select: ReadonlySet<string> | null) {
  return select === null ? table.columns : table.columns.filter((column) => select.has(column.name));
}

/** Only what the feed declares leaves the house, whatever a record may carry besides. */
function pick(record: Row | null, columns: FeedTable['columns']): JsonObject {
  const picked: JsonObject = {};
  for (const { name } of columns) {
    if (record !== null && name in record) picked[name] = record[name];
  }
  return picked;
}
