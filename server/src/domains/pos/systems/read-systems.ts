// The tills that somebody may see.
import { z } from 'zod';
import { type Caller, narrowTo, requirePermission } from '../../../identity/index.ts';
import type { Database } from '../../../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../../../platform/http-lists.ts';
import { noSuchSystem } from '../errors.ts';
import { findSystem, listSystems as listSystemRows, type SystemRow } from './queries.ts';

const list = 'pos-systems';

/** Throws `pos.system_not_found`, also for a foreign shop's till, or `identity.forbidden`. */
export async function readSystem(db: Database, caller: Caller, id: string): Promise<SystemRow> {
  const system = await db.transaction(caller, (tx) => findSystem(tx, id));
  if (system === null) throw noSuchSystem(`There is no POS system ${id}.`);
  requirePermission(caller, 'pos.read', system);
  return system;
}

/** In the order of registration. Throws `identity.forbidden`. */
export async function listSystems(db: Database, caller: Caller, { limit, after }: ListQuery): Promise<Page<SystemRow>> {
  const key = decodeCursor(list, after, z.tuple([z.uuid()]));
  const page = { limit: limit + 1, after: key?.[0] ?? null };
  const rows = await db.transaction(narrowTo(caller, 'pos.read'), (tx) => listSystemRows(tx, page));
  return makePage(rows, limit, { list, keyOf: ({ id }) => [id] });
}
