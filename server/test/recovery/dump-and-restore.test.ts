// pg_dump as the owner, who is no superuser, and pg_restore: into the same cluster under another name, and into a fresh
// cluster by the steps of docs/operations.md.
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asOwner } from '../../src/platform/owner-connection.ts';
import { plantOneRowOfEverything } from '../factories/one-row-of-everything.ts';
import { eventually } from '../harness/eventually.ts';
import { tenantTables } from '../harness/tenant-tables.ts';
import { countRows, type Ledger, readLedger, touchedByPoll } from './figures.ts';
import { findPrograms, missingPrograms, mustHavePrograms, runProgram } from './postgres-programs.ts';
import { type Cluster, openWorkshop, runTillstream, type Workshop } from './private-cluster.ts';
import { listSales, named, openShop, readFeed, runServer, type Shop, sell, watch } from './running-shop.ts';

const programs = findPrograms();
if (programs === null) process.stdout.write(`${missingPrograms}\n`);

test('the programs are there wherever the tests install them', () => {
  expect(programs !== null || !mustHavePrograms).toBe(true);
});

interface Origin {
  readonly shop: Shop;
  readonly cursors: { readonly early: string; readonly late: string };
  readonly counts: Record<string, number>;
  readonly ledger: Ledger;
  readonly dump: string;
}

const before = named('before', 75);
const untold = named('untold', 10);

async function makeOrigin(workshop: Workshop, cluster: Cluster): Promise<Origin> {
  const url = cluster.url('tillstream');
  await asOwner(cluster.url('postgres'), (owner) => owner.query('create database tillstream'));
  const server = await runServer(url);
  const shop = await openShop(server);
  const early = (await readFeed(server, shop)).cursor;
  expect(await sell(server, shop, before)).toEqual(before.map(() => 'created'));
  const late = (await readFeed(server, shop)).cursor;
  await server.stop();
  // Sold while no worker runs: the alert of these sales is in the log, and nobody has been told of it yet.
  const counter = await runServer(url, ['api']);
  await sell(counter, shop, untold);
  await counter.stop();
  await asOwner(url, async (owner) => {
    const rows = async <Row>(text: string, values?: readonly unknown[]) =>
      (await owner.query(text, values ? [...values] : [])).rows as Row[];
    await plantOneRowOfEverything({ rows }, { firm: true });
  });
  const dump = join(await workshop.folder('dump'), 'tillstream.dump');
  await runProgram('pg_dump', ['--format=custom', '--enable-row-security', `--file=${dump}`, `--dbname=${url}`]);
  const ledger = await readLedger(url, shop.locationId);
  return { shop, cursors: { early, late }, counts: await countRows(url), ledger, dump };
}

async function restore(cluster: Cluster, database: string, dump: string): Promise<string> {
  await asOwner(cluster.url('postgres'), (owner) => owner.query(`create database ${database}`));
  const url = cluster.url(database);
  await runTillstream('create-roles', url);
  await runProgram('pg_restore', ['--exit-on-error', '--no-comments', `--dbname=${url}`, dump]);
  return url;
}

const targets = [
  { title: 'the same cluster, under another name', database: 'restored', isFresh: false },
  { title: 'a fresh cluster', database: 'tillstream', isFresh: true },
];

if (programs !== null) {
  describe('a dump by the owner', () => {
    let workshop: Workshop;
    let cluster: Cluster;
    let origin: Origin;

    beforeAll(async () => {
      workshop = await openWorkshop();
      cluster = await workshop.newCluster();
      origin = await makeOrigin(workshop, cluster);
    });
    afterAll(() => workshop?.close());

    test('has rows in every table of the tenants', () => {
      const empty = Object.keys(tenantTables).filter((table) => origin.counts[table] === 0);
      expect(empty).toEqual([]);
      expect(origin.ledger).toEqual({ stock: 15, movements: 15, sales: 85, notifications: 0 });
    });

    test.each(targets)('restored into $title: same rows, old cursors resync, nothing is sent again', async (target) => {
      const { shop, cursors, counts, ledger, dump } = origin;
      const place = target.isFresh ? await workshop.newCluster() : cluster;
      const url = await restore(place, target.database, dump);
      expect(await countRows(url)).toEqual(counts);

      const server = await runServer(url);
      const watcher = await watch(server, shop);
      try {
        expect(server.epoch).toBe(2);
        for (const cursor of Object.values(cursors)) {
          expect(await readFeed(server, shop, cursor)).toMatchObject({ status: 410, code: 'events.resync' });
        }
        // The follower's position came with its rows: it tells of what it had not told of, and of that alone.
        await eventually(async () => {
          expect(await readLedger(url, shop.locationId)).toEqual({ ...ledger, notifications: 1 });
        });
        const fresh = await readFeed(server, shop);
        expect(await sell(server, shop, ['after'])).toEqual(['created']);
        expect(await sell(server, shop, before.slice(0, 5))).toEqual(before.slice(0, 5).map(() => 'duplicate'));
        await watcher.sawSale('after');
        expect(watcher.seen.map(({ key }) => key)).toEqual(['shop after']);
        expect((await readFeed(server, shop, fresh.cursor)).ids).toHaveLength(2);
        expect(await listSales(server, shop)).toEqual(['after', ...before, ...untold].sort());
        expect(await readLedger(url, shop.locationId)).toMatchObject({ stock: 14, movements: 14, notifications: 1 });
        // The old log lies in the same weeks as the new one, and a poll leaves its hundreds of rows alone.
        const touched = await touchedByPoll(server.db);
        expect(touched.rows).toBeLessThan(10);
        expect(touched.partitions).toBeLessThanOrEqual(6);
      } finally {
        await watcher.close();
        await server.stop();
      }
    });
  });
}
