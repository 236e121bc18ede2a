// Tenants side by side on five database connections: whatever they ask for, and however their requests take turns on a
// connection, nobody is shown a row that is not theirs, and a group commit that mixes them writes each row where it belongs.
import { type Random, randomFor } from '@tillstream/simulators';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/test-app.ts';
import { type Connection, openConnection, overConnections } from './connections.ts';
import { foreignRows, maySee, readRowOwners } from './row-owners.ts';
import { settleTenants, type TenantCaller, type TenantShop, type Tenants } from './tenants.ts';

const requestCount = 1000;

interface Job {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
  /** The row that the path names; a foreign one must be answered as if it were not there. */
  readonly target?: string;
}

interface Asked {
  readonly caller: TenantCaller;
  readonly job: Job;
  readonly status: number;
  readonly answer: string;
}

const random = randomFor('row security');
let app: TestApp;
let tenants: Tenants;
const connections = new Map<TenantCaller, Connection[]>();
const asked: Asked[] = [];

beforeAll(async () => {
  app = await startTestApp({ connectionsMax: 5 });
  tenants = await settleTenants(app, random);
  for (const caller of tenants.callers) {
    connections.set(
      caller,
      [0, 1].map(() => openConnection(app.url, caller.credential)),
    );
  }
  // Something to see for everybody, before the questions begin.
  await Promise.all(tenants.shops.map((shop, n) => ask(ownerOf(shop), salesJob(shop, `first ${n}`))));
  const jobs = await Promise.all(tenants.callers.map(async (caller) => ({ caller, jobs: jobsOf(await knownRows()) })));
  await Promise.all(jobs.map((own) => askAll(own.caller, own.jobs)));
});

afterAll(async () => {
  for (const connection of [...connections.values()].flat()) connection.close();
  await app?.stop();
});

const ownerOf = (shop: TenantShop) => {
  const owner = tenants.callers.find(
    ({ franchiseId, franchiseeId }) => franchiseId === shop.franchiseId && franchiseeId === null,
  );
  if (!owner) throw new Error('a brand has no owner');
  return owner;
};

async function askAll(caller: TenantCaller, jobs: readonly Job[]): Promise<void> {
  await overConnections(connections.get(caller) ?? [], jobs, (connection, job) => askOver(connection, caller, job));
}

const ask = (caller: TenantCaller, job: Job) => askAll(caller, [job]);

async function askOver(connection: Connection, caller: TenantCaller, job: Job): Promise<void> {
  const { status, body } =
    job.method === 'GET' ? await connection.get(job.path) : await connection.post(job.path, job.body);
  asked.push({ caller, job, status, answer: JSON.stringify(body ?? null) });
}

let sales = 0;

/** Three sales of the article that every brand has under the same number. */
function salesJob(shop: TenantShop, name: string): Job {
  const transactions = [1, 2, 3].map((quantity) => ({
    externalId: `${name} ${++sales}`,
    occurredAt: '2026-06-19T12:00:00Z',
    total: 2 * quantity,
    currency: 'USD',
    lines: [{ sku: shop.sku, quantity, unitPrice: 2, total: 2 * quantity }],
  }));
  const path = `/v1/pos-systems/${shop.posSystemId}/transactions`;
  return { method: 'POST', path, body: { transactions }, target: shop.posSystemId };
}

interface KnownRows {
  readonly transactions: readonly string[];
}

const knownRows = async (): Promise<KnownRows> => {
  const rows = await app.rows<{ id: string }>('select id from pos_transactions order by id');
  return { transactions: rows.map(({ id }) => id) };
};

/** One caller's share of the questions: lists, and things by their ids, most of which are somebody else's. */
function jobsOf(known: KnownRows): Job[] {
  const count = Math.ceil(requestCount / tenants.callers.length);
  return Array.from({ length: count }, () => randomJob(random, known));
}

function randomJob(from: Random, known: KnownRows): Job {
  const shop = pick(from, tenants.shops);
  const transaction = pick(from, known.transactions);
  const product = pick(from, shop.productIds);
  const get = (path: string, target?: string): Job => ({ method: 'GET', path, ...(target ? { target } : {}) });
  const jobs: readonly (() => Job)[] = [
    () => get('/v1/franchises'),
    () => get('/v1/franchisees'),
    () => get('/v1/locations'),
    () => get('/v1/products'),
    () => get('/v1/pos-systems'),
    () => get('/v1/api-keys'),
    () => get('/v1/sync-errors'),
    () => get('/v1/notifications'),
    () => get('/v1/events?limit=500'),
    () => get('/v1/me'),
    () => get(`/v1/locations/${shop.locationId}`, shop.locationId),
    () => get(`/v1/locations/${shop.locationId}/stock`, shop.locationId),
    () => get(`/v1/locations/${shop.locationId}/transactions`, shop.locationId),
    () => get(`/v1/locations/${shop.locationId}/stock/${product}/movements`, shop.locationId),
    () => get(`/v1/products/${product}`, product),
    () => get(`/v1/pos-systems/${shop.posSystemId}`, shop.posSystemId),
    () => get(`/v1/pos-systems/${shop.posSystemId}/unmapped`, shop.posSystemId),
    () => get(`/v1/transactions/${transaction}`, transaction),
  ];
  // A quarter of the requests writes, so that commits of several tenants run between and under the reads.
  return from.chance(0.25) ? salesJob(shop, 'asked') : pick(from, jobs)();
}

function pick<Item>(from: Random, items: readonly Item[]): Item {
  const item = items[from.between(0, items.length - 1)];
  if (item === undefined) throw new Error('nothing to pick from');
  return item;
}

/** What of these answers somebody should not have been shown. */
async function foreignIn(answers: readonly Asked[]): Promise<string[]> {
  const owners = await readRowOwners(app.rows);
  return answers.flatMap(({ caller, job, status, answer }) =>
    // A refusal may repeat the ids that it was asked for: they were the caller's own words.
    foreignRows(caller, answer, owners)
      .filter(({ id }) => status === 200 || !job.path.includes(id))
      .map(({ id, row }) => `${caller.name} was shown ${id} of ${row.table} by ${job.method} ${job.path}`),
  );
}

test(`no answer to ${requestCount} interleaved requests names a foreign row`, async () => {
  expect(asked.length).toBeGreaterThanOrEqual(requestCount);
  expect(await foreignIn(asked)).toEqual([]);
});

test("what is somebody else's is answered as if it did not exist, and one's own is found", async () => {
  const owners = await readRowOwners(app.rows);
  const statuses = new Map<string, Set<number>>([
    ['own', new Set()],
    ['foreign', new Set()],
  ]);
  for (const { caller, job, status, answer } of asked) {
    const row = job.target ? owners.get(job.target) : undefined;
    if (!row) expect([200, 403], `${caller.name}: ${job.path} ${answer}`).toContain(status);
    else if (maySee(caller, row)) statuses.get('own')?.add(status);
    else expect([403, 404], `${caller.name}: ${job.method} ${job.path} ${answer}`).toContain(status);
    if (row && !maySee(caller, row)) statuses.get('foreign')?.add(status);
  }
  expect([...(statuses.get('own') ?? [])].sort()).toEqual([200]);
  expect([...(statuses.get('foreign') ?? [])].sort()).toEqual([404]);
});

test('everybody was shown something of their own', async () => {
  const owners = await readRowOwners(app.rows);
  for (const caller of tenants.callers) {
    const answers = asked.filter((one) => one.caller === caller && one.status === 200).map(({ answer }) => answer);
    const own = [...owners].filter(
      ([id, row]) =>
        row.table === 'pos_transactions' && maySee(caller, row) && answers.some((answer) => answer.includes(id)),
    );
    expect(own.length, caller.name).toBeGreaterThan(0);
  }
});

test('group commits that mix brands write each row where it belongs', async () => {
  const mixed = () =>
    app.rows(
      `select xid from sync_events where event_type = 'pos.transaction'
       group by xid having count(distinct franchise_id) > 1`,
    );
  // Whether two requests meet in one commit is a matter of milliseconds, so they are sent together until some have.
  for (let wave = 0; wave < 50 && (await mixed()).length === 0; wave++) {
    await Promise.all(tenants.shops.map((shop) => ask(ownerOf(shop), salesJob(shop, `wave ${wave}`))));
  }
  expect((await mixed()).length).toBeGreaterThan(0);
  for (const table of [
    'pos_transactions',
    'pos_transaction_items',
    'stock_movements',
    'inventory_items',
    'sync_events',
  ]) {
    const misplaced = await app.rows(
      `select * from ${table} r join locations l on l.id = r.location_id
       where (r.franchise_id, r.franchisee_id) is distinct from (l.franchise_id, l.franchisee_id)`,
    );
    expect(misplaced, table).toEqual([]);
  }
  const foreignProducts = await app.rows(
    `select * from stock_movements m join products p on p.id = m.product_id where p.franchise_id <> m.franchise_id`,
  );
  expect(foreignProducts).toEqual([]);
  const own = await app.rows('select count(*)::int as sold from stock_movements where movement_type = $1', ['sale']);
  expect(own[0]?.['sold']).toBeGreaterThan(0);
});

// The last test, since it takes the database's protection away: what the others found quiet must now be loud.
test('without row security the same questions show foreign rows', async () => {
  const protectedTables = await app.rows<{ name: string }>(
    `select oid::regclass::text as name from pg_class
     where relnamespace = 'public'::regnamespace and relkind in ('r', 'p') and relrowsecurity`,
  );
  for (const { name } of protectedTables) await app.rows(`alter table ${name} disable row level security`);
  const before = asked.length;
  const known = await knownRows();
  await Promise.all(tenants.callers.map((caller) => askAll(caller, jobsOf(known))));
  expect((await foreignIn(asked.slice(before))).length).toBeGreaterThan(0);
});
