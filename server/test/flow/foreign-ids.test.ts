// Two franchises, and two franchisees of one of them: whatever id of another's somebody puts into a request, in its path, its
// query or its body, the answer is the one for an id that does not exist, says nothing of the row, and nothing has changed.
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { addMembership, createApiKey, createUser } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { type Owned, plantOneRowOfEverything } from '../factories/one-row-of-everything.ts';
import { tenantTables } from '../harness/tenant-tables.ts';
import { startTestApp, type TestApp } from '../harness/test-app.ts';
import { ask, everyPlace, type Place } from './named-things.ts';
import { foreignRows, maySee, type RowOwner, readOwnedRows } from './row-owners.ts';
import type { TenantCaller } from './tenants.ts';

interface Answer {
  readonly status: number;
  readonly code: string | null;
  readonly text: string;
}

const founder = backgroundActor('test');
const places = everyPlace();
let app: TestApp;
let callers: TenantCaller[];
let rows: (RowOwner & { readonly id: string })[];
let owners: Map<string, RowOwner>;
/** As everything stood before anybody asked, and has to stand until the last tests. */
let untouched: unknown;

beforeAll(async () => {
  // Without the parts that work on by themselves, so that what changes was changed by a request.
  app = await startTestApp({ config: { roles: ['api', 'gateway'] } });
  const first = await plantOneRowOfEverything(app, { firm: true });
  const second = await plantOneRowOfEverything(app, { franchise: first.franchiseId, firm: true });
  const own = await plantOneRowOfEverything(app, { franchise: first.franchiseId, firm: false });
  const other = await plantOneRowOfEverything(app, { firm: true });
  callers = [
    await person('admin of a', whole(first)),
    await key('key of a', whole(first)),
    await person('admin of b', whole(other)),
    await key('key of b', whole(other)),
    await person('first firm', firm(first)),
    await key('key of the second firm', firm(second)),
    await person('manager of the second firm', shop(second)),
    await key("key of the brand's own shop", shop(own)),
  ];
  // Things that hang together, so that they can be read and settled.
  await app.rows(
    `update sync_conflicts c set entity_id = i.id from inventory_items i where i.location_id = c.location_id`,
  );
  await app.rows('update pos_day_proofs set vendor = $1, booked = $1', [{ count: 0, total: '0', tenders: [] }]);
  rows = await readOwnedRows(app.rows);
  // What hangs below a till is of those that have syncs: a request that needs both ids is given a pair that belongs together.
  const synced = new Set(rows.flatMap(({ table, id }) => (table === 'pos_syncs' ? [id] : [])));
  rows.sort((a, b) => Number(synced.has(b.id)) - Number(synced.has(a.id)));
  owners = new Map(rows.map((row) => [row.id, row]));
  untouched = await standing();
});
afterAll(() => app?.stop());

type Part = Pick<TenantCaller, 'franchiseId' | 'franchiseeId' | 'locationIds'>;
const whole = ({ franchiseId }: Owned): Part => ({ franchiseId, franchiseeId: null, locationIds: null });
const firm = ({ franchiseId, franchiseeId }: Owned): Part => ({ franchiseId, franchiseeId, locationIds: null });
const shop = ({ franchiseId, franchiseeId, locationId }: Owned): Part => {
  return { franchiseId, franchiseeId, locationIds: [locationId] };
};

async function person(name: string, part: Part): Promise<TenantCaller> {
  const [locationId] = part.locationIds ?? [];
  const place =
    locationId !== undefined
      ? ({ role: 'location_manager', locationId } as const)
      : part.franchiseeId !== null
        ? ({ role: 'franchisee', franchiseeId: part.franchiseeId } as const)
        : ({ role: 'franchise_admin', franchiseId: part.franchiseId } as const);
  const userId = await app.app.db.transaction(founder, async (tx) => {
    const { id } = await createUser(tx, { name });
    await addMembership(tx, { userId: id, place, at: new Date(0) });
    return id;
  });
  return { ...part, name, credential: await app.app.authenticator.issueToken(userId) };
}

async function key(name: string, part: Part): Promise<TenantCaller> {
  const { franchiseId, franchiseeId, locationIds } = part;
  const made = await app.app.db.transaction(founder, (tx) =>
    createApiKey(tx, {
      ...{ franchiseId, name, scopes: ['admin'], createdBy: founder.id },
      ...(franchiseeId !== null && { franchiseeId }),
      ...(locationIds !== null && { locationIds: [...locationIds] }),
    }),
  );
  return { ...part, name, credential: made.key, keyId: made.row.id };
}

/** Ids of a table's rows, of those the caller may see or of the others. */
function idsOf(caller: TenantCaller, tables: readonly string[], isTheirs: boolean): string[] {
  return rows.flatMap((row) => (tables.includes(row.table) && maySee(caller, row) === isTheirs ? [row.id] : []));
}

async function send(caller: TenantCaller, place: Place, id: string): Promise<Answer> {
  const own = (tables: readonly string[]) => idsOf(caller, tables, true)[0] ?? uuidv7();
  const { path, method, headers, body } = ask(place, id, own);
  const answer = await fetch(new URL(path, app.url), {
    method,
    headers: { ...headers, authorization: `Bearer ${caller.credential}` },
    ...(body !== undefined && { body }),
  });
  const text = await answer.text();
  const { code = null } = text === '' ? {} : (JSON.parse(text) as { code?: string });
  return { status: answer.status, code, text };
}

/** Everything of the tenants' that a request could have changed: how many rows, and which versions. */
async function standing(): Promise<unknown> {
  const counts: Record<string, unknown> = {};
  for (const table of Object.keys(tenantTables)) {
    // What is answered under a key is written down for whoever asked; it is nobody's row.
    if (table === 'idempotency_keys') continue;
    counts[table] = await app.rows(`select md5(string_agg(t::text, '|' order by t::text)) as all from ${table} t`);
  }
  return counts;
}

test('every id of every route is of a tenant table of which there are rows', () => {
  const tables = new Set(rows.map(({ table }) => table));
  expect(places.flatMap((place) => place.tables).filter((table) => !tables.has(table))).toEqual([]);
  expect(places.length).toBeGreaterThanOrEqual(40);
});

describe.each(places.map((place) => ({ ...place, title: `${place.method} ${place.path}` })))('$title', (place) => {
  test(`another's id as ${place.name} is answered as one that does not exist, and does nothing`, async () => {
    let refused = 0;
    for (const caller of callers) {
      const unknown = await send(caller, place, uuidv7());
      // Who lacks the right everywhere is told so before anything is looked up; everybody else finds nothing.
      expect([caller.name, unknown.status, unknown.text]).toEqual([
        caller.name,
        expect.toSatisfy((status: number) => status === 404 || status === 403),
        unknown.text,
      ]);
      for (const id of idsOf(caller, place.tables, false)) {
        const answer = await send(caller, place, id);
        const asUnknown = [caller.name, unknown.status, unknown.code];
        expect([caller.name, answer.status, answer.code], id).toEqual(asUnknown);
        // The refusal may repeat the caller's own words.
        expect(foreignRows(caller, answer.text.replaceAll(id, ''), owners)).toEqual([]);
        if (answer.status === 404) refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(0);
    expect(await standing()).toEqual(untouched);
  });
});

// Last, since the requests do what they say.
test.each(places)('$method $path finds the own thing by $name', async (place) => {
  const answers: Answer[] = [];
  for (const caller of callers) {
    const [id] = idsOf(caller, place.tables, true);
    if (id !== undefined) answers.push(await send(caller, place, id));
  }
  // A request that is refused for its form would have been so for any id, and the test above would have shown nothing.
  expect(answers.filter(({ status, code }) => status >= 500 || code?.startsWith('request.'))).toEqual([]);
  expect(answers.filter(({ status }) => ![401, 403, 404].includes(status))).not.toEqual([]);
});
