// The payload of a `postgres_changes` push. The change itself is made into JSON once for each choice of columns; only the
// ids, which are each audience's own, are put before it.

import type { JsonObject } from '../protocol/message.ts';
import type { Change } from './change.ts';
import type { FeedTable, Row } from './feed.ts';

// Of a change that is too large only values up to this size are told, as the original has it.
const smallValueBytesMax = 64;

/**
 * JSON of the push's `data`, for the columns in `select` (null means all that the feed shows). Beyond `bytesMax` the large
 * values are left out, and `errors` says so.
 */
export function changeDataJson(change: Change, select: ReadonlySet<string> | null, bytesMax: number): string {
  const whole = dataJson(change, select, () => true);
  // A text of n units has at most 3 n bytes, so most need no counting.
  if (whole.length * 3 <= bytesMax || Buffer.byteLength(whole) <= bytesMax) return whole;
  return dataJson(change, select, isSmall);
}

function dataJson(change: Change, select: ReadonlySet<string> | null, keeps: typeof isSmall): string {
  const columns = visibleColumns(change.table, select);
  const { operation, record, oldRecord, event } = change;
  return JSON.stringify({
    schema: 'public',
    table: change.table.name,
    type: operation,
    commit_timestamp: event.recorded_at.toISOString(),
    // Must be an array whenever there is a record: the client drops the change otherwise.
    columns,
    ...(operation !== 'DELETE' && { record: pick(record, columns, keeps) }),
    ...(operation !== 'INSERT' && { old_record: pick(oldRecord, columns, keeps) }),
    errors: keeps === isSmall ? ['Error 413: Payload Too Large'] : null,
  });
}

function isSmall(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value) ?? '') <= smallValueBytesMax;
}

export function changePayloadJson(ids: readonly number[], dataJson: string): string {
  return `{"ids":[${ids.join(',')}],"data":${dataJson}}`;
}

function visibleColumns(table: FeedTable, select: ReadonlySet<string> | null) {
  return select === null ? table.columns : table.columns.filter((column) => select.has(column.name));
}

/** Only what the feed declares leaves the house, whatever a record may carry besides. */
function pick(record: Row | null, columns: FeedTable['columns'], keeps: typeof isSmall): JsonObject {
  const picked: JsonObject = {};
  for (const { name } of columns) {
    if (record !== null && name in record && keeps(record[name])) picked[name] = record[name];
  }
  return picked;
}
