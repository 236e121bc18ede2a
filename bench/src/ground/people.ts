// People with different rights, written straight into the tables, and the tokens that they come with.
import { createAuthenticator, Database, poolUrl, systemClock } from '@tillstream/server/measured';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { tokenSecret } from '../gateways/token-secret.ts';
import type { Brand, Shop } from './brand.ts';

export interface Person {
  readonly token: string;
  /** The shops whose rows the person may see. */
  readonly shops: readonly Shop[];
}

/** How often which role occurs among a hundred people: the rest is a shop's staff, each shop's in turn. */
const ownersInHundred = 9;
const adminsInHundred = 1;

/** Staff see one shop, owners of a firm its ten, and the brand's own people all of them. */
export async function hirePeople(ownerUrl: string, brand: Brand, count: number): Promise<Person[]> {
  const client = new pg.Client(ownerUrl);
  await client.connect();
  const db = new Database({ url: poolUrl(ownerUrl), connectionsMax: 1 });
  try {
    const people = Array.from({ length: count }, (_, at) => placeOf(at, brand));
    const column = <V>(pick: (person: Placed) => V) => people.map(pick);
    await client.query(`insert into users (id, name) select id, 'Person' from unnest($1::uuid[]) as person (id)`, [
      column(({ id }) => id),
    ]);
    await client.query(
      `insert into memberships (id, user_id, role, franchise_id, franchisee_id, location_id)
       select gen_random_uuid(), user_id, role, $1, franchisee_id, location_id
       from unnest($2::uuid[], $3::text[], $4::uuid[], $5::uuid[]) as given (user_id, role, franchisee_id, location_id)`,
      [
        brand.franchiseId,
        column(({ id }) => id),
        column(({ role }) => role),
        column(({ firm }) => firm),
        column(({ shop }) => shop),
      ],
    );
    const authenticator = createAuthenticator({ db, clock: systemClock, tokenSecret });
    return await Promise.all(
      people.map(async ({ id, sees }) => ({ token: await authenticator.issueToken(id), shops: sees })),
    );
  } finally {
    await db.close();
    await client.end();
  }
}

interface Placed {
  readonly id: string;
  readonly role: 'franchise_admin' | 'franchisee' | 'staff';
  readonly firm: string | null;
  readonly shop: string | null;
  readonly sees: readonly Shop[];
}

function placeOf(at: number, { shops }: Brand): Placed {
  const id = uuidv7();
  const inHundred = at % 100;
  if (inHundred < adminsInHundred) return { id, role: 'franchise_admin', firm: null, shop: null, sees: shops };
  const own = shops[at % shops.length];
  if (own === undefined) throw new Error('there are no shops');
  const firm = own.franchiseeId;
  if (inHundred >= adminsInHundred + ownersInHundred) {
    return { id, role: 'staff', firm, shop: own.locationId, sees: [own] };
  }
  return {
    id,
    role: 'franchisee',
    firm,
    shop: null,
    sees: shops.filter((shop) => shop.franchiseeId === firm),
  };
}
