import { createHmac } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import { steppingClock } from '../../../test/stepping-clock.ts';
import { beans, latte, noon, twoCroissants, vendorShop } from '../../../test/vendor-shops.ts';
import { receiveWebhooks } from '../../../test/webhook-receiver.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { startToast } from './start-toast.ts';
import type { ToastSwitches } from './switches.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

const hour = 3_600_000;
const stamp = (instant: number) => new Date(instant).toISOString().replace('Z', '+0000');

async function setUp(options: Partial<VendorOptions<ToastSwitches>> = {}) {
  const clock = steppingClock(noon);
  const wide = { requestsPerSecond: 1000, bulkPerSecond: 1000, ...options.switches };
  const tills = await startToast({ clock, seed: 'toast', shops: [vendorShop()], ...options, switches: wide });
  closing.push(() => tills.close());
  const login = async () => {
    const body = JSON.stringify({ ...tills.client, userAccessType: 'TOAST_MACHINE_CLIENT' });
    const answer = await fetch(`${tills.url}/authentication/v1/authentication/login`, { method: 'POST', body });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };
  let token = '';
  const renew = async () => {
    token = (await login()).body.token.accessToken;
  };
  await renew();
  const ask = async (path: string, shop = 'shop-1') => {
    const headers = {
      authorization: `Bearer ${token}`,
      'toast-restaurant-external-id': tills.externalIdOf(shop),
    };
    const answer = await fetch(path.startsWith('http') ? path : `${tills.url}${path}`, { headers });
    return { status: answer.status, headers: answer.headers, body: await answer.json() };
  };
  const changed = async (from: number, to: number, more = {}) => {
    const query = new URLSearchParams({ startDate: stamp(from), endDate: stamp(to), ...more });
    return (await ask(`/orders/v2/ordersBulk?${query}`)).body;
  };
  return { clock, tills, login, renew, ask, changed };
}

describe('orders', () => {
  test('money is in major units without a currency, and the check adds up', async () => {
    const { tills, changed } = await setUp();
    const lines = [latte, { ...twoCroissants, discount: 80 }, beans, { name: 'Open food', quantity: 1000, price: 99 }];
    tills.ring({ shopId: 'shop-1', ticket: { lines, discountPercent: 10, serviceCharge: 150, tip: 200 } });
    const [order] = await changed(noon, noon + 1);
    const [check] = order.checks;
    const [sale] = tills.books().sales;
    expect(check.totalAmount).toBe((sale?.total ?? 0) / 100);
    expect(check.taxAmount).toBe((sale?.tax ?? 0) / 100);
    const prices = check.selections.map(({ price }: { price: number }) => Math.round(price * 100));
    expect(prices).toEqual([450, 600, 700, 99]);
    expect(check.selections[1]).toMatchObject({ quantity: 2, preDiscountPrice: 6.8, receiptLinePrice: 3.4 });
    expect(check.selections[2]).toMatchObject({ quantity: 0.25, unitOfMeasure: 'KG' });
    expect(check.selections[3]).toMatchObject({ item: null, selectionType: 'OPEN_ITEM' });
    expect(check.appliedDiscounts[0].discountAmount).toBe(1.85);
    expect(Math.round(check.amount * 100)).toBe(1849 - 185 + 150);
    expect(check.payments).toMatchObject([{ type: 'CREDIT', amount: check.totalAmount, tipAmount: 2 }]);
    expect(order).toMatchObject({ businessDate: 20260306, voided: false, deletedDate: '1970-01-01T00:00:00.000+0000' });
  });

  test.for([
    ['in-selection', [5.5, 1, 0.4]],
    ['beside-selection', [4.5, 0.6, 0.4]],
  ] as const)('modifiers are selections again, to any depth: prices %s', async ([modifierPrices, prices]) => {
    const { tills, changed } = await setUp({ switches: { modifierPrices } });
    const foam = { name: 'Extra foam', price: 40 };
    const line = { ...latte, modifiers: [{ name: 'Oat milk', price: 60, modifiers: [foam] }] };
    tills.ring({ shopId: 'shop-1', ticket: { lines: [line] } });
    const [order] = await changed(noon, noon + 1);
    const [selection] = order.checks[0].selections;
    const [milk] = selection.modifiers;
    expect([selection.price, milk.price, milk.modifiers[0].price]).toEqual(prices);
    expect(order.checks[0].amount).toBe(5.5);
  });

  test('sums of floating point numbers are what they are', async () => {
    const { tills, changed } = await setUp({ switches: { floatSums: true } });
    const line = (price: number) => ({ name: 'Sweet', quantity: 1000, price, taxRate: 0 });
    tills.ring({ shopId: 'shop-1', ticket: { lines: [line(10), line(20)] } });
    const [order] = await changed(noon, noon + 1);
    expect(order.checks[0].amount).toBe(0.1 + 0.2);
    expect(tills.books().sales[0]?.total).toBe(30);
  });

  test('pages are told by the Link header alone, its first instant included and its last not', async () => {
    const { clock, tills, ask, changed } = await setUp();
    const rung: string[] = [];
    for (let n = 0; n < 5; n++) {
      rung.push(tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } }).id);
      clock.advance(1000);
    }
    const found: string[] = [];
    const query = new URLSearchParams({ startDate: stamp(noon), endDate: stamp(noon + 4000), pageSize: '2' });
    let next: string | undefined = `/orders/v2/ordersBulk?${query}`;
    let links: string[] = [];
    while (next) {
      const { body, headers } = await ask(next);
      found.push(...body.map(({ guid }: { guid: string }) => guid));
      links = (headers.get('link') ?? '').split(', ');
      next = links.find((link) => link.endsWith('rel="next"'))?.replace(/^<(.*)>.*$/, '$1');
    }
    expect(found.toSorted()).toEqual(rung.slice(0, 4).toSorted());
    expect(links.map((link) => link.replace(/^.*rel=/, ''))).toEqual(['"first"', '"self"', '"prev"']);
    expect(await changed(noon, noon + 4000, { page: '4', pageSize: '2' })).toEqual([]);
  });

  test('wrong questions are refused, a plus sign that became a blank among them', async () => {
    const { ask, changed } = await setUp({ switches: { pageBeyondEnd: 'refused' } });
    expect(await changed(noon, noon + 1, { page: '2' })).toMatchObject({ status: 400 });
    for (const path of [
      '/orders/v2/ordersBulk',
      `/orders/v2/ordersBulk?startDate=${stamp(noon)}&endDate=${stamp(noon + 1)}`,
      '/orders/v2/ordersBulk?businessDate=2026-03-06',
      '/orders/v2/payments',
    ]) {
      expect((await ask(path)).status, path).toBe(400);
    }
    expect(await changed(noon, noon + 32 * 24 * hour)).toMatchObject({ message: expect.stringContaining('month') });
  });

  test("a night's closeout touches every order of the day, captures the cards and ends all voids", async () => {
    const { clock, tills, renew, ask, changed } = await setUp();
    const one = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    const other = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte], payments: [{ tender: 'cash' }] } });
    const [open] = await changed(noon, noon + 1);
    expect(open.checks[0]).toMatchObject({ payments: [{ originalProcessingFee: null }] });
    const statuses = (await changed(noon, noon + 1)).map(
      (order: { checks: { paymentStatus: string }[] }) => order.checks[0]?.paymentStatus,
    );
    expect(statuses.toSorted()).toEqual(['CLOSED', 'PAID']);
    clock.advance(16 * hour);
    tills.closeout('shop-1');
    const night = noon + 16 * hour;
    const touched = await changed(night, night + 1);
    expect(touched).toHaveLength(2);
    expect(touched[0]).toMatchObject({ closedDate: stamp(night), businessDate: 20260306 });
    const byDay = await ask('/orders/v2/ordersBulk?businessDate=20260306');
    expect(byDay.body).toHaveLength(2);
    tills.void(one.id);
    const { body } = await ask(`/orders/v2/orders/${one.id}`);
    expect(body).toMatchObject({
      voided: false,
      checks: [{ payments: [{ refundStatus: 'FULL', paymentStatus: 'CAPTURED' }] }],
    });
    expect(() => tills.edit(other.id, { add: [latte] })).toThrow(/only refunds/);
    clock.advance(24 * hour);
    await renew();
    tills.closeout('shop-1');
    expect(await changed(night + 1, noon + 41 * hour)).toEqual([]);
  });

  test('merged checks: the one that gave its lines away is deleted', async () => {
    const { tills, ask } = await setUp();
    const into = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] }, until: 'open' });
    const from = tills.ring({ shopId: 'shop-1', ticket: { lines: [twoCroissants] }, until: 'open' });
    tills.merge(into.id, from.id);
    tills.pay(into.id);
    const [kept, gone] = [await ask(`/orders/v2/orders/${into.id}`), await ask(`/orders/v2/orders/${from.id}`)];
    expect(kept.body).toMatchObject({ deleted: false, checks: [{ totalAmount: 12.3, amount: 11.3 }] });
    expect(gone.body).toMatchObject({
      deleted: true,
      deletedDate: stamp(noon),
      checks: [{ deleted: true, totalAmount: 7.4 }],
    });
    expect(tills.books().totals).toMatchObject([{ payments: 1, paid: 1230 }]);
  });

  test('an order opened before the closeout hour belongs to the day before, however late it arrives', async () => {
    const { clock, tills, renew, ask, changed } = await setUp();
    clock.advance(30 * hour);
    await renew();
    const occurredAt = Date.parse('2026-03-06T08:59:59Z');
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] }, occurredAt, offline: true });
    const [order] = await changed(noon + 30 * hour, noon + 31 * hour);
    expect(order).toMatchObject({
      businessDate: 20260305,
      openedDate: stamp(occurredAt),
      createdDate: stamp(noon + 30 * hour),
    });
    expect((await ask('/orders/v2/ordersBulk?businessDate=20260305')).body).toHaveLength(1);
    expect(tills.books().totals).toMatchObject([{ businessDate: '2026-03-05' }]);
  });
});

test('all refunds of a payment are one object, and their items say how much of them came back', async () => {
  const { clock, tills, ask } = await setUp();
  const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [twoCroissants], tip: 100 } });
  const line = rung.lines[0]?.id ?? '';
  clock.advance(20 * hour);
  tills.refund(rung.id, { lines: [{ line, quantity: 1000 }] });
  const read = async () => (await ask(`/orders/v2/orders/${rung.id}`)).body.checks[0];
  const first = await read();
  expect(first.payments[0]).toMatchObject({
    refundStatus: 'PARTIAL',
    refund: { refundAmount: 3.7, tipRefundAmount: 0 },
  });
  expect(first.selections[0].refundDetails).toMatchObject({ refundAmount: 3.4, taxRefundAmount: 0.3 });
  tills.refund(rung.id);
  const second = await read();
  expect(second.payments).toHaveLength(1);
  expect(second.payments[0]).toMatchObject({ refundStatus: 'FULL', refund: { refundAmount: 7.4, tipRefundAmount: 1 } });
  expect(second.payments[0].refund).toMatchObject({ refundBusinessDate: 20260307 });
  expect(second.payments[0].refund.refundTransaction).not.toEqual(first.payments[0].refund.refundTransaction);
  expect(second).toMatchObject({ totalAmount: 7.4 });
  const guids = (day: string) => ask(`/orders/v2/payments?refundBusinessDate=${day}`);
  expect((await guids('20260307')).body).toEqual([second.payments[0].guid]);
  expect((await guids('20260306')).body).toEqual([]);
});

test('a deleted item is simply not on the menu any more', async () => {
  const { clock, tills, ask } = await setUp();
  const skus = async () =>
    (await ask('/menus/v2/menus')).body.menus[0].menuGroups[0].menuItems.map(({ sku }: { sku: string }) => sku);
  expect(await skus()).toContain('LAT-R');
  clock.advance(5000);
  tills.itemsOf('shop-1').delete('LAT-R');
  expect(await skus()).not.toContain('LAT-R');
  expect((await ask('/menus/v2/metadata')).body.lastUpdated).toBe(stamp(noon + 5000));
});

describe('rights and limits', () => {
  test('a token lasts a day, and a third login in an hour is refused', async () => {
    const { clock, tills, login, ask } = await setUp();
    expect((await login()).body).toMatchObject({ status: 'SUCCESS', token: { expiresIn: 86_400, refreshToken: null } });
    const third = await login();
    expect([third.status, third.headers.get('retry-after')]).toEqual([429, '3600']);
    expect(tills.logins()).toBe(2);
    clock.advance(24 * hour);
    expect((await ask('/menus/v2/metadata')).body).toMatchObject({ status: 401, canRetry: 'false' });
  });

  test('a restaurant that is not connected is forbidden, and none at all is a wrong question', async () => {
    const { tills, login, ask } = await setUp({ shops: [vendorShop(), vendorShop({ id: 'shop-2' })] });
    expect((await ask('/menus/v2/metadata', 'shop-2')).status).toBe(200);
    const { body } = await login();
    const bare = (headers: Record<string, string>) =>
      fetch(`${tills.url}/menus/v2/metadata`, {
        headers: { authorization: `Bearer ${body.token.accessToken}`, ...headers },
      });
    expect((await bare({})).status).toBe(400);
    expect((await bare({ 'toast-restaurant-external-id': 'nobody' })).status).toBe(403);
    const restaurant = await ask(`/restaurants/v1/restaurants/${tills.externalIdOf('shop-2')}`);
    expect(restaurant.body.general).toMatchObject({
      timeZone: 'America/New_York',
      closeoutHour: 4,
      currencyCode: 'USD',
    });
    expect((await ask('/partners/v1/connectedRestaurants')).body.results).toHaveLength(2);
  });

  test('every answer tells the tightest slice, and a full one says when it is over', async () => {
    const { clock, ask } = await setUp({ switches: { bulkPerSecond: 1 } });
    const bulk = '/orders/v2/ordersBulk?businessDate=20260306';
    const first = await ask(bulk);
    expect(Object.fromEntries(first.headers)).toMatchObject({
      'x-toast-ratelimit-by': 'ENDPOINT',
      'x-toast-ratelimit-remaining': '0',
      'x-toast-ratelimit-reset': String(noon / 1000 + 1),
    });
    const second = await ask(bulk);
    expect([second.status, second.headers.get('retry-after'), second.body.canRetry]).toEqual([429, '1', 'true']);
    expect((await ask('/menus/v2/metadata')).status).toBe(200);
    clock.advance(1000);
    expect((await ask(bulk)).status).toBe(200);
  });

  test('the paths hang under a base that the credentials come with', async () => {
    const { tills, ask } = await setUp({ switches: { basePath: '/ws-api' } });
    expect(new URL(tills.url).pathname).toBe('/ws-api');
    expect((await ask('/menus/v2/metadata')).status).toBe(200);
  });
});

describe('webhooks', () => {
  test.for([
    'in-body',
    'in-header',
  ] as const)('the whole order comes along, signed with the timestamp %s', async (signedTimestamp) => {
    const { tills } = await setUp({ switches: { signedTimestamp } });
    const receiver = await receiveWebhooks();
    closing.push(() => receiver.close());
    const { secret } = tills.subscribe(receiver.url);
    const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    await receiver.waitFor(1);
    await tills.webhooksSettled();
    expect(receiver.received).toHaveLength(1);
    const [{ headers, body } = { headers: {}, body: '' }] = receiver.received;
    const event = JSON.parse(body);
    expect(event).toMatchObject({ eventCategory: 'order_updated', details: { order: { guid: rung.id } } });
    expect(event.details.restaurantGuid).toBe(tills.externalIdOf('shop-1'));
    expect(event.timestamp).toMatch(/Z$/);
    const signed = signedTimestamp === 'in-body' ? event.timestamp : String(headers['toast-timestamp']);
    const proof = createHmac('sha256', secret).update(body).update(signed).digest('base64');
    expect(headers).toMatchObject({ 'toast-signature': proof, 'toast-attempt-number': '1' });
  });

  test.for([
    [503, 3],
    [404, 3],
    [400, 1],
    [302, 1],
  ] as const)('an answer of %i means %i tries in all, then the message is lost', async ([status, tries]) => {
    const { clock, tills } = await setUp();
    const receiver = await receiveWebhooks();
    closing.push(() => receiver.close());
    tills.subscribe(receiver.url);
    receiver.answer(status);
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    await receiver.waitFor(1);
    for (const minutes of [5, 10].slice(0, tries - 1)) {
      await expect.poll(clock.sleepers).toBe(1);
      clock.advance(minutes * 60_000);
    }
    await tills.webhooksSettled();
    expect(receiver.received.map(({ headers }) => headers['toast-attempt-number'])).toEqual(
      ['1', '2', '3'].slice(0, tries),
    );
    expect(tills.webhooks).toMatchObject({ lost: 1, delivered: 0 });
  });

  test('a receiver that fails too often is not called any more until support restarts it', async () => {
    const { clock, tills } = await setUp({ switches: { stopsDeliveries: true } });
    const receiver = await receiveWebhooks();
    closing.push(() => receiver.close());
    tills.subscribe(receiver.url);
    receiver.answer(400);
    for (let pause = 1; pause <= 9; pause++) {
      for (let n = 0; n < 50; n++) tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
      await tills.webhooksSettled();
      clock.advance(60_000);
    }
    expect(receiver.received).toHaveLength(450);
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    await tills.webhooksSettled();
    expect(receiver.received).toHaveLength(450);
    receiver.answer(200);
    tills.restartWebhooks();
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    await tills.webhooksSettled();
    expect(tills.webhooks).toMatchObject({ delivered: 1, lost: 451 });
  });
});
