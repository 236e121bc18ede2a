import { SquareClient, SquareError } from 'square';
import { afterEach, describe, expect, test } from 'vitest';
import { steppingClock } from '../../../test/stepping-clock.ts';
import { beans, latte, noon, twoCroissants, vendorShop } from '../../../test/vendor-shops.ts';
import type { VendorOptions } from '../vendor-options.ts';
import { type SquareTills, startSquare } from './start-square.ts';
import type { SquareSwitches } from './switches.ts';

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0)) await close();
});

async function setUp(options: Partial<VendorOptions<SquareSwitches>> = {}) {
  const clock = steppingClock(noon);
  const tills = await startSquare({ clock, seed: 'square', shops: [vendorShop()], ...options });
  closing.push(() => tills.close());
  const client = clientOf(tills);
  return { clock, tills, client, shop: tills.externalIdOf('shop-1') };
}

const clientOf = (tills: SquareTills, token = tills.accessToken) =>
  new SquareClient({ token, baseUrl: tills.url, maxRetries: 0 });

const refusal = (code: string, statusCode: number) => ({ statusCode, errors: [expect.objectContaining({ code })] });

const iso = (instant: number) => new Date(instant).toISOString();

const window = (startAt: number, endAt: number) => ({
  filter: { dateTimeFilter: { updatedAt: { startAt: iso(startAt), endAt: iso(endAt) } } },
  sort: { sortField: 'UPDATED_AT' as const, sortOrder: 'ASC' as const },
});

describe('through the official client', () => {
  test('a sale is found by what was changed, with its money to the cent', async () => {
    const { tills, client, shop } = await setUp();
    const ticket = { lines: [latte, { ...twoCroissants, discount: 80 }, beans], discountPercent: 10, tip: 200 };
    const rung = tills.ring({ shopId: 'shop-1', ticket });
    const { orders = [], cursor } = await client.orders.search({ locationIds: [shop], query: window(noon, noon) });
    expect(cursor).toBeUndefined();
    expect(orders).toHaveLength(1);
    const [order] = orders;
    expect(order).toMatchObject({ id: rung.id, locationId: shop, state: 'COMPLETED' });
    expect(order?.version).toBeUndefined();
    const [sale] = tills.books().sales;
    // 450 + 600 + 700, less ten percent, and 8.875 % tax on each line.
    expect(sale).toMatchObject({ total: 405 + 540 + 630 + 36 + 48 + 56, tax: 140, tip: 200 });
    expect(order?.totalMoney).toEqual({ amount: BigInt((sale?.total ?? 0) + 200), currency: 'USD' });
    const lines = order?.lineItems ?? [];
    const total = lines.reduce((all, line) => all + (line.totalMoney?.amount ?? 0n), 0n);
    expect(total).toBe(BigInt(sale?.total ?? 0));
    expect(lines.map(({ quantity }) => quantity)).toEqual(['1', '2', '0.25']);
    expect(order?.tenders?.[0]?.amountMoney?.amount).toBe(order?.totalMoney?.amount);
  });

  test('the item behind a line is found in the catalog, and stays known after it was deleted', async () => {
    const { clock, tills, client, shop } = await setUp();
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    const { orders = [] } = await client.orders.search({ locationIds: [shop], query: window(noon, noon) });
    const variation = orders[0]?.lineItems?.[0]?.catalogObjectId ?? '';
    const find = async (includeDeletedObjects: boolean) =>
      (await client.catalog.batchGet({ objectIds: [variation], includeDeletedObjects })).objects ?? [];
    expect(await find(false)).toMatchObject([{ type: 'ITEM_VARIATION', itemVariationData: { sku: 'LAT-R' } }]);
    clock.advance(1000);
    tills.itemsOf('shop-1').delete('LAT-R');
    expect(await find(false)).toEqual([]);
    expect(await find(true)).toMatchObject([{ isDeleted: true, itemVariationData: { sku: 'LAT-R' } }]);
    const changed = await client.catalog.search({ beginTime: iso(noon), includeDeletedObjects: true });
    expect(changed.objects?.map(({ type }) => type).sort()).toEqual(['ITEM', 'ITEM_VARIATION']);
    const listed = [];
    for await (const object of await client.catalog.list({ types: 'ITEM_VARIATION' })) listed.push(object);
    expect(listed).toHaveLength(23);
  });

  test('payments leave the tip out of their amount, and refunds come one by one, each with its return order', async () => {
    const { clock, tills, client, shop } = await setUp();
    const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte, twoCroissants], tip: 150 } });
    clock.advance(60_000);
    const croissants = rung.lines[1]?.id ?? '';
    const first = tills.refund(rung.id, { lines: [{ line: croissants, quantity: 1000 }] });
    const second = tills.refund(rung.id, { amount: 100 });
    const payments = [];
    for await (const payment of await client.payments.list({ locationId: shop })) payments.push(payment);
    const [payment] = payments;
    // 490 and 740 with tax: 450 + 40, 680 + 60.
    expect(payment).toMatchObject({ amountMoney: { amount: 1230n }, tipMoney: { amount: 150n } });
    expect(payment?.refundedMoney?.amount).toBe(470n);
    const refunds = [];
    for await (const refund of await client.refunds.list({ sortOrder: 'ASC' })) refunds.push(refund);
    expect(refunds.map(({ orderId }) => orderId).sort()).toEqual([first.id, second.id].sort());
    const { orders = [] } = await client.orders.batchGet({ orderIds: [first.id, second.id] });
    expect(orders.map((order) => order.totalMoney?.amount)).toEqual([0n, 0n]);
    const lines = orders.map((order) => order.returns?.[0]?.returnLineItems?.[0]);
    expect(lines).toMatchObject([
      { sourceLineItemUid: croissants, quantity: '1', totalMoney: { amount: 370n } },
      { itemType: 'CUSTOM_AMOUNT', totalMoney: { amount: 100n } },
    ]);
    expect(orders[0]?.returns?.[0]?.sourceOrderId).toBe(rung.id);
    const sold = await client.orders.get({ orderId: rung.id });
    expect(sold.order).toMatchObject({ state: 'COMPLETED', totalMoney: { amount: 1380n } });
  });

  test('an exchange sells and takes back in one order, and only the difference is paid', async () => {
    const { tills, client } = await setUp();
    const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    const exchange = { lines: [{ line: rung.lines[0]?.id ?? '' }], ticket: { lines: [twoCroissants] } };
    const exchanged = tills.exchange(rung.id, exchange);
    const { order } = await client.orders.get({ orderId: exchanged.id });
    expect(order).toMatchObject({ totalMoney: { amount: 740n }, returnAmounts: { totalMoney: { amount: 490n } } });
    expect(order?.netAmounts?.totalMoney?.amount).toBe(250n);
    expect(order?.tenders).toMatchObject([{ amountMoney: { amount: 250n } }]);
    expect(order?.returns?.[0]?.sourceOrderId).toBe(rung.id);
    expect(tills.books().totals).toMatchObject([{ tender: 'card', paid: 490 + 250, refunded: 0 }]);
    expect([...(tills.books().itemsSold.get('shop-1') ?? [])]).toEqual([
      ['LAT-R', 0],
      ['CRO-1', 2000],
    ]);
    // What was traded in is not paid out a second time.
    expect(() => tills.refund(rung.id, { amount: 500 })).toThrow(/more would go back/);
  });

  test('an authorised payment can be cancelled, a completed one only refunded', async () => {
    const { tills, client, shop } = await setUp();
    const approved = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] }, until: 'approved' });
    const completed = tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    expect(tills.void(approved.id).state).toBe('voided');
    expect(tills.void(completed.id).state).toBe('completed');
    const { orders = [] } = await client.orders.search({ locationIds: [shop] });
    expect(orders.map(({ state }) => state).sort()).toEqual(['CANCELED', 'COMPLETED', 'COMPLETED']);
    const payments = [];
    for await (const payment of await client.payments.list({ locationId: shop })) payments.push(payment);
    expect(payments.map(({ status }) => status).sort()).toEqual(['CANCELED', 'COMPLETED']);
    expect(tills.books().totals).toMatchObject([{ payments: 1, paid: 490, refunded: 490 }]);
  });

  test('stock goes down with what is sold and up with what comes back', async () => {
    const { clock, tills, client, shop } = await setUp();
    clock.advance(1000);
    const rung = tills.ring({ shopId: 'shop-1', ticket: { lines: [twoCroissants, beans] } });
    tills.refund(rung.id, { lines: [{ line: rung.lines[0]?.id ?? '', quantity: 1000 }] });
    const counts = [];
    const request = { locationIds: [shop], updatedAfter: iso(noon), limit: 1 };
    for await (const count of await client.inventory.batchGetCounts(request)) counts.push(count);
    expect(counts.map(({ quantity }) => quantity).toSorted()).toEqual(['-0.25', '-1']);
    expect(counts[0]).toMatchObject({ state: 'IN_STOCK', locationId: shop, catalogObjectType: 'ITEM_VARIATION' });
  });

  test('locations tell their zone and currency', async () => {
    const { client, shop } = await setUp();
    const { locations } = await client.locations.list();
    expect(locations).toMatchObject([{ id: shop, timezone: 'America/New_York', currency: 'USD' }]);
  });
});

describe('searching orders', () => {
  test('both ends of the window are inclusive, and a cursor walks over equal stamps without a hole', async () => {
    const { clock, tills, client, shop } = await setUp();
    const rung = [];
    for (let n = 0; n < 7; n++) {
      rung.push(tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } }).id);
      if (n % 3 === 2) clock.advance(1000);
    }
    const found: string[] = [];
    let cursor: string | undefined;
    do {
      const page = { locationIds: [shop], limit: 2, query: window(noon, noon + 2000) };
      const answer = await client.orders.search({ ...page, ...(cursor ? { cursor } : {}) });
      found.push(...(answer.orders ?? []).map(({ id }) => id ?? ''));
      cursor = answer.cursor;
    } while (cursor);
    expect(found.toSorted()).toEqual(rung.toSorted());
    const middle = await client.orders.search({ locationIds: [shop], query: window(noon + 1000, noon + 1000) });
    expect(middle.orders).toHaveLength(3);
  });

  test('without an end the window ends at the first page', async () => {
    const { clock, tills, client, shop } = await setUp();
    for (let n = 0; n < 3; n++) tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    const query = { ...window(noon, noon), filter: { dateTimeFilter: { updatedAt: { startAt: iso(noon) } } } };
    const first = await client.orders.search({ locationIds: [shop], limit: 2, query });
    clock.advance(1000);
    tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    const cursor = first.cursor ?? '';
    const second = await client.orders.search({ locationIds: [shop], limit: 2, query, cursor });
    expect(second.orders).toHaveLength(1);
    expect(second.cursor).toBeUndefined();
  });

  test('wrong questions are refused in words', async () => {
    const { tills, client, shop } = await setUp();
    for (let n = 0; n < 3; n++) tills.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
    const query = window(noon, noon);
    const search = (request: Parameters<typeof client.orders.search>[0]) => client.orders.search(request);
    await expect(search({})).rejects.toMatchObject(refusal('MISSING_REQUIRED_PARAMETER', 400));
    const eleven = Array.from({ length: 11 }, () => shop);
    await expect(search({ locationIds: eleven })).rejects.toMatchObject(refusal('ARRAY_LENGTH_TOO_LONG', 400));
    const unsorted = { locationIds: [shop], query: { filter: query.filter } };
    await expect(search(unsorted)).rejects.toMatchObject(refusal('BAD_REQUEST', 400));
    const { cursor = '' } = await search({ locationIds: [shop], limit: 1, query });
    const other = { locationIds: [shop], limit: 1, query: window(noon, noon + 1), cursor };
    await expect(search(other)).rejects.toMatchObject(refusal('INVALID_CURSOR', 400));
    await expect(client.orders.get({ orderId: 'none' })).rejects.toMatchObject(refusal('NOT_FOUND', 404));
    await expect(search({ locationIds: [shop] })).resolves.toHaveProperty('orders');
  });
});

test('payments of the other locations are missing unless they are asked for, and new rows are listed late', async () => {
  const shops = [vendorShop(), vendorShop({ id: 'shop-2' })];
  const { clock, tills, client } = await setUp({ shops, trouble: { listedAfterMs: 3000 } });
  tills.ring({ shopId: 'shop-2', ticket: { lines: [latte] } });
  const count = async (locationId?: string) =>
    (await client.payments.list(locationId === undefined ? {} : { locationId })).data.length;
  expect(await count(tills.externalIdOf('shop-2'))).toBe(0);
  clock.advance(3000);
  expect(await count(tills.externalIdOf('shop-2'))).toBe(1);
  expect(await count()).toBe(0);
  const wide = await setUp({ shops, switches: { paymentsOf: 'all-locations' } });
  wide.tills.ring({ shopId: 'shop-2', ticket: { lines: [latte] } });
  expect((await wide.client.payments.list({})).data).toHaveLength(1);
});

describe('OAuth', () => {
  async function consent(tills: SquareTills, extra: Record<string, string> = {}) {
    const query = new URLSearchParams({ client_id: tills.app.clientId, state: 'mine', scope: 'ORDERS_READ', ...extra });
    const answer = await fetch(`${tills.url}/oauth2/authorize?${query}`, { redirect: 'manual' });
    const back = new URL(answer.headers.get('location') ?? '');
    expect(back.searchParams.get('state')).toBe('mine');
    return back.searchParams.get('code') ?? '';
  }

  test('a code gives access for thirty days once, and the same refresh token renews it', async () => {
    const { clock, tills, client, shop } = await setUp();
    const { clientId, clientSecret } = tills.app;
    const code = await consent(tills);
    const exchange = { clientId, clientSecret, grantType: 'authorization_code', code };
    const tokens = await client.oAuth.obtainToken(exchange);
    expect(tokens).toMatchObject({ tokenType: 'bearer', expiresAt: iso(noon + 30 * 86_400_000), shortLived: false });
    await expect(client.oAuth.obtainToken(exchange)).rejects.toBeInstanceOf(SquareError);
    const app = clientOf(tills, tokens.accessToken);
    await expect(app.orders.search({ locationIds: [shop] })).resolves.toBeDefined();
    await expect(app.payments.list({})).rejects.toMatchObject(refusal('INSUFFICIENT_SCOPES', 403));
    clock.advance(30 * 86_400_000);
    const late = app.orders.search({ locationIds: [shop] });
    await expect(late).rejects.toMatchObject(refusal('ACCESS_TOKEN_EXPIRED', 401));
    const refreshToken = tokens.refreshToken ?? '';
    const renewed = await client.oAuth.obtainToken({
      clientId,
      clientSecret,
      grantType: 'refresh_token',
      refreshToken,
    });
    expect(renewed.refreshToken).toBe(refreshToken);
    const again = clientOf(tills, renewed.accessToken);
    await expect(again.orders.search({ locationIds: [shop] })).resolves.toBeDefined();
    tills.revokeAccess();
    await expect(again.orders.search({ locationIds: [shop] })).rejects.toMatchObject(
      refusal('ACCESS_TOKEN_REVOKED', 401),
    );
  });

  test('a public client proves itself by its verifier, and its refresh token is used up', async () => {
    const { tills, client } = await setUp();
    const { clientId } = tills.app;
    // RFC 7636, appendix B.
    const codeVerifier = 'dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk';
    const code = await consent(tills, { code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM' });
    const tokens = await client.oAuth.obtainToken({ clientId, grantType: 'authorization_code', code, codeVerifier });
    const renew = { clientId, grantType: 'refresh_token', refreshToken: tokens.refreshToken ?? '' };
    const renewed = await client.oAuth.obtainToken(renew);
    expect(renewed.refreshToken).not.toBe(tokens.refreshToken);
    await expect(client.oAuth.obtainToken(renew)).rejects.toMatchObject({ statusCode: 401 });
    expect(tills.refreshes()).toBe(1);
  });

  test('without a token nothing is read', async () => {
    const { tills, shop } = await setUp();
    const stranger = clientOf(tills, 'nobody');
    await expect(stranger.orders.search({ locationIds: [shop] })).rejects.toMatchObject(refusal('UNAUTHORIZED', 401));
  });
});

describe('trouble', () => {
  test('limits and faults answer as Square does, and the client tells them apart', async () => {
    const limited = await setUp({ switches: { requestsPerSecond: 2 } });
    const ask = () => limited.client.locations.list();
    await ask();
    await ask();
    await expect(ask()).rejects.toMatchObject(refusal('RATE_LIMITED', 429));
    limited.clock.advance(1000);
    await expect(ask()).resolves.toBeDefined();
    const failing = await setUp({ trouble: { failing: 1 } });
    await expect(failing.client.locations.list()).rejects.toMatchObject({ statusCode: 500 });
    failing.tills.trouble.failing = 0;
    failing.tills.trouble.cut = 1;
    await expect(failing.client.locations.list()).rejects.toThrow();
    failing.tills.trouble.cut = 0;
    await expect(failing.client.locations.list()).resolves.toBeDefined();
  });

  test.for([true, false])('Retry-After comes along: %s', async (retryAfter) => {
    const { tills } = await setUp({ trouble: { rateLimited: 1 }, switches: { retryAfter } });
    const answer = await fetch(`${tills.url}/v2/locations`);
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([429, retryAfter ? '1' : null]);
  });
});
