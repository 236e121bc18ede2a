// NOTIFY takes one lock for the whole cluster at commit, so no sale may cause one. LISTEN hears a channel that it knows the
// name of; the queue of notifications is one for all of them, and what is added to it can be measured.
import { randomBytes } from 'node:crypto';
import pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/test-app.ts';
import { named, openShop, type RunningServer, sell } from '../recovery/running-shop.ts';

let app: TestApp;
let listener: pg.Client;
let notifier: pg.Client;
const channel = `known_${randomBytes(6).toString('hex')}`;

beforeAll(async () => {
  app = await startTestApp();
  listener = new pg.Client({ connectionString: app.database.ownerUrl });
  notifier = new pg.Client({ connectionString: app.database.ownerUrl });
  await listener.connect();
  await notifier.connect();
});
afterAll(async () => {
  await listener?.end();
  await notifier?.end();
  await app?.stop();
});

/**
 * Sends notifications until the queue has grown by a page, and says how many that took: always the same number from one
 * page's end to the next, unless somebody else has sent one.
 */
async function fillPage(): Promise<number> {
  const usage = async () =>
    (await notifier.query<{ usage: number }>('select pg_notification_queue_usage() as usage')).rows[0]?.usage ?? 0;
  const before = await usage();
  for (let sent = 1; sent <= 10_000; sent++) {
    await notifier.query(`notify ${channel}`);
    if ((await usage()) > before) return sent;
  }
  throw new Error('the queue does not grow: nobody listens');
}

test('1,000 sales committed with a LISTEN open cause no notification, on any channel', async () => {
  await listener.query(`listen ${channel}`);
  // A listener in a transaction does not take what is sent to it, so all of it stays in the queue.
  await listener.query('begin');
  await fillPage();
  const whole = await fillPage();
  expect(await fillPage()).toBe(whole);

  const server: RunningServer = { url: app.url, epoch: 0, db: app.app.db, stop: app.stop };
  const shop = await openShop(server);
  const names = named('sale', 1_000);
  for (let at = 0; at < names.length; at += 100) {
    const statuses = await sell(server, shop, names.slice(at, at + 100));
    expect(new Set(statuses)).toEqual(new Set(['created']));
  }
  expect(await app.rows('select count(*)::int as n from pos_transactions')).toEqual([{ n: 1_000 }]);
  expect(await fillPage()).toBe(whole);

  // The measure sees a single one of another's, on a channel that nobody listens to.
  await notifier.query('notify unheard');
  expect(await fillPage()).toBeLessThan(whole);
});
