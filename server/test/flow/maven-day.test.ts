// The main job, whole: a day of sales comes in over HTTP from tills that repeat themselves, is booked exactly once, and
// unmodified Supabase clients watch it happen.
import { demoFranchise, randomFor } from '@tillstream/simulators';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkChannel, checkConservation, checkRevenue, checkSetFull } from '../faults/checkers.ts';
import { openFaultProxy } from '../faults/fault-proxy.ts';
import { startTestApp, type TestApp } from '../harness/test-app.ts';
import { type Books, listedBooks, storedFigures } from './books.ts';
import { type Connection, openConnection } from './connections.ts';
import { type DayOfSales, generatedDay, hasMavenData, mavenDay } from './day-of-sales.ts';
import { type ExpectedBooks, expectedBooks, keyOf } from './expected-books.ts';
import { planRequests } from './request-plan.ts';
import { type SalesWatcher, watchSales } from './sales-watcher.ts';
import { type SendHistory, sendDay } from './send-day.ts';
import { lastSaleOf, type StandingDay, type StandingShop, standUp } from './stand-up.ts';

const days: readonly DayOfSales[] = [
  hasMavenData ? mavenDay('2023-06-19') : generatedDay('1, in place of the absent Maven data', demoFranchise.products),
  generatedDay('2, many voids and refunds', demoFranchise.products),
];

interface Watched {
  readonly shop: StandingShop;
  readonly vsn: string;
  readonly watcher: SalesWatcher;
}

describe.each(days)('$title, sent shuffled and partly twice from 8 connections', (day) => {
  const random = randomFor('flow', day.title);
  let app: TestApp;
  let standing: StandingDay;
  let connections: Connection[];
  let history: SendHistory;
  let expected: ExpectedBooks;
  let listed: Books;
  const watched: Watched[] = [];
  const dropped = { connections: 0, statuses: [] as readonly string[] };

  beforeAll(async () => {
    app = await startTestApp();
    standing = await standUp(app, day, random);
    connections = Array.from({ length: 8 }, () => openConnection(app.url, standing.tillKey));
    for (const shop of standing.shops) {
      for (const vsn of ['1.0.0', '2.0.0'] as const) {
        watched.push({
          shop,
          vsn,
          watcher: await watchSales({ ...shop, url: app.url, apiKey: standing.screenKey, vsn }),
        });
      }
    }
    await playDay();
  });

  afterAll(async () => {
    for (const { watcher } of watched) await watcher.close();
    for (const connection of connections ?? []) connection.close();
    await app?.stop();
  });

  /** Sends the day, cutting one client's wire on the way, then one last sale a shop by which every screen has caught up. */
  async function playDay(): Promise<void> {
    const [first] = standing.shops;
    if (!first) throw new Error('the day has no shop');
    const proxy = await openFaultProxy(app.url);
    const plain = await watchSales({ ...first, url: proxy.url, apiKey: standing.screenKey, vsn: '2.0.0' });
    const plan = planRequests(random, day.sales);
    history = await sendDay(connections, plan, {
      shops: standing.shops,
      onAnswered: (answered) => {
        if (answered === Math.floor(plan.length / 3)) dropped.connections = proxy.cut();
      },
    });
    await plain.subscribedTimes(2);
    const last = standing.shops.map((shop) => lastSaleOf(day, shop));
    await sendDay(
      connections,
      last.map(({ shopId, sale }) => ({ shopId, sales: [sale], isRepetition: false })),
      standing,
    );
    expected = expectedBooks([...day.sales, ...last]);
    for (const { shop, watcher } of watched) await watcher.sawSale(lastSaleOf(day, shop).sale.externalId);
    await plain.sawSale(lastSaleOf(day, first).sale.externalId);
    dropped.statuses = [...plain.statuses];
    await plain.close();
    await proxy.close();
    const reader = openConnection(app.url, app.ownerKey);
    listed = await listedBooks(reader, standing.shops);
    reader.close();
  }

  test('each sale was created once, and every repetition was answered as a duplicate', () => {
    const final = new Map(day.sales.map(({ shopId, sale }) => [keyOf(shopId, sale.externalId), sale.version]));
    for (const [key, answers] of history.answers) {
      expect(
        answers.filter((answer) => answer === 'created'),
        key,
      ).toHaveLength(1);
      expect(answers.filter((answer) => answer === 'updated').length, key).toBeLessThan(final.get(key) ?? 0);
      expect(answers, key).not.toContain('rejected');
    }
    expect([...history.answers.values()].flat()).toContain('duplicate');
    expect(history.answers.size).toBe(final.size);
  });

  test('each sale is in the books exactly once, at its final version and status', () => {
    expect(checkSetFull({ acknowledged: expected.finals.keys(), present: listed.present })).toEqual([]);
    for (const [key, { version, status }] of expected.finals)
      expect(listed.finals.get(key), key).toEqual({ version, status });
  });

  test('revenue per shop is the total of the day, to the cent', async () => {
    expect(checkRevenue(expected.revenue, listed.revenue)).toEqual([]);
    expect(checkRevenue(expected.revenue, (await storedFigures(app.rows, standing.shops)).revenue)).toEqual([]);
  });

  test("stock is opening less sold for each product and shop, and the ledger's sums equal it", async () => {
    const { stock, ledger } = await storedFigures(app.rows, standing.shops);
    const { opening } = standing;
    expect(checkConservation({ opening, sold: expected.sold, stock, ledger })).toEqual([]);
    expect(checkConservation({ opening, sold: expected.sold, stock: listed.stock, ledger })).toEqual([]);
    // Some shelves opened too empty on purpose: a sale is never refused for want of stock.
    expect(Math.min(...stock.values())).toBeLessThan(0);
  });

  test.each([
    '1.0.0',
    '2.0.0',
  ])('a supabase-js client (serializer %s) saw each sale of its shop exactly once', (serializer) => {
    const watchers = watched.filter(({ vsn }) => vsn === serializer);
    expect(watchers).toHaveLength(day.shops.length);
    for (const { shop, watcher } of watchers) {
      const own = [...expected.finals].filter(([key]) => key.startsWith(`${shop.shopId} `));
      expect(checkChannel(new Map(own.map(([key, { version }]) => [key, version])), watcher.seen)).toEqual([]);
      expect(watcher.statuses).toEqual(['SUBSCRIBED']);
    }
  });

  test('a client that goes by its key alone was dropped once and came back', () => {
    expect(dropped.connections).toBe(1);
    expect(dropped.statuses).toEqual(['SUBSCRIBED', 'CHANNEL_ERROR', 'SUBSCRIBED']);
  });
});
