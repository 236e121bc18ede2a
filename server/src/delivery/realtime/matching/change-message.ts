// The payload of a `postgres_changes` push. The change itself is made into JSON once for each choice of columns; only the
// ids, which are each audience's own, are put before it.

import type { JsonObject } from '../protocol/message.ts';
import type { Change } from './change.ts';
import type { FeedTable, Operation, Row } from './feed.ts';

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
  const view = viewOf(table, select);
  const row = (record: Row | null) => JSON.stringify(pick(record, view, keeps));
  // Put together by hand, in the order of the original, of few pieces: what is the same in each change is one of them.
  return (
    view.head[operation] +
    event.recorded_at.toISOString() +
    view.columns +
    (operation === 'DELETE' ? '' : `,"record":${row(record)}`) +
    (operation === 'INSERT' ? '' : `,"old_record":${row(oldRecord)}`) +
    (keeps === isSmall ? ',"errors":["Error 413: Payload Too Large"]}' : ',"errors":null}')
  );
}

/** What a choice of columns shows of a table. */
interface View {
  readonly names: readonly string[];
  /** The push up to the time of the commit. */
  readonly head: Readonly<Record<Operation, string>>;
  /** From behind that time to the rows. */
  readonly columns: string;
  /** An undefined value for each name: a copy that is filled costs half of an object that grows by a name at a time. */
  readonly empty: JsonObject;
}

// Made once for each choice, and forgotten with the binding that it is part of: clients may choose in ever new ways.
const views = new WeakMap<object, Map<FeedTable, View>>();
const everything = {};

function viewOf(table: FeedTable, select: ReadonlySet<string> | null): View {
  const ofChoice = views.get(select ?? everything) ?? new Map<FeedTable, View>();
  const known = ofChoice.get(table);
  if (known !== undefined) return known;
  const columns = select === null ? table.columns : table.columns.filter((column) => select.has(column.name));
  const names = columns.map(({ name }) => name);
  const empty = Object.fromEntries(names.map((name) => [name, undefined]));
  const headOf = (type: Operation) =>
    `{"schema":"public","table":"${table.name}","type":"${type}","commit_timestamp":"`;
  const head = { INSERT: headOf('INSERT'), UPDATE: headOf('UPDATE'), DELETE: headOf('DELETE') };
  // An array whenever there is a record: the client drops the change otherwise.
  const view = { names, head, columns: `","columns":${JSON.stringify(columns)}`, empty };
  views.set(select ?? everything, ofChoice.set(table, view));
  return view;
}

function isSmall(value: unknown): boolean {
  return Buffer.byteLength(JSON.stringify(value) ?? '') <= smallValueBytesMax;
}

export function changePayloadJson(ids: readonly number[], dataJson: string): string {
  return `{"ids":[${ids.join(',')}],"data":${dataJson}}`;
}

/** Only what the feed declares leaves the house, whatever a record may carry besides. What it does not show is undefined. */
function pick(record: Row | null, { names, empty }: View, keeps: typeof isSmall): JsonObject {
  const picked = { ...empty };
  if (record === null) return picked;
  for (const name of names) {
    const value = record[name];
    if (value !== undefined && keeps(value)) picked[name] = value;
  }
  return picked;
}
