// Whose every row in the database is, and whether a caller may see it: the yardstick of the row-security test, made
// without the server's policies, queries or permissions.
import type { ReadRows } from './books.ts';
import type { TenantCaller } from './tenants.ts';

export interface RowOwner {
  readonly table: string;
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly locationId: string | null;
}

// What belongs to the brand as a whole and is read by everybody in it.
const brandWide = new Set(['franchises', 'products']);

/** The owner of each row that has an id of its own, by that id. */
export async function readRowOwners(rows: ReadRows): Promise<Map<string, RowOwner>> {
  return new Map((await readOwnedRows(rows)).map(({ id, ...row }) => [id, row]));
}

/** Every row that has an id of its own. Partitions are left out: their parents list the rows. */
export async function readOwnedRows(rows: ReadRows): Promise<(RowOwner & { readonly id: string })[]> {
  const tables = await rows<{ name: string; columns: string[] }>(
    `select c.relname as name, array_agg(a.attname::text) as columns
     from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped
     where c.relnamespace = 'public'::regnamespace and c.relkind in ('r', 'p') and not c.relispartition
     group by c.relname having 'id' = any(array_agg(a.attname)) order by c.relname`,
  );
  const owned: (RowOwner & { readonly id: string })[] = [];
  for (const { name, columns } of tables) {
    const column = (wanted: string, table: string) =>
      name === table ? 'id' : columns.includes(wanted) ? wanted : 'null::uuid';
    const franchise = column('franchise_id', 'franchises');
    if (franchise === 'null::uuid') continue;
    const found = await rows<{ id: string; franchise: string; franchisee: string | null; location: string | null }>(
      `select id, ${franchise} as franchise, ${column('franchisee_id', 'franchisees')} as franchisee,
       ${column('location_id', 'locations')} as location from ${name}`,
    );
    for (const { id, franchise: franchiseId, franchisee: franchiseeId, location: locationId } of found) {
      owned.push({ id, table: name, franchiseId, franchiseeId, locationId });
    }
  }
  return owned;
}

/** True where the row lies in the caller's part of the tree, or above it where everybody of the brand reads it. */
export function maySee(caller: TenantCaller, row: RowOwner): boolean {
  if (row.franchiseId !== caller.franchiseId) return false;
  if (caller.franchiseeId === null || brandWide.has(row.table)) return true;
  // A shop's people know the firm that they work for, but none of its other shops.
  if (row.table === 'franchisees') return row.franchiseeId === caller.franchiseeId;
  if (caller.locationIds !== null) return row.locationId !== null && caller.locationIds.includes(row.locationId);
  return row.franchiseeId === caller.franchiseeId;
}

const uuid = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi;

// Who did it, in the trail of one's own rows: a brand's key may have moved a shop's stock, and the shop may know.
const actor = /"(key|user):[0-9a-f-]{36}"/gi;

/** Every row named anywhere in an answer that is not the caller's to see. The caller's own key is its own. */
export function foreignRows(
  caller: TenantCaller,
  answer: string,
  owners: ReadonlyMap<string, RowOwner>,
): { id: string; row: RowOwner }[] {
  const named = new Set((answer.replace(actor, '').match(uuid) ?? []).map((id) => id.toLowerCase()));
  return [...named].flatMap((id) => {
    const row = owners.get(id);
    return row === undefined || id === caller.keyId || maySee(caller, row) ? [] : [{ id, row }];
  });
}
