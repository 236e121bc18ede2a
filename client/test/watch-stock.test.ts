// The watch of a shop's stock against the real server: the picture is the server's own, whatever breaks, and whatever
// changes while it is read. What must happen at one certain moment is done by the `fetch` that the client is given.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { openFaultProxy } from '../../server/test/faults/fault-proxy.ts';
import type { TestApp } from '../../server/test/harness/test-app.ts';
import {
  createTillstream,
  eachItem,
  type SnapshotReason,
  type StockItem,
  type StockWatch,
  type Tillstream,
} from '../src/index.ts';
import { openShop, type Shop, sell, startWithShop } from './open-shop.ts';

let app: TestApp;
let owner: Tillstream;

beforeAll(async () => {
  ({ app, owner } = await startWithShop());
});
afterAll(async () => {
  await owner?.realtime.unsubscribeAll();
  await app?.stop();
});

const waiting = { timeout: 30_000 };
const nothing = { onSnapshot: () => undefined, onChange: () => undefined };

/** What a screen shows of a shelf, without the times of the day. */
function shown(items: readonly StockItem[]) {
  return items.map(({ sku, currentStock, reorderLevel, low, negative, alert }) => {
    return { sku, currentStock, reorderLevel, low, negative, alertId: alert?.id ?? null };
  });
}

/** By SKU. */
const stockOf = ({ locationId }: Shop) =>
  Array.fromAsync(eachItem((after) => owner.listStock(locationId, { limit: 500, ...(after && { after }) })));

/** Fails unless the watch is live and shows what the server has. */
async function expectTheSame(watch: StockWatch, shop: Shop): Promise<void> {
  expect(watch.state).toBe('live');
  expect(shown(watch.items)).toEqual(shown(await stockOf(shop)));
}

/** Gives the shop's latte another reorder level, of which the event tells no more than that it is another. */
async function changeLevels(shop: Shop, reorderLevel: number): Promise<void> {
  const item = (await stockOf(shop)).find(({ productId }) => productId === shop.productId);
  const levels = { reorderLevel, rearmLevel: reorderLevel + 1 };
  await owner.updateWithConflictDetection('inventory_items', item?.inventoryItemId ?? '', levels, item?.version ?? 0);
}

/** Puts a new product on the shop's shelf, before all others by its SKU. */
async function addItem({ locationId }: Shop): Promise<void> {
  const product = { sku: `AA-${locationId}`, name: 'New', unit: 'piece', currency: 'USD' };
  const { id: productId } = await owner.createProduct(product);
  await owner.createInventoryItem({ locationId, productId, reorderLevel: 5 });
}

/** A `fetch` that does `before(url)` ahead of each request. */
function fetchAfter(before: (url: URL) => Promise<void>): typeof fetch {
  return async (input, init) => {
    await before(new URL(input instanceof Request ? input.url : input));
    return fetch(input, init);
  };
}

test('a watched shelf is the server’s own, through sales, alerts, new levels and a cut wire', async () => {
  const place = await openShop(app.url, app.ownerKey);
  const proxy = await openFaultProxy(app.url);
  const screen = createTillstream({ url: proxy.url, apiKey: app.ownerKey });
  const reasons: SnapshotReason[] = [];
  const changes: number[] = [];
  const watch = screen.watchStock(place.locationId, {
    onSnapshot: (_, reason) => reasons.push(reason),
    onChange: (item) => changes.push(item.currentStock),
  });
  const isTheSame = () => expectTheSame(watch, place);
  await vi.waitFor(() => expect(watch.state).toBe('live'));
  await isTheSame();
  await sell(owner, place, 12);
  await vi.waitFor(isTheSame);
  expect(watch.items[0]).toMatchObject({ currentStock: 8, low: true });
  expect(watch.items[0]?.alert).not.toBeNull();
  proxy.cut();
  await sell(owner, place, 10);
  await vi.waitFor(isTheSame, { timeout: 20_000 });
  expect(watch.items[0]).toMatchObject({ currentStock: -2, negative: true });
  expect(changes.at(-1)).toBe(-2);
  expect(reasons).toEqual(['first']);
  // An item that was not on the shelf, with levels that no event tells: the shelf is read anew.
  const product = await owner.createProduct({
    sku: `NEW-${place.locationId}`,
    name: 'New',
    unit: 'piece',
    currency: 'USD',
  });
  await owner.createInventoryItem({ locationId: place.locationId, productId: product.id, reorderLevel: 5 });
  await vi.waitFor(isTheSame);
  expect(watch.items).toHaveLength(2);
  expect(reasons).toEqual(['first', 'levels']);
  await watch.stop();
  await screen.realtime.unsubscribeAll();
  await proxy.close();
});

test('levels that were changed and an item that was added while the wire was down are on the shelf when it is live again', async () => {
  const shop = await openShop(app.url, app.ownerKey);
  const proxy = await openFaultProxy(app.url);
  const screen = createTillstream({ url: proxy.url, apiKey: app.ownerKey });
  const reasons: SnapshotReason[] = [];
  const watch = screen.watchStock(shop.locationId, { ...nothing, onSnapshot: (_, reason) => reasons.push(reason) });
  await vi.waitFor(() => expect(watch.state).toBe('live'));
  proxy.spoil({ refusing: true });
  proxy.cut();
  await vi.waitFor(() => expect(watch.state).toBe('broken'), waiting);
  await changeLevels(shop, 7);
  await addItem(shop);
  // What is told of the stock goes on to be true after the change that tells nothing.
  await sell(owner, shop, 3);
  proxy.heal();
  await vi.waitFor(() => expect(watch.state).toBe('live'), waiting);
  await expectTheSame(watch, shop);
  expect(watch.items.map(({ reorderLevel }) => reorderLevel)).toEqual([5, 7]);
  expect(reasons).toEqual(['first', 'levels']);
  await watch.stop();
  await screen.realtime.unsubscribeAll();
  await proxy.close();
});

test('what changes between the first picture and its first being live is on it', async () => {
  const shop = await openShop(app.url, app.ownerKey);
  const proxy = await openFaultProxy(app.url);
  const done = { sale: false, changes: false };
  const screen = createTillstream({
    url: proxy.url,
    apiKey: app.ownerKey,
    fetch: fetchAfter(async ({ pathname }) => {
      if (pathname.endsWith('/stock') && !done.sale) {
        // The picture lies behind the join by this sale, so the log is asked for what is between the two.
        done.sale = true;
        await sell(owner, shop);
      } else if (pathname === '/v1/events' && !done.changes) {
        // The picture is taken, and the wire breaks: all this is heard of by reading what was missed.
        done.changes = true;
        proxy.cut();
        await changeLevels(shop, 7);
        await addItem(shop);
      }
    }),
  });
  const watch = screen.watchStock(shop.locationId, nothing);
  await vi.waitFor(() => expect(watch.state).toBe('live'), waiting);
  await expectTheSame(watch, shop);
  expect(done).toEqual({ sale: true, changes: true });
  expect(watch.items.map(({ reorderLevel }) => reorderLevel)).toEqual([5, 7]);
  await watch.stop();
  await screen.realtime.unsubscribeAll();
  await proxy.close();
});

test('a reading that a break has overtaken changes nothing when its answer comes at last', async () => {
  const shop = await openShop(app.url, app.ownerKey);
  const proxy = await openFaultProxy(app.url);
  const late = Promise.withResolvers<void>();
  const isRead = Promise.withResolvers<void>();
  let reads = 0;
  const screen = createTillstream({
    url: proxy.url,
    apiKey: app.ownerKey,
    fetch: async (input, init) => {
      const { pathname } = new URL(input instanceof Request ? input.url : input);
      if (!pathname.endsWith('/stock')) return fetch(input, init);
      reads += 1;
      if (reads > 1) return fetch(input, init);
      const answer = await fetch(input, init);
      const body = await answer.text();
      isRead.resolve();
      await late.promise;
      return new Response(body, answer);
    },
  });
  let snapshots = 0;
  const watch = screen.watchStock(shop.locationId, { ...nothing, onSnapshot: () => snapshots++ });
  await isRead.promise;
  await changeLevels(shop, 7);
  proxy.cut();
  await vi.waitFor(() => expectTheSame(watch, shop), waiting);
  late.resolve();
  // What is told afterwards comes behind the late answer.
  await sell(owner, shop, 3);
  await vi.waitFor(() => expect(watch.items[0]?.currentStock).toBe(17), waiting);
  await expectTheSame(watch, shop);
  expect([reads, snapshots]).toEqual([2, 1]);
  await watch.stop();
  await screen.realtime.unsubscribeAll();
  await proxy.close();
});

/** A shop with 700 items more, all before its latte. */
async function openLargeShop(): Promise<Shop> {
  const shop = await openShop(app.url, app.ownerKey);
  await app.rows(
    `with made as (insert into products (id, franchise_id, sku, name, unit, currency)
       select gen_random_uuid(), $1, 'AAA-' || $2::text || n, 'Product ' || n, 'piece', 'USD' from generate_series(1, 700) n
       returning id)
     insert into inventory_items (location_id, id, franchise_id, product_id)
       select $2::uuid, gen_random_uuid(), $1, id from made`,
    [app.franchiseId, shop.locationId],
  );
  return shop;
}

test('a shelf of several pages is one picture, though sales go on while it is read', async () => {
  const place = await openLargeShop();
  const selling = (async () => {
    for (let times = 0; times < 30; times++) await sell(owner, place);
  })();
  const watch = owner.watchStock(place.locationId, { onSnapshot: () => undefined, onChange: () => undefined });
  await selling;
  await vi.waitFor(() => {
    expect(watch.state).toBe('live');
    expect(watch.items.at(-1)?.currentStock).toBe(-10);
  });
  expect(watch.items).toHaveLength(701);
  await watch.stop();
});

test('what happens between two pages of a shelf is on its picture, and until that is whole the one before stays', async () => {
  const shop = await openLargeShop();
  const [first] = await stockOf(shop);
  const firstOfAll = { ...shop, productId: first?.productId ?? '' };
  let betweenPages = async () => {};
  let readings = 0;
  const screen = createTillstream({
    url: app.url,
    apiKey: app.ownerKey,
    fetch: fetchAfter(async ({ pathname, searchParams }) => {
      if (!pathname.endsWith('/stock')) return;
      if (!searchParams.has('after')) readings += 1;
      else await betweenPages();
    }),
  });
  /** Does something once, ahead of the next second page. */
  const once = (act: () => Promise<void>) => {
    betweenPages = () => {
      betweenPages = async () => {};
      return act();
    };
  };
  // The latte is on the page that has not been read: its page will say what became of it.
  once(async () => void (await sell(owner, shop)));
  const watch = screen.watchStock(shop.locationId, nothing);
  await vi.waitFor(() => expect(watch.state).toBe('live'), waiting);
  await expectTheSame(watch, shop);
  expect(readings).toBe(1);
  // A reading that fails leaves the picture whole, and so does one that has to begin anew.
  const sizes: number[] = [];
  once(async () => {
    sizes.push(watch.items.length);
    once(async () => {
      sizes.push(watch.items.length);
      await changeLevels(firstOfAll, 3);
      await addItem(shop);
    });
    throw new TypeError('the network is away');
  });
  await changeLevels(shop, 7);
  await vi.waitFor(() => expect(watch.items).toHaveLength(702), waiting);
  await vi.waitFor(() => expectTheSame(watch, shop), waiting);
  expect(sizes).toEqual([701, 701]);
  expect(watch.items.find(({ productId }) => productId === firstOfAll.productId)?.reorderLevel).toBe(3);
  await watch.stop();
  await screen.realtime.unsubscribeAll();
});
