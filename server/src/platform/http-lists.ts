// Long lists in pages: `?limit` and `?after` in, `{items, nextCursor}` out. A cursor is the sort key of the last item
// given, so a page neither skips nor repeats when rows are added in between.
import { z } from 'zod';
import { invalidCursor } from './http-errors.ts';

export const pageLimitDefault = 50;
export const pageLimitMax = 500;

/** A name or number of 200 characters, each of which JSON writes with six, in base64, and an id behind it. */
const cursorCharactersMax = 2_000;

/** The query of a list route; `listQuery.extend({…})` adds filters of its own. */
export const listQuery = z.strictObject({
  limit: z.coerce.number().int().min(1).max(pageLimitMax).default(pageLimitDefault).describe('Items in a page'),
  after: z.string().min(1).max(cursorCharactersMax).exactOptional().describe('`nextCursor` of the page before'),
});

export type ListQuery = z.output<typeof listQuery>;

/** The answer that has none: 204. */
export const noContent = z.undefined().describe('Done');

/** The answer of a list route. */
export function listOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().describe('For `after`; null on the last page'),
  });
}

export interface Page<T> {
  items: T[];
  nextCursor: string | null;
}

/** Sort key of an item: what its query orders by, ending in something unique. */
export type SortKey = readonly (string | number)[];

/**
 * Makes a page of rows that were read with `limit + 1`, so that the one too many tells whether there is more. `list`
 * names the list and its order; a cursor of another list is refused.
 */
export function makePage<T>(
  rows: readonly T[],
  limit: number,
  cursor: { list: string; keyOf: (row: T) => SortKey },
): Page<T> {
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items, nextCursor: more ? encodeCursor(cursor.list, cursor.keyOf(last)) : null };
}

const cursorVersion = 1;

/** A key goes into a query, and PostgreSQL takes NUL in no text: that no item of ours has. */
const isStorable = (part: unknown): boolean => typeof part !== 'string' || !part.includes('\0');

export function encodeCursor(list: string, key: SortKey): string {
  return Buffer.from(JSON.stringify([cursorVersion, list, ...key])).toString('base64url');
}

/**
 * The sort key in `after`, or null without one. `key` is the key's schema, e.g. `z.tuple([z.uuid()])`: a cursor comes
 * from outside like everything else. Throws `request.invalid_cursor`.
 */
export function decodeCursor<T>(list: string, after: string | undefined, key: z.ZodType<T>): T | null {
  if (after === undefined) return null;
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(after, 'base64url').toString('utf8'));
  } catch {
    throw invalidCursor('`after` is not a cursor.', { errors: [{ path: 'query.after', message: 'is not a cursor' }] });
  }
  const parsed =
    Array.isArray(parts) && parts[0] === cursorVersion && parts[1] === list ? key.safeParse(parts.slice(2)) : null;
  if (parsed?.success === true && (parts as unknown[]).every(isStorable)) return parsed.data;
  throw invalidCursor('`after` is a cursor of another list.', {
    errors: [{ path: 'query.after', message: 'is a cursor of another list' }],
  });
}
