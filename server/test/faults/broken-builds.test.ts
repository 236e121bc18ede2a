/**
 * A checker that never failed proves nothing. The same trouble, sales sent again and again over a wire that is cut, is
 * made for the real build and for builds that are broken on purpose: the checkers call the first good and the others bad.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { commitSales, type Outcome } from '../../src/domains/pos/commit-sales.ts';
import { createSaleLanes, type SaleLanes } from '../../src/domains/pos/sale-lanes.ts';
import type { WaitingSale } from '../../src/domains/pos/waiting-sale.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Database } from '../../src/platform/database.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { addProducts, foundBrand, openShop } from '../factories/brand.ts';
import { installTill, saleOf, type Till, waitingAt } from '../factories/till.ts';
import { openTestDatabase, type TestDatabase } from '../harness/test-database.ts';
import { checkConservation, checkSetFull } from './checkers.ts';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';
import { askedKeys, checkHistory, type History, openHistory, readHistory } from './history.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tillstream-broken-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

type Commit = (sales: readonly WaitingSale[]) => Promise<readonly Outcome[]>;

interface Ground {
  readonly database: TestDatabase;
  readonly till: Till;
  /** Between the nodes and PostgreSQL. */
  readonly wire: FaultProxy;
  readonly history: History;
  /** A node that books over the wire; `build` may replace the way in which it commits. */
  openNode(build?: (commit: Commit) => Commit): Promise<SaleLanes>;
}

let grounds = 0;

async function ground(): Promise<Ground> {
  const database = await openTestDatabase();
  const brand = await foundBrand(database);
  await addProducts(database, brand, ['tea', 'cake']);
  const till = await installTill(database, await openShop(database, brand));
  const wire = await openFaultProxy(database.url);
  const history = openHistory(join(folder, `${++grounds}.jsonl`));
  const nodes: (() => Promise<void>)[] = [];
  onTestFinished(async () => {
    for (const stop of nodes) await stop();
    history.close();
    await wire.close();
    await database.close();
  });
  const logger = createLogger({ level: 'silent' });
  return {
    database,
    till,
    wire,
    history,
    async openNode(build = (commit) => commit) {
      const db = new Database({ url: wire.url, connectionsMax: 4 });
      const lanes = createSaleLanes({
        commit: build((sales) => commitSales({ db, clock: systemClock, logger }, sales)),
      });
      await lanes.start();
      nodes.push(async () => {
        await lanes.stop();
        await db.close();
      });
      return lanes;
    },
  };
}

const clients = 4;
const requestsEach = 40;
const salesEach = 3;
const cutEvery = 20;

/** Each client sends its requests until each has been answered; every twentieth answer, the wire is cut. */
async function sellOverBadWire({ till, wire, history }: Ground, nodes: readonly SaleLanes[]): Promise<void> {
  let answers = 0;
  const sendUntilAnswered = async (client: string, request: number) => {
    const ids = Array.from({ length: salesEach }, (_, n) => `${client}-${request}-${n}`);
    const sales = ids.map((externalId) => {
      const sale = saleOf({ tea: 1, cake: 2 }, { externalId, occurredAt: '2026-03-08T12:00:00Z' });
      return waitingAt(till, sale, systemClock.now());
    });
    for (let attempt = 0; attempt < 200; attempt++) {
      // A till behind a balancer that lost patience: its request may be with two nodes at once.
      const recorded = await history.record(client, ids, () => Promise.any(nodes.map((node) => node.enqueue(sales))));
      if (recorded.kind !== 'ok') continue;
      answers += 1;
      if (answers % cutEvery === 0) wire.cut();
      return;
    }
    throw new Error(`request ${request} of ${client} was never answered`);
  };
  await Promise.all(
    Array.from({ length: clients }, async (_, n) => {
      for (let request = 0; request < requestsEach; request++) await sendUntilAnswered(`client ${n}`, request);
    }),
  );
  // What is still under way counts as well.
  await Promise.all(nodes.map((node) => node.stop()));
}

interface Verdict {
  readonly sales: readonly string[];
  readonly stock: readonly string[];
}

async function judge({ database, till, history }: Ground): Promise<Verdict> {
  const lines = readHistory(history.path);
  expect(checkHistory(lines)).toEqual([]);
  const asked = askedKeys(lines);
  const shop = [till.locationId];
  const present = await database.rows<{ id: string }>(
    'select external_transaction_id as id from pos_transactions where location_id = $1',
    shop,
  );
  const figures = async (text: string) => {
    const found = await database.rows<{ sku: string; figure: number }>(text, shop);
    return new Map(found.map(({ sku, figure }) => [sku, figure]));
  };
  const sold = [...asked.acknowledged].length * 1_000;
  return {
    sales: checkSetFull({ ...asked, present: present.map(({ id }) => id) }),
    stock: checkConservation({
      opening: new Map(),
      sold: new Map([
        ['tea', sold],
        ['cake', 2 * sold],
      ]),
      stock: await figures(
        `select sku, (current_stock * 1000)::float8 as figure from inventory_items i join products p on p.id = product_id
         where location_id = $1`,
      ),
      ledger: await figures(
        `select sku, sum(quantity * 1000)::float8 as figure from stock_movements m join products p on p.id = product_id
         where location_id = $1 group by sku`,
      ),
    }),
  };
}

const good: Verdict = { sales: [], stock: [] };

test('the real build, one node: nothing is lost and nothing doubled', async () => {
  const at = await ground();
  await sellOverBadWire(at, [await at.openNode()]);
  expect(await judge(at)).toEqual(good);
  // The wire was really cut under commits, or the red ones below would prove little.
  expect(readHistory(at.history.path).filter(({ kind }) => kind === 'unknown')).not.toEqual([]);
});

test('the real build, every request with two nodes at once: nothing is lost and nothing doubled', async () => {
  const at = await ground();
  await sellOverBadWire(at, [await at.openNode(), await at.openNode()]);
  expect(await judge(at)).toEqual(good);
});

test('a build that answers before it commits loses what it answered, and the checkers say so', async () => {
  const at = await ground();
  const commits: Promise<unknown>[] = [];
  const answerFirst = (commit: Commit): Commit => {
    return async (sales) => {
      commits.push(commit(sales));
      return sales.map(() => ({ result: { externalId: null, version: 1, status: 'created' } }));
    };
  };
  await sellOverBadWire(at, [await at.openNode(answerFirst)]);
  await Promise.all(commits);
  const { sales, stock } = await judge(at);
  expect(sales.filter((violation) => violation.endsWith('was acknowledged and is not there'))).not.toEqual([]);
  expect(stock).not.toEqual([]);
});

test("a build without the sales' unique key and the shop's lock doubles them, and the checkers say so", async () => {
  const at = await ground();
  const { database } = at;
  // PostgreSQL looks for functions along the search path: the lock becomes one that locks nothing.
  await database.rows(`
    alter table pos_transactions drop constraint
      pos_transactions_location_id_pos_system_id_kind_external_tr_key;
    create schema broken;
    create function broken.pg_advisory_xact_lock(bigint) returns void language sql as 'select';
    grant usage on schema broken to public;
    do $$ begin execute format('alter database %I set search_path = broken, pg_catalog, public', current_database()); end $$
  `);
  await sellOverBadWire(at, [await at.openNode(), await at.openNode()]);
  const { sales, stock } = await judge(at);
  expect(sales.filter((violation) => / is there \d+ times$/.test(violation))).not.toEqual([]);
  expect(stock.filter((violation) => violation.includes('opening less sold'))).not.toEqual([]);
});

test('a build that drops a movement now and then is out of balance, and the checker says so', async () => {
  const at = await ground();
  await at.database.rows(`
    create function drop_some() returns trigger language plpgsql as $$
      begin return case when hashtext(new.id::text) % 50 = 0 then null else new end; end $$;
    create trigger drop_some before insert on stock_movements for each row execute function drop_some()
  `);
  await sellOverBadWire(at, [await at.openNode()]);
  const { sales, stock } = await judge(at);
  expect(sales).toEqual([]);
  expect(stock.filter((violation) => violation.includes("the ledger's movements add up to"))).not.toEqual([]);
});
