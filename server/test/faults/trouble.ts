// Trouble on purpose: nodes that book sales over a wire that is cut, tills that send until they are answered, and the
// verdict of the checkers on what the books say afterwards. The same for builds that are whole and builds that are broken.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { commitSales, type Outcome } from '../../src/domains/pos/commit-sales.ts';
import { createSaleLanes, type SaleLanes } from '../../src/domains/pos/sale-lanes.ts';
import type { WaitingSale } from '../../src/domains/pos/waiting-sale.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { Database } from '../../src/platform/database.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { addProducts, type Brand, foundBrand, openShop } from '../factories/brand.ts';
import { installTill, saleOf, type Till, waitingAt } from '../factories/till.ts';
import { openTestDatabase, type TestDatabase } from '../harness/test-database.ts';
import { checkConservation, checkSetFull } from './checkers.ts';
import { type FaultProxy, openFaultProxy } from './fault-proxy.ts';
import { askedKeys, checkHistory, type History, openHistory, readHistory } from './history.ts';

export type Commit = (sales: readonly WaitingSale[]) => Promise<readonly Outcome[]>;

export interface Ground {
  readonly database: TestDatabase;
  readonly brand: Brand;
  readonly till: Till;
  /** Between the nodes and PostgreSQL. */
  readonly wire: FaultProxy;
  readonly history: History;
  /** A node that books over the wire; `build` may replace the way in which it commits. */
  openNode(build?: (commit: Commit) => Commit): Promise<SaleLanes>;
  /** Ends the nodes and their sessions, with which PostgreSQL's statistics are complete. */
  closeNodes(): Promise<void>;
}

/** A shop with a till and two products, a history, and a sound wire; taken down when the test has finished. */
export async function ground(): Promise<Ground> {
  const database = await openTestDatabase();
  const brand = await foundBrand(database);
  await addProducts(database, brand, ['tea', 'cake']);
  const till = await installTill(database, await openShop(database, brand));
  const wire = await openFaultProxy(database.url);
  const folder = mkdtempSync(join(tmpdir(), 'tillstream-trouble-'));
  const history = openHistory(join(folder, 'history.jsonl'));
  const nodes: (() => Promise<void>)[] = [];
  const closeNodes = async () => {
    for (const stop of nodes.splice(0)) await stop();
  };
  onTestFinished(async () => {
    await closeNodes();
    history.close();
    rmSync(folder, { recursive: true });
    await wire.close();
    await database.close();
  });
  const logger = createLogger({ level: 'silent' });
  return {
    database,
    brand,
    till,
    wire,
    history,
    closeNodes,
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

/** Each client sends its requests until each has been answered; `onAnswer` is told how many have been. */
export async function sellUntilAnswered(
  { till, history }: Ground,
  nodes: readonly SaleLanes[],
  onAnswer: (answers: number) => void,
): Promise<void> {
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
      onAnswer(answers);
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

export interface Verdict {
  readonly sales: readonly string[];
  readonly stock: readonly string[];
}

/** Every list of violations is empty when the books are exact. */
export async function judge({ database, till, history }: Ground): Promise<Verdict> {
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

export const good: Verdict = { sales: [], stock: [] };
