import { afterEach, expect, test } from 'vitest';
import { steppingClock } from '../../../test/stepping-clock.ts';
import { beans, latte, noon, twoCroissants, vendorShop } from '../../../test/vendor-shops.ts';
import { receiveWebhooks } from '../../../test/webhook-receiver.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { signCustom } from './feed.ts';
import { startCustomTill } from './start-custom-till.ts';
import type { CustomSwitches } from './switches.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(options: Partial<VendorOptions<CustomSwitches>> = {}) {
  const clock = steppingClock(noon);
  const tills = await startCustomTill({ clock, seed: 'custom', shops: [vendorShop()], ...options });
  closing.push(() => tills.close());
  const ask = async (path: string, key = tills.apiKey) => {
    const answer = await fetch(`${tills.baseUrlOf('shop-1')}${path}`, { headers: { authorization: `Bearer ${key}` } });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };
  return { clock, tills, ask };
}

test('a sale tells its parts, and they add up', async () => {
  const { tills, ask } = await setUp();
  const lines = [{ ...latte, modifiers: [{ name: 'Oat milk', price: 60 }] }, { ...twoCroissants, discount: 80 }, beans];
  tills.ring({ shopId: 'shop-1', ticket: { lines, discountPercent: 10, serviceCharge: 99, tip: 150 } });
  const { body } = await ask('/transactions');
  const [sale] = body.items;
  expect(sale).toMatchObject({ status: 'completed', businessDate: '2026-03-06', currency: 'USD' });
  expect(sale.openedAt).toBe('2026-03-06T12:00:00.000-05:00');
  const { totals } = sale;
  const cents = (value: number) => Math.round(value * 100);
  const parts = totals.lines - totals.discount + totals.tax + totals.serviceCharge + totals.tip;
  expect(cents(parts)).toBe(cents(totals.total));
  expect(cents(totals.total)).toBe((tills.books().sales[0]?.total ?? 0) + 150);
  expect(sale.lines.map(({ total }: { total: number }) => cents(total))).toEqual([510, 600, 700]);
  expect(sale.lines[2]).toMatchObject({ quantity: 0.25, unitPrice: 28 });
});

test.each([
  'known',
  'ignored',
] as const)('a feed begins where it is asked to, or always at its first row: %s', async (changedSince) => {
  const { clock, tills, ask } = await setUp({ switches: { changedSince } });
  const ring = () => tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } }).id;
  const [early, edited] = [ring(), ring()];
  clock.advance(60_000);
  const since = encodeURIComponent(new Date(clock.now()).toISOString());
  const late = ring();
  tills.refund(edited);
  const { items } = (await ask(`/transactions?changedSince=${since}`)).body;
  const begun = changedSince === 'known' ? [] : [early];
  expect(items.map(({ externalId }: { externalId: string }) => externalId)).toEqual([...begun, late, edited]);
  expect((await ask('/transactions')).body.items).toHaveLength(3);
});

test('what changes moves to the end of the feed, and a cursor holds when nothing is new', async () => {
  const { tills, ask } = await setUp();
  const [one, two, three] = [1, 2, 3].map(() => tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } }).id);
  const first = (await ask('/transactions?limit=2')).body;
  expect([first.items.length, first.hasMore]).toEqual([2, true]);
  tills.refund(one ?? '');
  const second = (await ask(`/transactions?limit=2&after=${first.next}`)).body;
  expect(second.items.map(({ externalId }: { externalId: string }) => externalId)).toEqual([three, one]);
  expect(second.items[1].refunds).toMatchObject([{ amount: 4.9 }]);
  const third = (await ask(`/transactions?after=${second.next}`)).body;
  expect(third).toEqual({ items: [], next: second.next, hasMore: false });
  tills.void(two ?? '');
  expect((await ask(`/transactions?after=${third.next}`)).body.items).toMatchObject([
    { externalId: two, status: 'voided' },
  ]);
  expect((await ask('/refunds')).body.items).toMatchObject([{ transactionExternalId: one, amount: 4.9, tip: 0 }]);
  expect((await ask('/transactions?after=nonsense')).status).toBe(400);
});

test('amounts may be decimal texts, with as many decimals as the currency has', async () => {
  const shops = [vendorShop({ currency: 'KWD', taxRate: 0 })];
  const { tills, ask } = await setUp({ shops, switches: { amounts: 'texts' } });
  tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
  const { body } = await ask('/transactions');
  expect(body.items[0].totals).toMatchObject({ total: '0.450', tip: '0.000' });
  expect(body.items[0].lines[0]).toMatchObject({ quantity: '1', unitPrice: '0.450' });
});

test('a deleted item stays in the feed as a tombstone', async () => {
  const { tills, ask } = await setUp();
  const { body } = await ask('/items');
  tills.itemsOf('shop-1').delete('LAT-R');
  expect((await ask(`/items?after=${body.next}`)).body.items).toMatchObject([{ sku: 'LAT-R', deleted: true }]);
});

test.for(['full', 'thin'] as const)('messages are signed with their time, and %s', async (messages) => {
  const { clock, tills } = await setUp({ switches: { messages } });
  const receiver = await receiveWebhooks();
  closing.push(() => receiver.close());
  const { secret } = tills.subscribe('shop-1', receiver.url);
  receiver.answer(503);
  const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] }, until: 'open' });
  await receiver.waitFor(1);
  await expect.poll(clock.sleepers).toBe(1);
  receiver.answer(202);
  clock.advance(60_000);
  await tills.webhooksSettled();
  const [first, second] = receiver.received;
  expect(second?.body).toBe(first?.body);
  for (const [at, message] of receiver.received.entries()) {
    const timestamp = String(noon / 1000 + at * 60);
    const signature = signCustom(secret, timestamp, message.body);
    expect(message.headers).toMatchObject({ 'x-pos-timestamp': timestamp, 'x-pos-signature': signature });
  }
  const [event] = JSON.parse(second?.body ?? '').events;
  expect(event).toMatchObject({ type: 'transaction.created', storeId: 'shop-1', entity: { externalId: rung.id } });
  expect('lines' in event.entity).toBe(messages === 'full');
});

test('without its key nothing is told', async () => {
  const { ask } = await setUp();
  expect((await ask('/transactions', 'wrong')).status).toBe(401);
  expect((await ask('/store')).body).toMatchObject({ timeZone: 'America/New_York', currency: 'USD' });
});
