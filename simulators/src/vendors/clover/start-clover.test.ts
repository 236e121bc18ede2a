import { afterEach, describe, expect, test } from 'vitest';
import { steppingClock } from '../../../test/stepping-clock.ts';
import { beans, latte, noon, twoCroissants, vendorShop } from '../../../test/vendor-shops.ts';
import { receiveWebhooks } from '../../../test/webhook-receiver.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { startClover } from './start-clover.ts';
import type { CloverSwitches } from './switches.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(options: Partial<VendorOptions<CloverSwitches>> = {}) {
  const clock = steppingClock(noon);
  const wide = { tokenPerSecond: 1000, appPerSecond: 1000, ...options.switches };
  const tills = await startClover({ clock, seed: 'clover', shops: [vendorShop()], ...options, switches: wide });
  closing.push(() => tills.close());
  const ask = async (path: string, token = tills.apiTokenOf('shop-1')) => {
    const url = `${tills.url}/v3/merchants/${tills.externalIdOf('shop-1')}${path}`;
    const answer = await fetch(url, { headers: { authorization: `Bearer ${token}` } });
    const text = await answer.text();
    return { status: answer.status, headers: answer.headers, body: text === '' ? undefined : JSON.parse(text) };
  };
  const rows = async (path: string) => (await ask(path)).body.elements;
  return { clock, tills, ask, rows };
}

const expandLines = 'expand=lineItems.modifications,lineItems.discounts,lineItems.taxRates';

describe('orders', () => {
  test('two of a thing are two lines, goods by weight one, and the parts add up to the total', async () => {
    const { tills, rows } = await setUp();
    const withMilk = { ...latte, modifiers: [{ name: 'Oat milk', price: 60 }] };
    const lines = [withMilk, { ...twoCroissants, discount: 81 }, beans];
    tills.ring({ shopId: 'shop-1', ticket: { lines, serviceCharge: 100, tip: 150 } });
    const [order] = await rows(`/orders?${expandLines}`);
    const units = order.lineItems.elements;
    expect(units.map(({ price }: { price: number }) => price)).toEqual([450, 340, 340, 2800, 100]);
    expect(units[3]).toMatchObject({ unitQty: 250, unitName: 'kg' });
    expect(units[0].modifications.elements).toMatchObject([{ name: 'Oat milk', amount: 60 }]);
    expect(units[0].taxRates.elements).toMatchObject([{ rate: 887_500 }]);
    const offs = units.map(
      (unit: { discounts?: { elements: { amount: number }[] } }) => unit.discounts?.elements[0]?.amount,
    );
    expect(offs).toEqual([undefined, -41, -40, undefined, undefined]);
    expect(units[4]).toMatchObject({ isOrderFee: true, isRevenue: true });
    const [sale] = tills.books().sales;
    expect(sale?.total).toBe(510 + 599 + 700 + (45 + 53 + 62) + 100);
    expect(order).toMatchObject({ total: sale?.total, currency: 'USD', paymentState: 'PAID', state: 'locked' });
    const [payment] = await rows('/payments?expand=tender');
    expect(payment).toMatchObject({ amount: sale?.total, tipAmount: 150, taxAmount: 160, result: 'SUCCESS' });
    expect(payment.tender.labelKey).toBe('com.clover.tender.credit_card');
  });

  test('expanded lists end at a hundred in silence, and a fourth expansion is refused', async () => {
    const { tills, ask, rows } = await setUp();
    const { id } = tills.ring({ shopId: 'shop-1', ticket: { lines: [{ ...latte, quantity: 130_000 }] } });
    const { body } = await ask(`/orders/${id}?expand=lineItems`);
    expect(body.lineItems.elements).toHaveLength(100);
    expect(await rows(`/orders/${id}/line_items?limit=1000`)).toHaveLength(130);
    expect(await rows(`/orders/${id}/line_items?limit=100&offset=100`)).toHaveLength(30);
    expect((await ask('/orders?expand=payments,refunds,credits,voids')).status).toBe(400);
  });

  test('an edited order has a new stamp, its struck lines stand under voids, and its own total may be old', async () => {
    const { clock, tills, ask } = await setUp({ switches: { orderTotals: 'as-opened' } });
    const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte, twoCroissants] } });
    clock.advance(90_500);
    tills.edit(rung.id, { voidLines: [rung.lines[0]?.id ?? ''] });
    const { body } = await ask(`/orders/${rung.id}?expand=lineItems,voids,payments`);
    expect(body.modifiedTime).toBe(noon + 90_000);
    expect(body.lineItems.elements).toHaveLength(2);
    expect(body.voids.elements).toMatchObject([{ lineItem: { name: 'Latte' } }]);
    expect(body.total).toBe(1230);
    expect(body.payments.elements[0].amount).toBe(740);
    expect(tills.books().sales[0]?.total).toBe(740);
  });

  test('the window filters both ends, the order can be chosen, and stamps are whole seconds', async () => {
    const { clock, tills, ask, rows } = await setUp();
    const rung = [];
    for (let n = 0; n < 4; n++) {
      rung.push(tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } }).id);
      clock.advance(700);
    }
    const ids = async (path: string) => (await rows(path)).map(({ id }: { id: string }) => id);
    expect(await ids('/orders?orderBy=modifiedTime+ASC')).toEqual(rung);
    expect(await ids('/orders')).toEqual(rung.toReversed());
    const from = `filter=modifiedTime>=${noon + 1000}`;
    expect(await ids(`/orders?${from}&orderBy=modifiedTime ASC`)).toEqual(rung.slice(2));
    expect(await ids(`/orders?${from}&filter=modifiedTime<=${noon + 1000}&orderBy=modifiedTime ASC`)).toEqual([
      rung[2],
    ]);
    expect(await ids('/orders?orderBy=modifiedTime ASC&limit=2&offset=1')).toEqual(rung.slice(1, 3));
    expect((await ask('/orders?filter=colour=red')).status).toBe(400);
    expect((await ask('/orders')).headers.get('x-clover-allowed-filter-fields')).toContain('modifiedTime');
  });

  test('test-mode orders are marked and not in the books', async () => {
    const { tills, rows } = await setUp();
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] }, testMode: true });
    expect(await rows('/orders')).toMatchObject([{ testMode: true }]);
    expect(tills.books().sales).toEqual([]);
  });
});

describe('what goes back', () => {
  test('refunds are rows that name single units, and the order changes with them', async () => {
    const { clock, tills, ask, rows } = await setUp();
    const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [twoCroissants] } });
    clock.advance(60_000);
    const line = rung.lines[0]?.id ?? '';
    tills.refund(rung.id, { lines: [{ line, quantity: 1000 }] });
    tills.refund(rung.id, { lines: [{ line, quantity: 1000 }] });
    const refunds = await rows('/refunds');
    expect(refunds.map(({ amount }: { amount: number }) => amount)).toEqual([370, 370]);
    const units = refunds.map(
      (refund: { lineItems: { elements: { id: string }[] } }) => refund.lineItems.elements[0]?.id,
    );
    expect(new Set(units).size).toBe(2);
    const { body } = await ask(`/orders/${rung.id}?expand=lineItems,refunds`);
    expect(body).toMatchObject({ paymentState: 'REFUNDED', modifiedTime: noon + 60_000 });
    expect(body.lineItems.elements.map(({ id }: { id: string }) => id).toSorted()).toEqual(units.toSorted());
    expect(body.refunds.elements).toHaveLength(2);
    expect(tills.books().totals).toMatchObject([{ paid: 740, refunds: 2, refunded: 740 }]);
  });

  test('a void within twenty-five minutes leaves nothing, later it becomes a refund', async () => {
    const { clock, tills, rows } = await setUp();
    const first = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    const second = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    tills.void(first.id);
    clock.advance(25 * 60_000);
    tills.void(second.id);
    const payments = await rows('/payments?orderBy=createdTime ASC');
    expect(payments.map(({ result }: { result: string }) => result)).toEqual(['VOIDED', 'SUCCESS']);
    expect(await rows('/refunds')).toHaveLength(1);
  });

  test('ninety days are all that refunds and payments go back, without a word', async () => {
    const { clock, tills, rows } = await setUp();
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    clock.advance(91 * 86_400_000);
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    expect(await rows('/payments')).toHaveLength(1);
    expect(await rows(`/payments?filter=modifiedTime<=${noon + 86_400_000}`)).toHaveLength(1);
    expect(await rows(`/orders?filter=modifiedTime>=${noon}`)).toHaveLength(2);
    expect(await rows(`/orders?filter=createdTime>=${noon}`)).toHaveLength(1);
  });

  test.for(['credits', 'absent'] as const)('money without a sale: the path is %s', async (creditsPath) => {
    const { tills, ask } = await setUp({ switches: { creditsPath } });
    tills.credit({ shopId: 'shop-1', amount: 500, tender: 'cash' });
    const answer = await ask('/credits');
    expect(answer.status).toBe(creditsPath === 'credits' ? 200 : 404);
    if (answer.status === 200) expect(answer.body.elements).toMatchObject([{ amount: 500 }]);
    expect(tills.books().totals).toMatchObject([{ tender: 'cash', refunded: 500 }]);
  });
});

test('an item keeps its SKU after it was deleted, if one asks for the deleted', async () => {
  const { clock, tills, ask, rows } = await setUp();
  const before = await rows('/items?filter=sku=LAT-R&expand=itemStock');
  expect(before).toMatchObject([{ sku: 'LAT-R', price: 450, deleted: false, itemStock: { quantity: 0 } }]);
  clock.advance(5000);
  tills.itemsOf('shop-1').delete('LAT-R');
  expect(await rows('/items?filter=sku=LAT-R')).toEqual([]);
  expect(await rows(`/items?filter=deleted=true&filter=modifiedTime>=${noon + 1}`)).toMatchObject([{ sku: 'LAT-R' }]);
  expect((await ask(`/items/${before[0].id}`)).body).toMatchObject({ sku: 'LAT-R', deleted: true });
});

describe('rights and limits', () => {
  test('a refresh token works once, and expiries are in seconds', async () => {
    const { clock, tills, ask } = await setUp();
    const merchant = tills.externalIdOf('shop-1');
    const query = new URLSearchParams({ client_id: tills.app.clientId, merchant_id: merchant });
    const consent = await fetch(`${tills.url}/oauth/v2/authorize?${query}`, { redirect: 'manual' });
    const back = new URL(consent.headers.get('location') ?? '');
    expect(back.searchParams.get('merchant_id')).toBe(merchant);
    const post = async (path: string, body: object) => {
      const answer = await fetch(`${tills.url}${path}`, { method: 'POST', body: JSON.stringify(body) });
      return { status: answer.status, body: await answer.json() };
    };
    const app = { client_id: tills.app.clientId, client_secret: tills.app.clientSecret };
    const { body } = await post('/oauth/v2/token', { ...app, code: back.searchParams.get('code') });
    expect(body.access_token_expiration).toBe(noon / 1000 + 1800);
    expect((await ask('/orders', body.access_token)).status).toBe(200);
    clock.advance(1800_000);
    expect((await ask('/orders', body.access_token)).status).toBe(401);
    const refresh = { client_id: app.client_id, refresh_token: body.refresh_token };
    const renewed = await post('/oauth/v2/refresh', refresh);
    expect((await ask('/orders', renewed.body.access_token)).status).toBe(200);
    expect((await post('/oauth/v2/refresh', refresh)).status).toBe(401);
    expect(tills.refreshes()).toBe(1);
  });

  test("a token opens its own merchant's door only", async () => {
    const { tills, ask } = await setUp({ shops: [vendorShop(), vendorShop({ id: 'shop-2' })] });
    expect((await ask('/orders', tills.apiTokenOf('shop-2'))).status).toBe(401);
    expect((await ask('/orders', 'nobody')).status).toBe(401);
    expect((await ask('')).body).toMatchObject({ name: 'Union Square', defaultCurrency: 'USD' });
    expect((await ask('/properties')).body).toMatchObject({ timezone: 'America/New_York' });
  });

  test('too many a second are refused until the second is over, and longer for who goes on', async () => {
    const { clock, ask } = await setUp({ switches: { tokenPerSecond: 2 } });
    await ask('/orders');
    await ask('/orders');
    const refused = await ask('/orders');
    expect([refused.status, refused.headers.get('x-ratelimit-tokenlimit')]).toEqual([429, '2']);
    expect(refused.headers.get('retry-after')).toBeNull();
    await ask('/orders');
    clock.advance(1000);
    expect((await ask('/orders')).status).toBe(429);
    clock.advance(1000);
    expect((await ask('/orders')).status).toBe(200);
  });

  test('too many at once say how long to wait', async () => {
    const hanging = Promise.withResolvers<void>();
    const { ask } = await setUp({ trouble: { hanging: hanging.promise } });
    const asked = Array.from({ length: 6 }, () => ask('/orders'));
    // Five hang; the one that came last is answered at once.
    const refused = await Promise.race(asked);
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([429, '1']);
    expect(refused.headers.get('x-ratelimit-tokenconcurrentlimit')).toBe('5');
    hanging.resolve();
    expect((await Promise.all(asked)).map(({ status }) => status).toSorted()).toEqual([200, 200, 200, 200, 200, 429]);
    expect((await ask('/orders')).status).toBe(200);
  });

  test.for([
    ['message', '{"message":"Not Found"}'],
    ['message-and-type', '{"message":"Not Found","type":"http_404"}'],
    ['none', ''],
  ] as const)('an error says %s', async ([errorBody, text]) => {
    const { tills } = await setUp({ switches: { errorBody } });
    const answer = await fetch(`${tills.url}/nowhere`);
    expect([answer.status, await answer.text()]).toEqual([404, text]);
  });
});

describe('webhooks', () => {
  test('a person carries the code over; then one message tells of several things, with a password and no ids', async () => {
    const { tills } = await setUp({ shops: [vendorShop(), vendorShop({ id: 'shop-2' })] });
    const receiver = await receiveWebhooks();
    closing.push(() => receiver.close());
    expect(await tills.setWebhookAddress(receiver.url)).toBe(200);
    const { verificationCode } = JSON.parse(receiver.received[0]?.body ?? '');
    expect(receiver.received[0]?.headers).not.toHaveProperty('x-clover-auth');
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    expect(() => tills.verifyWebhook('guessed')).toThrow();
    const password = tills.verifyWebhook(verificationCode);
    const one = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    tills.ring({ shopId: 'shop-2', ticket: { lines: [latte] } });
    await receiver.waitFor(2);
    await tills.webhooksSettled();
    expect(receiver.received).toHaveLength(2);
    expect(receiver.received[1]?.headers['x-clover-auth']).toBe(password);
    const { appId, merchants } = JSON.parse(receiver.received[1]?.body ?? '');
    expect(appId).toBe(tills.appId);
    expect(Object.keys(merchants).toSorted()).toEqual(['shop-1', 'shop-2'].map(tills.externalIdOf).toSorted());
    expect(merchants[tills.externalIdOf('shop-1')]).toContainEqual({
      objectId: `O:${one.id}`,
      type: 'CREATE',
      ts: noon,
    });
  });

  test('a message that was not taken is gone, unless the switch says otherwise', async () => {
    for (const webhookRetries of [0, 2]) {
      const { clock, tills } = await setUp({ switches: { webhookRetries } });
      const receiver = await receiveWebhooks();
      await tills.setWebhookAddress(receiver.url);
      tills.verifyWebhook(JSON.parse(receiver.received[0]?.body ?? '').verificationCode);
      receiver.answer(503);
      tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
      await receiver.waitFor(2);
      for (let retry = 0; retry < webhookRetries; retry++) {
        await expect.poll(clock.sleepers).toBe(1);
        clock.advance(30 * 60_000);
      }
      await tills.webhooksSettled();
      expect(tills.webhooks).toMatchObject({ attempts: 1 + webhookRetries, lost: 1 });
      await receiver.close();
    }
  });
});
