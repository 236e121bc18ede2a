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
  const { table, operation, record, oldRecord, event } = change;
  const { names, columnsJson } = viewOf(table, select);
  const row = (record: Row | null) => JSON.stringify(pick(record, names, keeps));
  // Put together by hand, in the order of the original: what is the same in each change is not made into JSON each time.
  // The list of columns must be an array whenever there is a record: the client drops the change otherwise.
  return (
    `{"schema":"public","table":"${table.name}","type":"${operation}",` +
    `"commit_timestamp":"${event.recorded_at.toISOString()}","columns":${columnsJson}` +
    (operation === 'DELETE' ? '' : `,"record":${row(record)}`) +
    (operation === 'INSERT' ? '' : `,"old_record":${row(oldRecord)}`) +
    `,"errors":${keeps === isSmall ? '["Error 413: Payload Too Large"]' : 'null'}}`
  );
}

/** What a choice of columns shows of a table. */
interface View {
  readonly names: readonly string[];
  readonly columnsJson: string;
}

// Made once for each choice, and forgotten with the binding that it is part of: clients may choose in ever new ways.
const views = new WeakMap<object, Map<FeedTable, View>>();
const everything = {};

function viewOf(table: FeedTable, select: ReadonlySet<string> | null): View {
  const ofChoice = views.get(select ?? everything) ?? new Map<FeedTable, View>();
  const known = ofChoice.get(table);
  if (known !== undefined) return known;
  const columns = select === null ? table.columns : table.columns.filter((column) => select.has(column.name));
  const view = { names: columns.map(({ name }) => name), columnsJson: JSON.stringify(columns) };
  views.set(select ?? everything, ofChoice.set(table, view));
  return view;
}

function isSmall(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value) ?? '') <= smallValueBytesMax;
}

export function changePayloadJson(ids: readonly number[], dataJson: string): string {
  return `{"ids":[${ids.join(',')}],"data":${dataJson}}`;
}

/** Only what the feed declares leaves the house, whatever a record may carry besides. */
function pick(record: Row | null, names: readonly string[], keeps: typeof isSmall): JsonObject {
  const picked: JsonObject = {};
  for (const name of names) {
    if (record !== null && name in record && keeps(record[name])) picked[name] = record[name];
  }
  return picked;
}
