// A base backup and the archived WAL, recovered to a moment before a mistake: the database is as it was then, and the tills
// send again what came after.
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asOwner } from '../../src/platform/owner-connection.ts';
import { eventually } from '../harness/eventually.ts';
import { countRows, readLedger, touchedByPoll } from './figures.ts';
import { findPrograms, missingPrograms } from './postgres-programs.ts';
import { type Cluster, openWorkshop, type Workshop } from './private-cluster.ts';
import { listSales, named, openShop, readFeed, runServer, type Shop, sell, watch } from './running-shop.ts';

const kept = named('kept', 85);
const lost = named('lost', 7);

if (findPrograms() === null) process.stdout.write(`${missingPrograms}\n`);
else {
  describe('recovery to a point in time', () => {
    let workshop: Workshop;
    let recovered: Cluster;
    let shop: Shop;
    let counts: Record<string, number>;
    const cursors = { early: '', atTheMoment: '', later: '' };

    beforeAll(async () => {
      workshop = await openWorkshop();
      const archive = await workshop.folder('archive');
      const cluster = await workshop.newCluster(['archive_mode = on', `archive_command = 'cp "%p" "${archive}/%f"'`]);
      await asOwner(cluster.url('postgres'), (owner) => owner.query('create database tillstream'));
      const url = cluster.url('tillstream');
      const server = await runServer(url);
      shop = await openShop(server);
      cursors.early = (await readFeed(server, shop)).cursor;
      recovered = await workshop.copyOf(cluster);
      await sell(server, shop, kept);
      await eventually(async () => {
        expect(await readLedger(url, shop.locationId)).toMatchObject({ notifications: 1 });
      });
      cursors.atTheMoment = (await readFeed(server, shop)).cursor;
      counts = await countRows(url);
      await cluster.asSuperuser(`select pg_create_restore_point('before the mistake')`);
      await sell(server, shop, lost);
      cursors.later = (await readFeed(server, shop)).cursor;
      await server.stop();
      await cluster.asSuperuser('select pg_switch_wal()');
      await cluster.stop('fast');

      await writeFile(join(recovered.folder, 'recovery.signal'), '');
      await recovered.start([
        `restore_command = 'cp "${archive}/%f" "%p"'`,
        `recovery_target_name = 'before the mistake'`,
        `recovery_target_action = 'promote'`,
        'archive_mode = off',
      ]);
      await eventually(async () => {
        const [row] = await recovered.asSuperuser<{ recovering: boolean }>('select pg_is_in_recovery() as recovering');
        expect(row?.recovering).toBe(false);
      });
    });
    afterAll(() => workshop?.close());

    test('every table is as it was at that moment', async () => {
      expect(await countRows(recovered.url('tillstream'))).toEqual(counts);
    });

    test('old cursors resync, the tills send the rest again, and nothing of the past is sent', async () => {
      const url = recovered.url('tillstream');
      const server = await runServer(url);
      const watcher = await watch(server, shop);
      try {
        expect(server.epoch).toBe(2);
        expect(await listSales(server, shop)).toEqual(kept);
        for (const cursor of Object.values(cursors)) {
          expect(await readFeed(server, shop, cursor)).toMatchObject({ status: 410, code: 'events.resync' });
        }
        const fresh = await readFeed(server, shop);
        expect(fresh.ids).toEqual([]);
        expect(await sell(server, shop, [...kept.slice(-3), ...lost])).toEqual([
          ...kept.slice(-3).map(() => 'duplicate'),
          ...lost.map(() => 'created'),
        ]);
        await watcher.sawSale(lost.at(-1) ?? '');
        expect(watcher.seen.map(({ key }) => key).sort()).toEqual(lost.map((name) => `shop ${name}`));
        // A sale's event each, and one of the item for the batch or batches that they were booked in.
        expect((await readFeed(server, shop, fresh.cursor)).ids.length).toBeGreaterThan(lost.length);
        expect(await readLedger(url, shop.locationId)).toEqual({ stock: 8, movements: 8, sales: 92, notifications: 1 });
        expect((await touchedByPoll(server.db)).rows).toBeLessThan(20);
      } finally {
        await watcher.close();
        await server.stop();
      }
    });
  });
}
