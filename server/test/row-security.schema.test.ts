/**
 * Isolation of tenants, read off the migrated schema itself: which tables are protected and how, what each database role
 * may do, and that a connection without an actor gets nothing. Then the same from outside: rows of several owners, read
 * through a small pool by all of them at once.
 */
import { sql } from 'kysely';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Caller, callerForUser, ingestActor } from '../src/identity/caller.ts';
import type { Role } from '../src/identity/roles.ts';
import { type Actor, backgroundActor, databaseRoles } from '../src/platform/actor.ts';
import { Database, type Tx } from '../src/platform/database.ts';
import { type Owned, plantOneRowOfEverything } from './factories/one-row-of-everything.ts';
import { furtherPolicies, ownTables, policiesOf, tenantTables, userTables } from './harness/tenant-tables.ts';
import { openTestDatabase, type TestDatabase } from './harness/test-database.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ connectionsMax: 5 });
});
afterAll(() => database.close());

const ourSchemas = `(select oid from pg_namespace where nspname !~ '^pg_' and nspname <> 'information_schema')`;
const columnsOfTenants = ['franchise_id', 'franchisee_id', 'location_id', 'recipient_id', 'user_id', 'scope_id'];

describe('the tables', () => {
  test('are each known here as a tenant table or as one of our own', async () => {
    const tables = await database.rows<{ name: string }>(
      `select relname as name from pg_class
       where relkind in ('r', 'p') and not relispartition and relnamespace in ${ourSchemas}`,
    );
    expect(tables.map(({ name }) => name).sort()).toEqual([...Object.keys(tenantTables), ...ownTables].sort());
    const owners = await database.rows(
      `select attrelid::regclass::text as table, attname as column from pg_attribute
       where attrelid = any($1::regclass[]) and attname = any($2)`,
      [ownTables, columnsOfTenants],
    );
    expect(owners).toEqual([]);
  });

  test('of tenants have row security enabled and forced', async () => {
    const tables = await database.rows<{ name: string }>(
      'select relname as name from pg_class where relrowsecurity and relforcerowsecurity',
    );
    expect(tables.map(({ name }) => name).sort()).toEqual(Object.keys(tenantTables).sort());
  });

  test.each(Object.keys(tenantTables))('%s has the policies of its kind and no other', async (table) => {
    const policies = await database.rows<{ policy: string; permissive: string }>(
      `select permissive, policyname || ' ' || cmd || ' ' ||
         array_to_string(array(select case r when current_user then 'owner' else r end from unnest(roles) r order by 1), ',')
         as policy from pg_policies where tablename = $1`,
      [table],
    );
    const ownership = tenantTables[table];
    if (ownership === undefined) throw new Error(`${table} is no tenant table`);
    const expected = [...policiesOf[ownership], ...(furtherPolicies[table] ?? [])];
    expect(policies.map(({ policy }) => policy).sort()).toEqual(expected.sort());
    expect(policies.every(({ permissive }) => permissive === 'PERMISSIVE')).toBe(true);
  });

  test('compare with settings once a statement, never once a row', async () => {
    const policies = await database.rows<{ table: string; text: string }>(
      `select tablename as table, coalesce(qual, '') || ' ' || coalesce(with_check, '') as text from pg_policies`,
    );
    const once = /SELECT \(?\(?NULLIF\(current_setting\('app\.\w+'::text, true\), ''::text\)\)?::uuid(\[\])?/g;
    for (const { table, text } of policies) expect(text.replaceAll(once, ''), table).not.toContain('current_setting');
    expect(policies.filter(({ text }) => text.match(once)).length).toBeGreaterThan(20);
  });

  test('are not to be had past their policies through a view or a function of their owner', async () => {
    const ways = await database.rows(
      `select relname as name from pg_class where relkind in ('v', 'm') and relnamespace in ${ourSchemas}
       union all select proname from pg_proc where prosecdef and pronamespace in ${ourSchemas}`,
    );
    expect(ways).toEqual([]);
  });
});

describe('the database roles', () => {
  const login = () => decodeURIComponent(new URL(database.url).username);

  test('and the login are neither superuser nor exempt from row security, and own nothing', async () => {
    const names = [...databaseRoles, login()];
    const roles = await database.rows(
      `select rolname from pg_roles where rolname = any($1)
         and not (rolsuper or rolbypassrls or rolcreaterole or rolcreatedb or rolreplication or rolinherit)`,
      [names],
    );
    expect(roles).toHaveLength(names.length);
    const owned = await database.rows(
      `select relname as name from pg_class join pg_roles r on r.oid = relowner where rolname = any($1)
       union all select nspname from pg_namespace join pg_roles r on r.oid = nspowner where rolname = any($1)
       union all select proname from pg_proc join pg_roles r on r.oid = proowner where rolname = any($1)
       union all select datname from pg_database join pg_roles r on r.oid = datdba where rolname = any($1)`,
      [names],
    );
    expect(owned).toEqual([]);
  });

  test('belong to no role, and the login only to the four, which it must take to have a right', async () => {
    const memberships = await database.rows<{ member: string; role: string }>(
      `select m.rolname as member, r.rolname as role from pg_auth_members a
       join pg_roles m on m.oid = a.member join pg_roles r on r.oid = a.roleid where m.rolname = any($1)`,
      [[...databaseRoles, login()]],
    );
    const expected = databaseRoles.map((role) => ({ member: login(), role }));
    const byRole = (a: { role: string }, b: { role: string }) => a.role.localeCompare(b.role);
    expect(memberships.sort(byRole)).toEqual(expected.sort(byRole));
    const inherited = await database.rows(
      `select role from unnest($1::text[]) role where pg_has_role($2, role, 'usage') or not pg_has_role($2, role, 'member')`,
      [[...databaseRoles], login()],
    );
    expect(inherited).toEqual([]);
  });

  test('have no right on a partition, which does not inherit row security', async () => {
    const partitions = await database.rows<{ rights: boolean }>(
      `select bool_or(has_table_privilege(role, oid, 'select,insert,update,delete,truncate,references,trigger')
         or has_any_column_privilege(role, oid, 'select,insert,update,references')) as rights
       from pg_class, unnest($1::text[]) role
       where relispartition and relkind in ('r', 'p') and relnamespace in ${ourSchemas} group by oid`,
      [[...databaseRoles, login(), 'public']],
    );
    expect(partitions.length).toBeGreaterThanOrEqual(9);
    expect(partitions.every(({ rights }) => !rights)).toBe(true);
  });

  test('none, the login and everybody have no right on any table or sequence', async () => {
    const rights = await database.rows(
      `select relname, role from pg_class, unnest($1::text[]) role
       where relkind in ('r', 'p', 'v', 'm', 'f') and relnamespace in ${ourSchemas}
         and (has_table_privilege(role, oid, 'select,insert,update,delete,truncate,references,trigger')
           or has_any_column_privilege(role, oid, 'select,insert,update,references'))
       union all select relname, role from pg_class, unnest($1::text[]) role
       where relkind = 'S' and relnamespace in ${ourSchemas} and has_sequence_privilege(role, oid, 'usage,select,update')`,
      [['tillstream_none', login(), 'public']],
    );
    expect(rights).toEqual([]);
    const creating = await database.rows(
      `select role from unnest($1::text[]) role where has_schema_privilege(role, 'public', 'create')
         or has_database_privilege(role, current_database(), 'create')`,
      [[...databaseRoles, login()]],
    );
    expect(creating).toEqual([]);
  });

  test('never rewrite the log or the ledger, never truncate, and delete only what is not kept', async () => {
    const rights = await database.rows<{ right: string }>(
      `select relname || ' ' || kind || ' ' || role as right
       from pg_class, unnest($1::text[]) role, unnest('{update,delete,truncate}'::text[]) kind
       where relkind in ('r', 'p') and relnamespace in ${ourSchemas}
         and (has_table_privilege(role, oid, kind) or (kind = 'update' and has_any_column_privilege(role, oid, kind)))`,
      [[...databaseRoles]],
    );
    const held = rights.map(({ right }) => right);
    expect(held.filter((right) => /^(sync_events|stock_movements) /.test(right))).toEqual([]);
    expect(held.filter((right) => right.includes(' truncate '))).toEqual([]);
    const deletes = held.filter((right) => right.includes(' delete ')).map((right) => right.split(' ')[0]);
    expect([...new Set(deletes)].sort()).toEqual([
      'idempotency_keys',
      'import_checkpoints',
      'memberships',
      'pos_consents',
      'pos_hints',
      'pos_proof_sales',
      'pos_transaction_items',
      'pos_vendor_places',
      'pos_webhook_messages',
      'product_mappings',
      'unmapped_lines',
    ]);
  });
});

describe('without an actor', () => {
  const tables = Object.keys(tenantTables);
  const denied = { code: '42501' };

  test('the login itself is refused every table', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      for (const table of [...tables, ...ownTables]) {
        await expect(client.query(`select from ${table}`), table).rejects.toMatchObject(denied);
      }
    } finally {
      await client.end();
    }
  });

  test('SQL outside transaction() is refused, on a fresh connection of the pool and on a used one', async () => {
    const db = new Database({ url: database.url, connectionsMax: 1 });
    // Ending the transaction by hand leaves the connection as it is between two transactions of the pool.
    const outside = (table: string) =>
      db.transaction(backgroundActor('test'), async (tx) => {
        await sql`commit`.execute(tx);
        const { rows } = await sql<{ role: string }>`select current_user as role`.execute(tx);
        expect(rows).toEqual([{ role: 'tillstream_none' }]);
        await sql`select from ${sql.table(table)}`.execute(tx);
      });
    try {
      await expect(outside('franchises'), 'fresh').rejects.toMatchObject(denied);
      const actor = ingestActor({ locationIds: [], franchiseIds: [] });
      await db.transaction(actor, (tx) => sql`select from franchises`.execute(tx));
      for (const table of tables) await expect(outside(table), table).rejects.toMatchObject(denied);
    } finally {
      await db.close();
    }
  });

  test('a role whose settings were never set, or are empty, sees no row of anybody', async () => {
    await plantOneRowOfEverything(database, { firm: true });
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      for (const state of ['never set', 'empty']) {
        for (const role of ['tillstream_user', 'tillstream_ingest']) {
          await client.query(`set role ${role}`);
          for (const table of tables) {
            const { rows } = await client.query(`select has_table_privilege($1, 'select') as readable`, [table]);
            if (!rows[0].readable) continue;
            const { rowCount } = await client.query(`select from ${table}`);
            expect(rowCount, `${table} by ${role}, settings ${state}`).toBe(0);
          }
        }
        for (const name of ['franchises', 'franchisees', 'locations', 'memberships', 'user']) {
          await client.query(`select set_config($1, '', false)`, [`app.${name}`]);
        }
      }
    } finally {
      await client.end();
    }
  });
});

describe('rows of two brands and of two franchisees of one of them', () => {
  const owned: Owned[] = [];
  beforeAll(async () => {
    const first = await plantOneRowOfEverything(database, { firm: true });
    const second = await plantOneRowOfEverything(database, { firm: true, franchise: first.franchiseId });
    owned.push(first, second, await plantOneRowOfEverything(database, { firm: true }));
    owned.push(await plantOneRowOfEverything(database, { firm: false }));
  });

  const callerAs = (role: Role, place: Owned): Caller => {
    const { userId, franchiseId, franchiseeId, locationId } = place;
    const membership = {
      franchise_admin: { role, franchiseId, franchiseeId: null, locationId: null },
      franchisee: { role, franchiseId, franchiseeId, locationId: null },
      location_manager: { role, franchiseId, franchiseeId, locationId },
      staff: { role, franchiseId, franchiseeId, locationId },
    }[role];
    return callerForUser({ userId, memberships: [membership], expiresAt: null });
  };

  /** Which of the planted owners' rows a table shows; brand-wide tables go by franchise. */
  async function seen(tx: Tx, table: string): Promise<Owned[]> {
    const column = { franchises: 'id', franchisees: 'id', locations: 'id', users: 'id' }[table];
    const ownership = tenantTables[table];
    const byPerson = table === 'users' ? 'id' : 'recipient_id';
    const byPlace = ownership === 'brand' ? 'franchise_id' : ownership === 'tenant' ? 'franchisee_id' : 'location_id';
    const key = column ?? (ownership === 'person' ? byPerson : byPlace);
    const { rows } = await sql<{ key: string | null }>`select ${sql.ref(key)} as key from ${sql.table(table)}`.execute(
      tx,
    );
    const keys = new Set(rows.map((row) => row.key));
    return owned.filter(({ franchiseId, franchiseeId, locationId, userId }) => {
      if (ownership === 'brand') return keys.has(franchiseId);
      if (ownership === 'person') return keys.has(userId);
      if (ownership === 'tenant') return franchiseeId !== null && keys.has(franchiseeId);
      return keys.has(locationId);
    });
  }

  /** Whose rows a caller must see: its own, and of what else its role stands over. */
  function expectedOwners(caller: Caller, table: string): Owned[] {
    const { franchises, franchisees, locations, memberships, userId } = caller.reach;
    const ownership = tenantTables[table];
    return owned.filter((place) => {
      const inBrand = franchises.includes(place.franchiseId);
      const inFirm = place.franchiseeId !== null && franchisees.includes(place.franchiseeId);
      const inShop = locations.includes(place.locationId);
      if (ownership === 'brand') return memberships.includes(place.franchiseId);
      if (table === 'notification_queue') return place.userId === userId;
      if (table === 'users') return inBrand || inFirm || inShop;
      // A shop's people see which firm runs it, and none of its keys.
      if (ownership === 'tenant') {
        return place.franchiseeId !== null && (inBrand || inFirm || (table === 'franchisees' && inShop));
      }
      return inBrand || inFirm || inShop;
    });
  }

  test('are each seen by their own people, in every table', async () => {
    for (const place of owned) {
      const caller = callerAs('franchise_admin', place);
      for (const table of userTables) {
        if (place.franchiseeId === null && tenantTables[table] === 'tenant') continue;
        const places = await database.db.transaction(caller, (tx) => seen(tx, table));
        expect(places, table).toContainEqual(place);
      }
    }
  });

  test('are seen by nobody else in 1,000 interleaved transactions on five connections', async () => {
    const roles: Role[] = ['franchise_admin', 'franchisee', 'location_manager', 'staff'];
    const tables = userTables;
    let next = 0;
    const wrong: string[] = [];
    const work = async () => {
      for (let turn = next++; turn < 1000; turn = next++) {
        const place = owned[turn % owned.length];
        const role = roles[Math.floor(turn / owned.length) % roles.length];
        const table = tables[turn % tables.length];
        if (!place || !role || !table) throw new Error('nothing to ask');
        if (role === 'franchisee' && place.franchiseeId === null) continue;
        const caller = callerAs(role, place);
        const places = await database.db.transaction(caller, (tx) => seen(tx, table));
        const expected = expectedOwners(caller, table);
        const same = places.length === expected.length && places.every((each) => expected.includes(each));
        if (!same) wrong.push(`${role} ${owned.indexOf(place)} saw ${table} of ${places.map((p) => owned.indexOf(p))}`);
      }
    };
    await Promise.all(Array.from({ length: 20 }, work));
    expect(wrong).toEqual([]);
  });

  test('that only the background reads are refused to everybody else', async () => {
    const [place] = owned;
    if (!place) throw new Error('nothing was planted');
    const batch = ingestActor({ locationIds: [place.locationId], franchiseIds: [place.franchiseId] });
    for (const table of Object.keys(tenantTables).filter((name) => !userTables.includes(name))) {
      const asked = sql`select from ${sql.table(table)}`;
      for (const actor of [callerAs('franchise_admin', place), batch]) {
        await expect(database.db.transaction(actor, (tx) => asked.execute(tx))).rejects.toMatchObject({
          code: '42501',
        });
      }
      const { rows } = await database.db.transaction(backgroundActor('test'), (tx) => asked.execute(tx));
      expect(rows.length).toBeGreaterThan(0);
    }
  });

  test('are written by nobody else, whatever the row claims', async () => {
    const [mine, neighbour, foreign] = owned;
    if (!mine || !neighbour || !foreign) throw new Error('nothing was planted');
    const move = (actor: Actor, place: Owned) =>
      database.db.transaction(actor, (tx) =>
        sql`insert into stock_movements (location_id, franchise_id, franchisee_id, inventory_item_id, product_id, id,
              movement_type, quantity, reference_type, reference_id, performed_by, occurred_at)
            select ${place.locationId}::uuid, ${place.franchiseId}::uuid, ${place.franchiseeId}::uuid, id, id, id, 'in', 1,
              'adjustment', id, 'test', now() from (select gen_random_uuid() as id) new`.execute(tx),
      );
    const batch = ingestActor({ locationIds: [mine.locationId], franchiseIds: [mine.franchiseId] });
    for (const actor of [callerAs('location_manager', mine), callerAs('franchisee', mine), batch]) {
      await expect(move(actor, mine), actor.id).resolves.toBeDefined();
      for (const place of [neighbour, foreign]) {
        await expect(move(actor, place), actor.id).rejects.toMatchObject({ code: '42501' });
      }
    }
    const updated = await database.db.transaction(callerAs('franchise_admin', mine), (tx) =>
      sql`update inventory_items set reorder_level = 1 where location_id = ${foreign.locationId}::uuid`.execute(tx),
    );
    expect(updated.numAffectedRows).toBe(0n);
  });

  test('are seen by a group commit of several shops for exactly those shops', async () => {
    const batchOf = owned.slice(0, 3).filter((_, index) => index !== 1);
    const actor = ingestActor({
      locationIds: batchOf.map((place) => place.locationId),
      franchiseIds: batchOf.map((place) => place.franchiseId),
    });
    for (const table of ['locations', 'inventory_items', 'pos_systems', 'pos_transactions', 'sync_errors']) {
      expect(await database.db.transaction(actor, (tx) => seen(tx, table)), table).toEqual(batchOf);
    }
    const brands = new Set(batchOf.map((place) => place.franchiseId));
    const products = await database.db.transaction(actor, (tx) => seen(tx, 'products'));
    expect(products).toEqual(owned.filter((place) => brands.has(place.franchiseId)));
  });
});
