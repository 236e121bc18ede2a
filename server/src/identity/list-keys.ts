// The API keys of the places whose keys the caller manages, newest first.
import { z } from 'zod';
import type { Database } from '../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../platform/http-lists.ts';
import type { Caller } from './caller.ts';
import { narrowTo } from './permissions.ts';
import { type ApiKeyRow, listApiKeys } from './queries.ts';

const listName = 'api-keys';
const cursorKey = z.tuple([z.uuid()]);

/** One page; throws `request.invalid_cursor` or `identity.forbidden`. */
export async function listKeys(db: Database, caller: Caller, query: ListQuery): Promise<Page<ApiKeyRow>> {
  const manager = narrowTo(caller, 'keys.manage');
  const [afterId = null] = decodeCursor(listName, query.after, cursorKey) ?? [];
  const rows = await db.transaction(manager, (tx) => listApiKeys(tx, { rowsMax: query.limit + 1, afterId }));
  return makePage(rows, query.limit, { list: listName, keyOf: ({ id }) => [id] });
}
