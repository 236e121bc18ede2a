// Feeds against the real server: what is missed is read, and what was cut is said.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { beginEpoch } from '../../server/src/events/epoch.ts';
import { asOwner } from '../../server/src/platform/owner-connection.ts';
import { openFaultProxy } from '../../server/test/faults/fault-proxy.ts';
import type { TestApp } from '../../server/test/harness/test-app.ts';
import { createTillstream, type SnapshotReason, type Tillstream } from '../src/index.ts';
import { HeardEvents } from './heard-events.ts';
import { openShop, type Shop, sell, startWithShop } from './open-shop.ts';

let app: TestApp;
let owner: Tillstream;
let shop: Shop;

beforeAll(async () => {
  ({ app, owner, shop } = await startWithShop());
});
afterAll(async () => {
  await owner?.realtime.unsubscribeAll();
  await app?.stop();
});

test('a feed goes on from the cursor that an earlier life of the program kept', async () => {
  const before = new HeardEvents();
  const first = owner.openFeed({ scope: { locationId: shop.locationId } }, { onEvent: before.hear });
  await vi.waitFor(() => expect(first.state).toBe('live'));
  const told = await sell(owner, shop);
  await before.of(told);
  const { cursor } = first;
  await first.stop();
  const missed = [await sell(owner, shop), await sell(owner, shop)];
  const after = new HeardEvents();
  const second = owner.openFeed({ scope: { locationId: shop.locationId }, after: cursor }, { onEvent: after.hear });
  for (const id of missed) await after.of(id);
  await vi.waitFor(() => expect(second.state).toBe('live'));
  expect(missed.map((id) => after.timesOf(id))).toEqual([1, 1]);
  expect(second.ageMs()).toBeLessThan(5_000);
  await second.stop();
});

test('a list and the feed from its cursor on are everything, without hole or double', async () => {
  const sold = [await sell(owner, shop)];
  const page = await owner.listTransactions(shop.locationId, { limit: 500 });
  sold.push(await sell(owner, shop));
  const heard = new HeardEvents();
  const scope = { locationId: shop.locationId };
  const feed = owner.openFeed({ scope, after: page.feedCursor }, { onEvent: heard.hear });
  await heard.of(sold[1] ?? '');
  sold.push(await sell(owner, shop));
  await heard.of(sold[2] ?? '');
  const listed = page.items.map(({ id }) => id);
  expect(sold.map((id) => [listed.includes(id), heard.timesOf(id)])).toEqual([
    [true, 0],
    [false, 1],
    [false, 1],
  ]);
  await feed.stop();
});

test('what is addressed to one person is in nobody else’s feed', async () => {
  // Runs low, which its people are told of.
  await sell(owner, await openShop(app.url, app.ownerKey), 12);
  await vi.waitFor(async () => {
    const rows = await app.rows(`select from sync_events where event_type = 'notification.queued'`);
    expect(rows.length).toBeGreaterThan(0);
  });
  const page = async (credential: string) => {
    const types: string[] = [];
    for (let after: string | null = null; ; ) {
      const query: string = after === null ? '' : `&after=${after}`;
      const answer = await fetch(`${app.url}/v1/events?limit=500${query}`, {
        headers: { authorization: `Bearer ${credential}` },
      });
      const body = (await answer.json()) as { items: { eventType: string }[]; nextCursor: string; caughtUp: boolean };
      types.push(...body.items.map(({ eventType }) => eventType));
      if (body.caughtUp) return types;
      after = body.nextCursor;
    }
  };
  expect(await page(app.ownerToken)).toContain('notification.queued');
  expect(await page(app.ownerKey)).not.toContain('notification.queued');
});

// Last: positions of before mean nothing afterwards.
test('after a restore the program is told to read anew, and the feed goes on', async () => {
  const proxy = await openFaultProxy(app.url);
  const screen = createTillstream({ url: proxy.url, apiKey: app.ownerKey });
  const heard = new HeardEvents();
  let resyncs = 0;
  const { locationId } = shop;
  screen.realtime.subscribeToLocation(locationId, heard.hear, { onResync: () => void resyncs++ });
  const snapshots: SnapshotReason[] = [];
  const watch = screen.watchStock(locationId, {
    onSnapshot: (_, reason) => snapshots.push(reason),
    onChange: () => undefined,
  });
  await vi.waitFor(() => expect([screen.realtime.connection.status.state, watch.state]).toEqual(['live', 'live']));
  await asOwner(app.database.ownerUrl, beginEpoch);
  proxy.cut();
  await vi.waitFor(() => expect([resyncs, snapshots]).toEqual([1, ['first', 'resync']]), { timeout: 20_000 });
  await vi.waitFor(() => expect(watch.state).toBe('live'));
  await heard.of(await sell(owner, shop));
  await screen.realtime.unsubscribeAll();
  await proxy.close();
});
