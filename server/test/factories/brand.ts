/** Founds a brand with one shop a call, straight into the tables as the owner: the ground that a slice's tests stand on. */
import { v7 as uuidv7 } from 'uuid';
import { type Caller, callerForUser } from '../../src/identity/caller.ts';
import type { Role } from '../../src/identity/roles.ts';
import type { TestDatabase } from '../harness/test-database.ts';

export interface Brand {
  readonly franchiseId: string;
  /** Acts with the rights of a brand role over everything in it. */
  readonly admin: Caller;
}

export interface Shop {
  readonly franchiseId: string;
  readonly franchiseeId: string | null;
  readonly locationId: string;
}

export async function foundBrand(database: TestDatabase, name = 'Brand'): Promise<Brand> {
  const franchiseId = uuidv7();
  await database.rows('insert into franchises (id, name, currency) values ($1, $2, $3)', [franchiseId, name, 'USD']);
  return { franchiseId, admin: memberOf({ franchiseId, franchiseeId: null, locationId: null }, 'franchise_admin') };
}

export async function openShop(
  database: TestDatabase,
  { franchiseId }: Brand,
  { name = 'Shop', firm = false }: { name?: string; firm?: boolean } = {},
): Promise<Shop> {
  const locationId = uuidv7();
  const franchiseeId = firm ? uuidv7() : null;
  if (firm) {
    await database.rows('insert into franchisees (id, franchise_id, name) values ($1, $2, $3)', [
      franchiseeId,
      franchiseId,
      `Firm of ${name}`,
    ]);
  }
  await database.rows(
    `insert into locations (id, franchise_id, franchisee_id, name, time_zone, currency)
     values ($1, $2, $3, $4, 'America/New_York', 'USD')`,
    [locationId, franchiseId, franchiseeId, name],
  );
  return { franchiseId, franchiseeId, locationId };
}

/** A person with one role at one place, as sign-in would make it. */
export function memberOf(
  place: { franchiseId: string; franchiseeId: string | null; locationId: string | null },
  role: Role,
): Caller {
  return callerForUser({ userId: uuidv7(), memberships: [{ role, ...place }], expiresAt: null });
}

/** Products with the given SKUs; answers their ids in the same order. */
export async function addProducts(
  database: TestDatabase,
  { franchiseId }: Brand,
  skus: readonly string[],
): Promise<string[]> {
  const ids = skus.map(() => uuidv7());
  await database.rows(
    `insert into products (id, franchise_id, sku, name, unit, currency)
     select id, $1, sku, 'Product ' || sku, 'piece', 'USD' from unnest($2::uuid[], $3::text[]) as p (id, sku)`,
    [franchiseId, ids, skus],
  );
  return ids;
}
