// RealtimeService against the real server: what a screen relies on, over real sockets that are really cut.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { openFaultProxy } from '../../server/test/faults/fault-proxy.ts';
import { startTestApp, type TestApp } from '../../server/test/harness/test-app.ts';
import { createTillstream, isSaleEvent, isStockEvent, RealtimeService, type Tillstream } from '../src/index.ts';
import { HeardEvents } from './heard-events.ts';
import { openShop, type Shop, sell } from './open-shop.ts';

let app: TestApp;
let owner: Tillstream;
let shop: Shop;
const opened: RealtimeService[] = [];

beforeAll(async () => {
  app = await startTestApp();
  owner = createTillstream({ url: app.url, apiKey: app.ownerKey });
  shop = await openShop(app.url, app.ownerKey);
});
afterEach(async () => {
  for (const service of opened.splice(0)) await service.unsubscribeAll();
});
afterAll(async () => {
  await app?.stop();
});

function connect(options: Partial<ConstructorParameters<typeof RealtimeService>[0]> = {}): RealtimeService {
  const service = new RealtimeService({ url: app.url, apiKey: app.ownerKey, ...options });
  opened.push(service);
  return service;
}

/** Resolves when the service says so, through the same listener that a screen uses. */
function reached(service: RealtimeService, state: string): Promise<void> {
  return new Promise((resolve) => {
    const look = () => {
      if (service.connection.status.state !== state) return;
      stop();
      resolve();
    };
    const stop = service.connection.subscribe(look);
    look();
  });
}

test('a sale and its stock arrive as the sketched events, with times as dates', async () => {
  const service = connect();
  const heard = new HeardEvents();
  service.subscribeToLocation(shop.locationId, heard.hear);
  await reached(service, 'live');
  const id = await sell(owner, shop, 2);
  const event = await heard.of(id);
  expect(event).toMatchObject({
    ...{ eventType: 'pos.transaction', entityType: 'pos_transaction', entityId: id, locationId: shop.locationId },
    ...{ franchiseId: app.franchiseId },
  });
  expect(event.timestamp).toBeInstanceOf(Date);
  expect(isSaleEvent(event) && event.changeData).toMatchObject({
    ...{ transactionId: id, status: 'completed', currency: 'USD', totalAmount: 9, version: 1 },
    lines: [{ productId: shop.productId, name: 'Latte', quantity: 2, unitPrice: 4.5, totalPrice: 9 }],
  });
  // The opening delivery may still have been on its way when the place was joined.
  const bySale = () => heard.all.filter(isStockEvent).find((each) => each.changeData.reason === 'sale');
  await vi.waitFor(() => expect(bySale()?.changeData).toMatchObject({ previousStock: 20, newStock: 18, change: -2 }));
  expect(service.connection.ageMs()).toBeLessThan(5_000);
});

test('an event is a sign of life: the age of the data does not wait for the next heartbeat', async () => {
  const service = connect({ heartbeatMs: 600_000 });
  const heard = new HeardEvents();
  service.subscribeToLocation(shop.locationId, heard.hear);
  await reached(service, 'live');
  const joinedAt = service.connection.status.lastSignOfLifeAt?.getTime() ?? 0;
  await vi.waitFor(() => expect(Date.now()).toBeGreaterThan(joinedAt));
  const soldAt = Date.now();
  await heard.of(await sell(owner, shop));
  expect(service.connection.status.lastSignOfLifeAt?.getTime()).toBeGreaterThanOrEqual(soldAt);
});

test('a person with an access token hears the whole franchise, and nothing of another', async () => {
  const neighbour = await app.foundBrand('Neighbour');
  const theirShop = await openShop(app.url, neighbour.ownerKey);
  const service = connect({ accessToken: async () => app.ownerToken });
  const heard = new HeardEvents();
  service.subscribeToFranchise(app.franchiseId, heard.hear);
  await reached(service, 'live');
  await sell(createTillstream({ url: app.url, apiKey: neighbour.ownerKey }), theirShop);
  await heard.of(await sell(owner, shop));
  expect(new Set(heard.all.map((event) => event.franchiseId))).toEqual(new Set([app.franchiseId]));
});

test('a place that one may not see is refused with a reason, and never called live', async () => {
  const stranger = await app.foundBrand('Stranger');
  const service = connect({ apiKey: stranger.ownerKey });
  service.subscribeToLocation(shop.locationId, () => undefined);
  await vi.waitFor(() => expect(service.connection.status.reason).toBeTruthy());
  expect(service.connection.status.state).toBe('connecting');
});

describe('a place subscribed twice', () => {
  test('shares one channel: each callback hears each event once, until it unsubscribes', async () => {
    const service = connect();
    const first = new HeardEvents();
    const second = new HeardEvents();
    const subscription = service.subscribeToLocation(shop.locationId, first.hear);
    service.subscribeToLocation(shop.locationId, second.hear);
    await reached(service, 'live');
    const both = await sell(owner, shop);
    await Promise.all([first.of(both), second.of(both)]);
    subscription.unsubscribe();
    subscription.unsubscribe();
    const onlySecond = await sell(owner, shop);
    await second.of(onlySecond);
    expect([first.timesOf(both), second.timesOf(both)]).toEqual([1, 1]);
    expect([first.timesOf(onlySecond), second.timesOf(onlySecond)]).toEqual([0, 1]);
  });

  test('a screen that subscribes and leaves fifty times in a row, as React does, hears each event once', async () => {
    const service = connect();
    const heard = new HeardEvents();
    // Once before the socket is open, once on a place that is joined: leaving and joining cross on the wire.
    for (const rounds of [50, 50]) {
      for (let round = 0; round < rounds; round++) {
        service.subscribeToLocation(shop.locationId, heard.hear).unsubscribe();
      }
      const subscription = service.subscribeToLocation(shop.locationId, heard.hear);
      await reached(service, 'live');
      subscription.unsubscribe();
    }
    service.subscribeToLocation(shop.locationId, heard.hear);
    await reached(service, 'live');
    const id = await sell(owner, shop);
    await heard.of(id);
    // Whatever a forgotten channel would deliver comes before the next sale.
    await heard.of(await sell(owner, shop));
    expect(heard.timesOf(id)).toBe(1);
  });

  test('who comes to a place that is live already is told so', async () => {
    const service = connect();
    service.subscribeToLocation(shop.locationId, () => undefined);
    await reached(service, 'live');
    const joined = await new Promise((onLive: (joined: { again: boolean }) => void) => {
      service.subscribeToLocation(shop.locationId, () => undefined, { onLive });
    });
    expect(joined).toEqual({ again: false });
  });
});

test('a cut wire: reconnecting, then live again with a word to read what was missed, and nothing twice', async () => {
  const proxy = await openFaultProxy(app.url);
  try {
    const service = connect({ url: proxy.url });
    const heard = new HeardEvents();
    const joins: boolean[] = [];
    service.subscribeToLocation(shop.locationId, heard.hear, { onLive: ({ again }) => void joins.push(again) });
    await reached(service, 'live');
    const before = await sell(owner, shop);
    await heard.of(before);
    const states: string[] = [];
    service.connection.subscribe(() => states.push(service.connection.status.state));
    expect(proxy.cut()).toBeGreaterThan(0);
    await reached(service, 'reconnecting');
    const newcomer: boolean[] = [];
    service.subscribeToLocation(shop.locationId, () => undefined, { onLive: ({ again }) => void newcomer.push(again) });
    await reached(service, 'live');
    const after = await sell(owner, shop);
    await heard.of(after);
    expect(joins).toEqual([false, true]);
    // It has its snapshot still to read, however long the place had been live for others.
    expect(newcomer).toEqual([false]);
    expect([heard.timesOf(before), heard.timesOf(after)]).toEqual([1, 1]);
    expect(states).not.toContain('offline');
  } finally {
    await proxy.close();
  }
});

test('after unsubscribeAll nothing is delivered, the socket is closed, and the service can begin anew', async () => {
  const service = connect();
  const heard = new HeardEvents();
  const witness = new HeardEvents();
  service.subscribeToLocation(shop.locationId, heard.hear);
  service.subscribeToFranchise(app.franchiseId, heard.hear);
  await reached(service, 'live');
  await service.unsubscribeAll();
  expect(service.connection.status.state).toBe('offline');
  const other = connect();
  other.subscribeToLocation(shop.locationId, witness.hear);
  await reached(other, 'live');
  const missed = await sell(owner, shop);
  await witness.of(missed);
  expect(heard.timesOf(missed)).toBe(0);
  service.subscribeToLocation(shop.locationId, heard.hear);
  await reached(service, 'live');
  const id = await sell(owner, shop);
  await heard.of(id);
  expect(heard.timesOf(id)).toBe(1);
});
