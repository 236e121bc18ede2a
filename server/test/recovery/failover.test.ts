// A primary that dies under a running server, and its standby that is promoted: the server goes on by itself, screens are
// told to read anew, and nothing is booked or sent twice.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { asOwner } from '../../src/platform/owner-connection.ts';
import { eventually } from '../harness/eventually.ts';
import { type DatabaseSwitch, openDatabaseSwitch } from './database-switch.ts';
import { readLedger, touchedByPoll } from './figures.ts';
import { findPrograms, missingPrograms } from './postgres-programs.ts';
import { type Cluster, openWorkshop, type Workshop } from './private-cluster.ts';
import {
  listSales,
  named,
  openShop,
  type RunningServer,
  readFeed,
  runServer,
  type Shop,
  sell,
  watch,
} from './running-shop.ts';

const before = named('before', 85);

if (findPrograms() === null) process.stdout.write(`${missingPrograms}\n`);
else {
  describe('a promoted standby', () => {
    let workshop: Workshop;
    let primary: Cluster;
    let standby: Cluster;
    let address: DatabaseSwitch;
    let server: RunningServer;
    let shop: Shop;

    beforeAll(async () => {
      workshop = await openWorkshop();
      primary = await workshop.newCluster();
      await asOwner(primary.url('postgres'), (owner) => owner.query('create database tillstream'));
      standby = await workshop.copyOf(primary, ['--write-recovery-conf']);
      await standby.start();
      address = await openDatabaseSwitch(primary.port);
      const url = new URL(primary.url('tillstream'));
      url.port = String(address.port);
      server = await runServer(url.href);
      shop = await openShop(server);
    });
    afterAll(async () => {
      await server?.stop();
      await address?.close();
      await workshop?.close();
    });

    async function standbyHasAll(): Promise<void> {
      const [row] = await primary.asSuperuser<{ lsn: string }>('select pg_current_wal_lsn() as lsn');
      await eventually(async () => {
        const [reached] = await standby.asSuperuser(
          `select where_is >= '${row?.lsn}' as yes from pg_last_wal_replay_lsn() where_is`,
        );
        expect(reached).toEqual({ yes: true });
      });
    }

    test('takes over from a primary that died under a running server', async () => {
      const watcher = await watch(server, shop);
      await sell(server, shop, before);
      await watcher.sawSale(before.at(-1) ?? '');
      const ledger = { stock: 15, movements: 15, sales: 85, notifications: 1 };
      await eventually(async () => {
        expect(await readLedger(primary.url('tillstream'), shop.locationId)).toEqual(ledger);
      });
      const { cursor } = await readFeed(server, shop);
      await standbyHasAll();

      await primary.stop('immediate');
      await standby.promote();
      address.turnTo(standby.port);

      // The till tries until it is answered; it cannot know which of its tries was booked.
      await eventually(
        async () => expect(['created', 'duplicate']).toContain((await sell(server, shop, ['after']))[0]),
        30_000,
      );
      await eventually(async () => {
        expect(await readFeed(server, shop, cursor)).toMatchObject({ status: 410, code: 'events.resync' });
      });
      await eventually(
        () =>
          expect(watcher.systemMessages).toContainEqual(
            expect.objectContaining({ message: expect.stringMatching(/^resync/) }),
          ),
        30_000,
      );
      await sell(server, shop, ['later']);
      await watcher.sawSale('later');
      // "after" may have been sold within the gap that the screen was told of; everything else is seen once.
      const seen = watcher.seen.map(({ key }) => key).filter((key) => key !== 'shop after');
      expect(seen.toSorted()).toEqual([...before, 'later'].map((name) => `shop ${name}`));
      expect(await listSales(server, shop)).toEqual(['after', ...before, 'later']);
      const url = standby.url('tillstream');
      expect(await readLedger(url, shop.locationId)).toEqual({ stock: 13, movements: 13, sales: 87, notifications: 1 });
      const fresh = await readFeed(server, shop);
      expect(await readFeed(server, shop, fresh.cursor)).toMatchObject({ status: 200, ids: [] });
      expect((await touchedByPoll(server.db)).rows).toBeLessThan(10);
      await watcher.close();
    });
  });
}
