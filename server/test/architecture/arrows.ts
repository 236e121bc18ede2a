/** Who may import whom: the bands of the server, the workspaces, and no circles. */
import { posix } from 'node:path';
import { isTest, type Module, type Project, type Rule } from './project.ts';

/** Bands in the order of the flow; a file imports its own slice and bands below it. The two in the middle never meet. */
const rank = { platform: 0, events: 1, identity: 2, domains: 3, delivery: 3, app: 4 } as const;
type Band = keyof typeof rank;

const sliceArrows: Readonly<Record<string, readonly string[]>> = {
  pos: ['inventory'],
  purchasing: ['inventory', 'approvals'],
  invoicing: ['purchasing', 'approvals'],
};

type Place = { readonly band: Band; readonly slice: string; readonly isDoor: boolean };

function placeOf(path: string): Place | undefined {
  const [workspace, source, band, slice, ...rest] = path.split('/');
  if (workspace !== 'server' || source !== 'src' || band === undefined) return undefined;
  if (band === 'domains' || band === 'delivery') {
    return { band, slice: slice ?? '', isDoor: rest.length === 1 && rest[0] === 'index.ts' };
  }
  if (band === 'platform' || band === 'events' || band === 'identity') return { band, slice: band, isDoor: true };
  // The files beside the bands (app, main, config, the command line) put them together.
  return { band: 'app', slice: 'app', isDoor: true };
}

function refusal(from: Place, to: Place): string | undefined {
  if (from.band === to.band && from.slice === to.slice) return undefined;
  if (from.band === 'domains' && to.band === 'domains') {
    if (!(sliceArrows[from.slice] ?? []).includes(to.slice)) return `${from.slice} must not know ${to.slice}`;
    return to.isDoor ? undefined : `${to.slice} is entered through its index.ts`;
  }
  if (rank[to.band] < rank[from.band]) return undefined;
  if (from.band === to.band) return `${from.slice} and ${to.slice} share only the log`;
  return `${from.band} must not know ${to.band}`;
}

const bands: Rule = {
  name: 'platform <- events <- identity <- { domains | delivery } <- app, and domains meet at their doors, one way',
  check: ({ modules }) =>
    modules
      .filter((module) => !isTest(module.path))
      .flatMap((module) =>
        module.imports.flatMap((used) => {
          const from = placeOf(module.path);
          const to = used.target === undefined ? undefined : placeOf(used.target);
          const why = from === undefined || to === undefined ? undefined : refusal(from, to);
          return why === undefined ? [] : [`${module.path}:${used.line} imports ${used.specifier}: ${why}`];
        }),
      ),
  broken: [
    planted('server/src/platform/clock.ts', 'server/src/events/append.ts'),
    planted('server/src/events/append.ts', 'server/src/identity/permissions.ts'),
    planted('server/src/identity/permissions.ts', 'server/src/domains/pos/index.ts'),
    planted('server/src/domains/pos/ingest-sales.ts', 'server/src/delivery/realtime/index.ts'),
    planted('server/src/delivery/realtime/gateway.ts', 'server/src/domains/pos/index.ts'),
    planted('server/src/delivery/realtime/gateway.ts', 'server/src/delivery/webhooks/index.ts'),
    planted('server/src/domains/inventory/adjust-stock.ts', 'server/src/domains/pos/index.ts'),
    planted('server/src/domains/pos/ingest-sales.ts', 'server/src/domains/inventory/queries.ts'),
    planted('server/src/domains/pos/ingest-sales.ts', 'server/src/config.ts'),
  ],
  kept: {
    ...planted('server/src/domains/pos/ingest-sales.ts', 'server/src/domains/inventory/index.ts'),
    ...planted('server/src/delivery/realtime/gateway.ts', 'server/src/identity/permissions.ts'),
    ...planted('server/src/app.ts', 'server/src/delivery/notifications/index.ts'),
  },
};

/** Two files, the first of which imports a type of the second. */
function planted(from: string, to: string): Record<string, string> {
  const specifier = posix.relative(posix.dirname(from), to);
  const relative = specifier.startsWith('.') ? specifier : `./${specifier}`;
  return { [from]: `import type { X } from '${relative}';\nexport type Y = X;\n`, [to]: 'export type X = 1;\n' };
}

const cycles: Rule = {
  name: 'no file imports itself by a detour, not even a type',
  check: (project) => findCycles(project).map((cycle) => `${cycle.join(' -> ')} -> ${cycle[0]}`),
  broken: [
    {
      ...planted('server/src/events/a.ts', 'server/src/events/b.ts'),
      'server/src/events/b.ts': "export * from './a.ts';",
    },
    {
      'client/src/a.ts': "export const a = () => import('./b.ts');",
      'client/src/b.ts': "export { c } from './c.ts';",
      'client/src/c.ts': "export type C = import('./a.ts').A; export const c = 1;",
    },
  ],
  kept: {
    'client/src/a.ts': "export * from './b.ts'; export * from './c.ts';",
    'client/src/b.ts': "export { c as b } from './c.ts';",
    'client/src/c.ts': 'export const c = 1;',
  },
};

/** Depth first; a file met again on the way down closes a circle. One circle an entry point suffices to find them all. */
function findCycles({ modules }: Project): string[][] {
  const importsOf = new Map(
    modules.map((module) => [module.path, module.imports.flatMap((used) => used.target ?? [])]),
  );
  const finished = new Set<string>();
  const found: string[][] = [];
  const follow = (path: string, way: readonly string[]) => {
    const met = way.indexOf(path);
    if (met !== -1) found.push(way.slice(met));
    if (met !== -1 || finished.has(path)) return;
    for (const next of importsOf.get(path) ?? []) follow(next, [...way, path]);
    finished.add(path);
  };
  for (const path of importsOf.keys()) follow(path, []);
  return found;
}

const workspaces = ['client/codegen', 'server', 'client', 'dashboard', 'simulators', 'bench'];
const workspaceOf = (path: string) => workspaces.find((name) => path.startsWith(`${name}/`));

const walls: Rule = {
  name: 'workspaces meet as packages: sources never reach into another one, and tests never become sources',
  check: ({ modules }) =>
    modules.flatMap((module) =>
      module.imports.flatMap((used) => {
        const place = `${module.path}:${used.line} imports ${used.specifier}`;
        if (isTest(module.path)) return [];
        if (/(^|\/)\.\.\/(server|client|dashboard|simulators|bench)\//.test(used.specifier)) return [place];
        if (used.target === undefined) return [];
        if (isTest(used.target)) return [`${place}: a test's file in production`];
        return workspaceOf(used.target) === workspaceOf(module.path) ? [] : [place];
      }),
    ),
  broken: [
    planted('client/src/http.ts', 'server/src/domains/pos/schema.ts'),
    { 'client/src/http.ts': "import '../../server/src/main.ts';" },
    planted('dashboard/src/main.tsx', 'client/src/index.ts'),
    planted('server/src/app.ts', 'server/test/harness/manual-clock.ts'),
  ],
  kept: planted('client/test/resume.test.ts', 'server/test/harness/test-app.ts'),
};

/** What each workspace may use of the others. The dashboard sees what any customer's program sees, and nothing else. */
const packagesFor: Readonly<Record<string, readonly string[]>> = {
  server: ['@tillstream/simulators', '@tillstream/simulators/vendors', '@tillstream/client'],
  simulators: ['@tillstream/client'],
  dashboard: ['@tillstream/client'],
  client: [],
  // It measures the server from outside, on a database of its own.
  bench: [
    '@tillstream/client',
    '@tillstream/simulators',
    '@tillstream/simulators/vendors',
    '@tillstream/server/embedded-postgres',
    '@tillstream/server/measured',
  ],
};

const packages: Rule = {
  name: 'the client knows nobody, the dashboard and the simulators only the client',
  check: ({ modules }) =>
    modules
      .filter((module) => !isTest(module.path))
      .flatMap((module) =>
        module.imports
          .filter((used) => used.specifier.startsWith('@tillstream/'))
          .filter((used) => {
            const allowed = packagesFor[workspaceOf(module.path) ?? ''] ?? [];
            // Exactly the package: a path into it would go around its index.ts.
            return !allowed.includes(used.specifier);
          })
          .map((used) => `${module.path}:${used.line} imports ${used.specifier}`),
      ),
  broken: [
    { 'client/src/http.ts': "import '@tillstream/server';" },
    { 'dashboard/src/main.tsx': "import type { Sale } from '@tillstream/simulators';" },
    { 'dashboard/src/main.tsx': "import { http } from '@tillstream/client/src/http.ts';" },
  ],
  kept: { 'dashboard/src/main.tsx': "import { createTillstream } from '@tillstream/client';" },
};

export const arrowRules: readonly Rule[] = [bands, cycles, walls, packages];

/** For rules about one part of the server. */
export function inSlices(module: Module, wanted: readonly Band[]): boolean {
  const place = placeOf(module.path);
  return place !== undefined && wanted.includes(place.band) && !isTest(module.path);
}
