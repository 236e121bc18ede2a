/**
 * A checker that never failed proves nothing. An unmodified supabase-js client watches a shop whose till sends each sale and
 * then a later version of it, once through the real relay and through relays that are broken on purpose: the channel
 * checker calls the first good and the others bad.
 */
import { expect, onTestFinished, test } from 'vitest';
import { openLiveGateway } from '../../src/delivery/realtime/test/live-gateway.ts';
import { commitSales } from '../../src/domains/pos/commit-sales.ts';
import { createSaleLanes } from '../../src/domains/pos/sale-lanes.ts';
import type { Bus, StoredEvent } from '../../src/events/index.ts';
import { createApiKey } from '../../src/identity/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { systemClock } from '../../src/platform/clock.ts';
import { createLogger } from '../../src/platform/logger.ts';
import { addProducts, foundBrand, openShop } from '../factories/brand.ts';
import { installTill, saleOf, waitingAt } from '../factories/till.ts';
import { keyOf } from '../flow/expected-books.ts';
import { watchSales } from '../flow/sales-watcher.ts';
import { checkChannel } from './checkers.ts';

type Break = (events: readonly StoredEvent[]) => readonly StoredEvent[];

const sales = Array.from({ length: 20 }, (_, n) => `sale ${n}`);
const marker = 'the last one';

/** What a client that watches the shop sees of the sales, as the channel checker judges it. */
async function watchThrough(breaks: Break): Promise<string[]> {
  const broken = (bus: Bus): Bus => ({
    ...bus,
    publish: (batch) => bus.publish({ ...batch, events: breaks(batch.events) }),
  });
  const live = await openLiveGateway({}, [], broken);
  onTestFinished(() => live.close());
  const { database } = live;
  const brand = await foundBrand(database);
  await addProducts(database, brand, ['tea']);
  const till = await installTill(database, await openShop(database, brand));
  const actor = backgroundActor('test');
  const key = {
    franchiseId: brand.franchiseId,
    name: 'screen',
    scopes: ['realtime:read' as const],
    createdBy: actor.id,
  };
  const { key: apiKey } = await database.db.transaction(actor, (tx) => createApiKey(tx, key));
  const shop = { locationId: till.locationId, shopId: 'shop' };
  const watcher = await watchSales({ ...shop, url: live.url, apiKey, vsn: '2.0.0' });
  onTestFinished(() => watcher.close());
  const logger = createLogger({ level: 'silent' });
  const lanes = createSaleLanes({
    commit: (waiting) => commitSales({ db: database.db, clock: systemClock, logger }, waiting),
  });
  await lanes.start();
  const book = async (externalId: string, version: number) => {
    const sale = saleOf({ tea: version }, { externalId, version });
    expect(await lanes.enqueue([waitingAt(till, sale, systemClock.now())])).toMatchObject([{ externalId, version }]);
  };
  for (const externalId of sales) {
    await book(externalId, 1);
    await book(externalId, 2);
  }
  await book(marker, 1);
  // A channel keeps order: with the last one everything has come that will ever come.
  await watcher.sawSale(marker);
  await lanes.stop();
  const expected = new Map(sales.map((externalId) => [keyOf('shop', externalId), 2]));
  return checkChannel(expected.set(keyOf('shop', marker), 1), watcher.seen);
}

const idOf = (event: StoredEvent): string => String(event.change_data['externalId']);

/** The event that the broken relays get wrong: the first or the second of one sale. */
const isSpoilt = (event: StoredEvent, version: number): boolean =>
  event.event_type === 'pos.transaction' && idOf(event) === 'sale 7' && event.change_data['version'] === version;

test('the real relay: each sale is seen once, then its later version', async () => {
  expect(await watchThrough((events) => events)).toEqual([]);
});

test('a relay that drops an event is seen to', async () => {
  expect(await watchThrough((events) => events.filter((event) => !isSpoilt(event, 1)))).toEqual([
    'shop sale 7 began with UPDATE',
  ]);
  expect(await watchThrough((events) => events.filter((event) => !isSpoilt(event, 2)))).toEqual([
    'shop sale 7: the last version seen is 1, the final one is 2',
  ]);
});

test('a relay that hands an event on twice is seen to', async () => {
  const twice: Break = (events) => events.flatMap((event) => (isSpoilt(event, 2) ? [event, event] : [event]));
  expect(await watchThrough(twice)).toEqual(['shop sale 7: version 2 came after 2']);
});

test('a relay that hands on a later event before an earlier one is seen to', async () => {
  let held: StoredEvent[] = [];
  // The first version is kept back until the second has passed.
  const turned: Break = (events) =>
    events.flatMap((event) => {
      if (isSpoilt(event, 1)) {
        held.push(event);
        return [];
      }
      if (!isSpoilt(event, 2)) return [event];
      const late = held;
      held = [];
      return [event, ...late];
    });
  expect(await watchThrough(turned)).toEqual([
    'shop sale 7 began with UPDATE',
    'shop sale 7 was inserted twice',
    'shop sale 7: the last version seen is 1, the final one is 2',
  ]);
});
