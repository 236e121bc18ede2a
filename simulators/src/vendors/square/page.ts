// Square's pages: an opaque cursor that goes with the unchanged query and remembers where the window ended.

import { createHash } from 'node:crypto';
import { recordOf } from '../http-door.ts';
import { invalid } from './refusals.ts';

export interface Paging<Row extends { readonly id: string }> {
  /** The query without its cursor; another one makes the cursor invalid. */
  readonly query: string;
  readonly cursor: string | undefined;
  /** Of the window, for a first page. */
  readonly end: number;
  readonly limit: number;
  readonly ascending: boolean;
  readonly keyOf: (row: Row) => number | undefined;
  readonly rows: (end: number) => Iterable<Row>;
}

interface Cursor {
  readonly query: string;
  readonly end: number;
  readonly key: number;
  readonly id: string;
}

export function page<Row extends { readonly id: string }>(
  paging: Paging<Row>,
): { readonly rows: readonly Row[]; readonly cursor: string | undefined } {
  const query = createHash('sha256').update(paging.query).digest('base64url').slice(0, 16);
  const from = paging.cursor === undefined ? undefined : readCursor(paging.cursor, query);
  const end = from?.end ?? paging.end;
  const sign = paging.ascending ? 1 : -1;
  const compare = (a: readonly [number, string], b: readonly [number, string]) =>
    sign * (a[0] - b[0] || (a[1] < b[1] ? -1 : a[1] > b[1] ? 1 : 0));
  const found: { row: Row; at: readonly [number, string] }[] = [];
  for (const row of paging.rows(end)) {
    const at = [paging.keyOf(row) ?? 0, row.id] as const;
    if (from === undefined || compare(at, [from.key, from.id]) > 0) found.push({ row, at });
  }
  found.sort((a, b) => compare(a.at, b.at));
  const last = found.length > paging.limit ? found[paging.limit - 1] : undefined;
  return {
    rows: found.slice(0, paging.limit).map(({ row }) => row),
    cursor: last && writeCursor({ query, end, key: last.at[0], id: last.at[1] }),
  };
}

const writeCursor = (cursor: Cursor): string => Buffer.from(JSON.stringify(cursor)).toString('base64url');

function readCursor(text: string, query: string): Cursor {
  const cursor = decode(text);
  if (!cursor) throw invalid('INVALID_CURSOR', 'The cursor is not one of ours', 'cursor');
  if (cursor.query !== query) throw invalid('INVALID_CURSOR', 'The cursor belongs to another query', 'cursor');
  return cursor;
}

function decode(text: string): Cursor | undefined {
  try {
    const { query, end, key, id } = recordOf(JSON.parse(Buffer.from(text, 'base64url').toString('utf8'))) ?? {};
    if (typeof query !== 'string' || typeof end !== 'number' || typeof key !== 'number' || typeof id !== 'string') {
      return undefined;
    }
    return { query, end, key, id };
  } catch {
    return undefined;
  }
}
