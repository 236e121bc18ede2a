/**
 * Tills at many shops send sales over HTTP, each request again until it has been answered 2xx, while the server is killed
 * at random moments, at times together with PostgreSQL: whatever was answered is there once, and the ledger agrees.
 */
import { join } from 'node:path';
import { demoFranchise, type Random, randomFor, type TillSale } from '@tillstream/simulators';
import { expect, onTestFinished, test } from 'vitest';
import { checkConservation, checkRevenue, checkSetFull } from '../faults/checkers.ts';
import { askedKeys, checkHistory, openHistory, readHistory } from '../faults/history.ts';
import { makeDataDir, removeDataDir, startKillableServer, type Victim } from '../faults/kill-driver.ts';
import { storedFigures } from '../flow/books.ts';
import { type DayOfSales, generatedDay } from '../flow/day-of-sales.ts';
import { expectedBooks, keyOf } from '../flow/expected-books.ts';
import { type StandingShop, standUp } from '../flow/stand-up.ts';
import { foundBrandOnDisk, withRowsOnDisk } from './brand-on-disk.ts';
import { isFullProof, report } from './proof-size.ts';
import { sellUntilAnswered, type TillRequest, type TillResult } from './till-client.ts';

// In full: the sizes of the trap "lost reply". The small one is a day of sales and a kill for every few hundred of them.
const size = isFullProof
  ? { days: 150, clients: 50, kills: 100, withPostgres: 20, msMax: 3_600_000 }
  : { days: 2, clients: 12, kills: 4, withPostgres: 2, msMax: 900_000 };

function salesOfDays(days: number): DayOfSales {
  const [first, ...others] = Array.from({ length: days }, (_, n) => generatedDay(`kill ${n}`, demoFranchise.products));
  if (!first) throw new Error('no day');
  return { ...first, sales: [first, ...others].flatMap(({ sales }) => sales) };
}

/** Each client's requests: bundles of 1 to 20 sales of one shop. Versions of one sale stay with one client, in order. */
function requestsOf(day: DayOfSales, shops: readonly StandingShop[], random: Random): TillRequest[][] {
  const posSystemOf = new Map(shops.map(({ shopId, posSystemId }) => [shopId, posSystemId]));
  const clientOf = new Map<string, number>();
  const perClient = Array.from({ length: size.clients }, () => new Map<string, TillSale[]>());
  for (const sale of day.sales) {
    const key = keyOf(sale.shopId, sale.sale.externalId);
    const client = clientOf.get(key) ?? random.between(0, size.clients - 1);
    clientOf.set(key, client);
    const ofShop = perClient[client]?.get(sale.shopId) ?? [];
    ofShop.push(sale);
    perClient[client]?.set(sale.shopId, ofShop);
  }
  return perClient.map((byShop) =>
    [...byShop].flatMap(([shopId, sales]) => {
      const requests: TillRequest[] = [];
      for (let at = 0; at < sales.length; ) {
        const bundle = sales.slice(at, at + random.between(1, 20));
        at += bundle.length;
        requests.push({
          posSystemId: posSystemOf.get(shopId) ?? '',
          keys: bundle.map(({ sale }) => keyOf(shopId, sale.externalId)),
          sales: bundle.map(({ sale }) => sale),
        });
      }
      return requests;
    }),
  );
}

test(
  `${size.kills} kills, ${size.withPostgres} of them with PostgreSQL, under ${size.clients} tills: nothing answered is lost, nothing is doubled`,
  async () => {
    const dataDir = await makeDataDir();
    onTestFinished(() => removeDataDir(dataDir));
    const { ownerKey } = await foundBrandOnDisk(dataDir);
    const server = await startKillableServer(dataDir);
    onTestFinished(() => server.kill('node'));
    const random = randomFor('ingest under kills');
    const day = salesOfDays(size.days);
    const { shops, opening, tillKey } = await standUp({ url: server.url, ownerKey }, day, random);
    const requests = requestsOf(day, shops, random);
    const total = requests.flat().length;

    // The moments are answers, whose numbers are drawn: while one is being answered, the other tills wait for theirs.
    const withPostgres = new Set(
      Array.from({ length: size.withPostgres }, (_, n) => n * (size.kills / size.withPostgres)),
    );
    const spacing = Math.floor(total / (size.kills + 1));
    const moments = Array.from({ length: size.kills }, (_, n) => n * spacing + random.between(1, spacing));
    const history = openHistory(join(dataDir, 'history.jsonl'));
    let answered = 0;
    let kills: Promise<void> = Promise.resolve();
    let done = 0;
    const answers: TillResult[] = [];
    const onAnswered = (results: readonly TillResult[]) => {
      answers.push(...results);
      answered += 1;
      if (answered !== moments[done]) return;
      const victim: Victim = withPostgres.has(done) ? 'node and postgres' : 'node';
      done += 1;
      kills = kills.then(async () => {
        await server.kill(victim);
        await server.start();
      });
    };
    const startedAt = performance.now();
    await Promise.all(
      requests.map((own, n) =>
        sellUntilAnswered(own, { client: `till ${n}`, url: () => server.url, key: tillKey, history, onAnswered }),
      ),
    );
    await kills;
    const seconds = (performance.now() - startedAt) / 1_000;
    history.close();
    await server.stop();

    expect(done).toBe(size.kills);
    const lines = readHistory(history.path);
    expect(checkHistory(lines)).toEqual([]);
    const unknown = lines.filter(({ kind }) => kind === 'unknown').length;
    // Each kill met requests under way, or it would prove nothing.
    expect(unknown).toBeGreaterThanOrEqual(size.kills);
    const expected = expectedBooks(day.sales);
    const counted = Object.entries(Object.groupBy(answers, ({ status }) => status)).map(
      ([status, some]) => `${some?.length} ${status}`,
    );
    report(
      `${day.sales.length} sales and versions in ${total} requests of ${size.clients} tills, ${seconds.toFixed(1)} s, ` +
        `${done} kills (${size.withPostgres} with PostgreSQL), ${unknown} attempts without an answer; ${counted.join(', ')}`,
    );
    const shopOf = new Map(shops.map(({ locationId, shopId }) => [locationId, shopId]));
    await withRowsOnDisk(dataDir, async (rows) => {
      const stored = await rows<{ location: string; id: string; version: number }>(
        'select location_id as location, external_transaction_id as id, version from pos_transactions',
      );
      const present = stored.map(({ location, id }) => keyOf(shopOf.get(location) ?? location, id));
      expect(checkSetFull({ ...askedKeys(lines), present })).toEqual([]);
      const figures = await storedFigures(rows, shops);
      expect(checkRevenue(expected.revenue, figures.revenue)).toEqual([]);
      expect(checkConservation({ opening, sold: expected.sold, ...figures })).toEqual([]);
      expect(await rows('select code, detail from sync_errors')).toEqual([]);
      const told = await rows<{ count: number }>(
        `select entity_id from sync_events where event_type = 'pos.transaction' and operation = 'INSERT'
         group by entity_id having count(*) <> 1`,
      );
      expect(told).toEqual([]);
    });
  },
  size.msMax,
);
