// The mappings of one till.
import { z } from 'zod';
import { type Caller, requirePermission } from '../../../identity/index.ts';
import type { Database } from '../../../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../../platform/http-lists.ts';
import { noSuchSystem } from '../errors.ts';
import { findSystem } from '../systems/queries.ts';
import { listMappingRows, type MappingRow } from './queries.ts';

const list = 'mappings';

/** By the till's own id of the product. Throws `pos.system_not_found` or `identity.forbidden`. */
export async function listMappings(
  db: Database,
  caller: Caller,
  { posSystemId, limit, after }: ListQuery & { readonly posSystemId: string },
): Promise<Page<MappingRow>> {
  const key = decodeCursor(list, after, z.tuple([z.string()]));
  const rows = await db.transaction(caller, async (tx) => {
    const system = await findSystem(tx, posSystemId);
    if (system === null) throw noSuchSystem(`There is no POS system ${posSystemId}.`);
    requirePermission(caller, 'pos.read', system);
    return listMappingRows(tx, system, { limit: limit + 1, after: key?.[0] ?? null });
  });
  return makePage(rows, limit, { list, keyOf: ({ externalProductId }) => [externalProductId] });
}
