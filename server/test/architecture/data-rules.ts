/** Where SQL may stand, and whose tables it may write. */
import { inSlices } from './arrows.ts';
import { at, isTest, type Module, type Project, type Rule } from './project.ts';
import { sqlFragments, writtenTables } from './sql-fragments.ts';

const inServer = (module: Module) => module.path.startsWith('server/src/') && !isTest(module.path);

const places: Rule = {
  name: 'SQL stands in queries.ts, in events/ and in platform/',
  check: ({ modules }) =>
    modules
      .filter((module) => inServer(module) && !/\/(platform|events)\/|\/queries\.ts$/.test(module.path))
      .flatMap((module) =>
        sqlFragments(module).map((found) => at(module, found.start, `"${found.text.trim().slice(0, 40)}"`)),
      ),
  broken: [
    { 'server/src/domains/pos/routes.ts': 'const one = sql`select 1`;' },
    { 'server/src/identity/sign-in.ts': 'export const f = (tx: Tx) => sql.raw("select 1").execute(tx);' },
    { 'server/src/domains/pos/ingest-sales.ts': "tx.selectFrom('products');" },
    { 'server/src/app.ts': "await client.query('select 1');" },
  ],
  kept: {
    'server/src/domains/pos/queries.ts': "export const all = (tx: Tx) => tx.selectFrom('products');",
    'server/src/domains/pos/routes.ts': 'app.get("/x", (request) => request.query.limit);',
  },
};

const oneAppend: Rule = {
  name: 'events enter the log through events/append.ts alone',
  check: ({ modules }) =>
    modules
      .filter((module) => inServer(module) && module.path !== 'server/src/events/append.ts')
      .flatMap((module) =>
        sqlFragments(module)
          .filter((found) => /insert\s+into\s+(\w+\.)?"?sync_events\b/i.test(found.text))
          .map((found) => at(module, found.start, 'inserts into sync_events')),
      ),
  broken: [
    { 'server/src/domains/pos/queries.ts': 'sql`with x as (select 1) insert into sync_events (id) select 1`;' },
    { 'server/src/events/relay.ts': "tx.insertInto('sync_events');" },
  ],
  kept: { 'server/src/events/append.ts': 'sql`insert into sync_events (id) values (1)`;' },
};

const noWakeUps: Rule = {
  name: 'neither domains nor events use LISTEN or NOTIFY, which take one lock for the whole cluster at commit',
  check: ({ tree, modules }) => [
    ...modules
      .filter((module) => inSlices(module, ['domains', 'events']))
      .flatMap((module) =>
        sqlFragments(module)
          .filter((found) => wakesUp(found.text))
          .map((found) => at(module, found.start, found.text.trim().slice(0, 40))),
      ),
    ...Object.keys(tree).filter((path) => path.endsWith('.sql') && wakesUp(tree[path] ?? '')),
  ],
  broken: [
    { 'server/src/events/append.ts': "sql`select pg_notify('events', '')`;" },
    { 'server/src/domains/pos/queries.ts': 'client.query("listen sales");' },
    {
      'server/migrations/0002_wake.sql': "create function f() as $$ begin\n  perform pg_notify('events', ''); end $$;",
    },
  ],
  kept: {
    'server/src/events/bus.ts': "server.listen(0); log('notify');",
    'server/migrations/0002_wake.sql': '-- Why: nothing here may pg_notify.\nselect 1;',
  },
};

function wakesUp(sql: string): boolean {
  return /\bpg_notify\b|^\s*(un)?(listen|notify)\s/im.test(sql.replace(/--.*$/gm, ''));
}

const owners: Rule = {
  name: 'a slice writes only the tables that its index.ts names under "Tables owned:"',
  check(project) {
    return project.modules
      .filter((module) => inSlices(module, ['domains', 'delivery']))
      .flatMap((module) => {
        const owned = tablesOwned(project, sliceOf(module.path));
        return sqlFragments(module).flatMap((found) =>
          writtenTables(found)
            .filter((table) => !owned.has(table))
            .map((table) => at(module, found.start, `writes ${table}, which ${sliceOf(module.path)} does not own`)),
        );
      });
  },
  broken: [
    {
      'server/src/delivery/notifications/index.ts': '// Tables owned: `notification_queue`.\nexport {};',
      'server/src/delivery/notifications/queries.ts': 'sql`update inventory_items set current_stock = 0`;',
    },
    { 'server/src/delivery/realtime/queries.ts': "tx.insertInto('sessions');" },
    {
      'server/src/domains/pos/index.ts': '// Tables owned: pos_systems.',
      'server/src/domains/pos/queries.ts': 'sql`delete from only stock_alerts`;',
    },
  ],
  kept: {
    'server/src/delivery/notifications/index.ts':
      '/**\n * The follower.\n * Tables owned: `notification_queue`,\n * `push_subscriptions` and `follower_positions`. Events appended: none.\n */',
    'server/src/delivery/notifications/queries.ts':
      'sql`insert into notification_queue (id) values (1) on conflict (id) do update set id = 2`;' +
      'sql`update "push_subscriptions" set x = 1`; sql`select 1 from products for no key update of products`;',
  },
};

const oneOwner: Rule = {
  name: 'no table has two owners',
  check(project) {
    const ownerOf = new Map<string, string>();
    return slicesOf(project).flatMap((slice) =>
      [...tablesOwned(project, slice)].flatMap((table) => {
        const other = ownerOf.get(table);
        ownerOf.set(table, slice);
        return other === undefined ? [] : [`${slice} and ${other} both own ${table}`];
      }),
    );
  },
  broken: [
    {
      'server/src/domains/pos/index.ts': '// Tables owned: products, pos_systems.',
      'server/src/domains/inventory/index.ts': '// Tables owned: products.',
    },
  ],
  kept: {
    'server/src/domains/pos/index.ts': '// Tables owned: pos_systems.',
    'server/src/domains/inventory/index.ts': '// Tables owned: products.',
  },
};

function sliceOf(path: string): string {
  return path.split('/').slice(0, 4).join('/');
}

function slicesOf({ tree }: Project): string[] {
  return [
    ...new Set(
      Object.keys(tree)
        .filter((path) => /^server\/src\/(domains|delivery)\//.test(path))
        .map(sliceOf),
    ),
  ];
}

/** Reads the sentence "Tables owned: a, b and c." of the door's comment. */
function tablesOwned({ modules }: Project, slice: string): Set<string> {
  const door = modules.find((module) => module.path === `${slice}/index.ts`);
  // Line comments arrive one by one: together they are one paragraph again.
  const prose = (door?.comments ?? []).map((comment) => comment.value.replace(/^\s*\*/gm, '')).join('\n');
  const sentence = /Tables owned:([^.]*)/.exec(prose)?.[1] ?? '';
  return new Set(sentence.match(/[a-z][a-z_0-9]+/g)?.filter((word) => !['and', 'none'].includes(word)) ?? []);
}

export const dataRules: readonly Rule[] = [places, oneAppend, noWakeUps, owners, oneOwner];
