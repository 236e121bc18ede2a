// Days at their end: compared by a pure rule, proved against a simulated Square, and healed where the feed had a hole.
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PosServer, startPosServer } from '../../../../test/factories/pos-server.ts';
import { eventually } from '../../../../test/harness/eventually.ts';
import { openSquareShops, type SquareShops } from '../../../../test/vendors/square-shops.ts';
import { createReceiptChecker } from './check-receipts.ts';
import { compareDay, type DaySale } from './compare-day.ts';
import { findReceiptGaps } from './receipt-gaps.ts';

const sale = (externalId: string, total: string, part: Partial<DaySale> = {}): DaySale => ({
  ...{ kind: 'sale', externalId, version: 1, businessDate: '2026-03-08', total },
  tenders: [{ method: 'card', amount: total }],
  ...part,
});

describe('two sides of a day', () => {
  test('that agree have no difference, whatever their order; totals are exact', () => {
    const cents = fc.integer({ min: -100_000, max: 100_000 }).map((amount) => (amount / 100).toFixed(2));
    const methods = fc.constantFrom('card', 'cash', 'gift_card');
    const sales = fc.uniqueArray(fc.tuple(fc.uuid(), cents, methods), { selector: ([id]) => id });
    fc.assert(
      fc.property(sales, (rows) => {
        const side = rows.map(([id, total, method]) => sale(id, total, { tenders: [{ method, amount: total }] }));
        const { vendor, booked, differences } = compareDay(side, side.toReversed());
        expect(differences).toEqual([]);
        expect(vendor).toEqual(booked);
        const expected = rows.reduce((sum, [, total]) => sum + Math.round(Number(total) * 100), 0);
        expect(Math.round(Number(vendor.total) * 100)).toBe(expected);
        expect(vendor.tenders.reduce((sum, { count }) => sum + count, 0)).toBe(rows.length);
      }),
    );
  });

  test('that differ are told sale by sale', () => {
    const vendor = [sale('same', '1.00'), sale('missing', '2.00'), sale('more', '3.50')];
    const booked = [sale('same', '1.0'), sale('more', '3.00'), sale('unknown', '4.00')];
    expect(compareDay(vendor, booked).differences).toEqual([
      { kind: 'sale', externalId: 'missing', problem: 'missing', vendor: '2.00', booked: null },
      { kind: 'sale', externalId: 'more', problem: 'differs', vendor: '3.50', booked: '3.00' },
      { kind: 'sale', externalId: 'unknown', problem: 'unknown', vendor: null, booked: '4.00' },
    ]);
  });

  test('a sale that was booked in a later state than the vendor was asked for is no difference', () => {
    expect(compareDay([sale('a', '1.00')], [sale('a', '0.50', { version: 2 })]).differences).toEqual([]);
    expect(compareDay([sale('a', '1.00')], [sale('a', '1.00', { tenders: [] })]).differences).toHaveLength(1);
  });
});

test('a hole in the numbers of a till is found, whatever the order; other tills and other texts say nothing', () => {
  const receipts = fc.uniqueArray(fc.integer({ min: 100, max: 220 }), { minLength: 2, maxLength: 100 });
  fc.assert(
    fc.property(receipts, (numbers) => {
      const gaps = findReceiptGaps([
        ...numbers.map((number) => ({ registerId: 'a', receiptNumber: String(number) })),
        { registerId: 'b', receiptNumber: '150' },
        { registerId: 'a', receiptNumber: 'X-17' },
      ]);
      const missing = gaps.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
      const [least, most] = [Math.min(...numbers), Math.max(...numbers)];
      const expected = Array.from({ length: most - least + 1 }, (_, index) => least + index).filter(
        (number) => !numbers.includes(number),
      );
      expect(missing).toEqual(expected);
      expect(gaps.every(({ registerId }) => registerId === 'a')).toBe(true);
    }),
  );
});

test('the numbers of a day go on where the last day with some ended, unless the till began anew', () => {
  const on = (businessDate: string, ...numbers: number[]) =>
    numbers.map((number) => ({ businessDate, registerId: 'a', receiptNumber: String(number) }));
  const before = [...on('2026-03-05', 1, 2, 90), ...on('2026-03-06', 3, 4, 5)];
  expect(findReceiptGaps(on('2026-03-08', 8, 9), before)).toEqual([{ from: 6, to: 7, registerId: 'a' }]);
  expect(findReceiptGaps(on('2026-03-08', 6, 7), before)).toEqual([]);
  expect(findReceiptGaps(on('2026-03-08', 1, 2), before)).toEqual([]);
});

describe('at a till that pushes its sales', () => {
  let server: PosServer;
  beforeAll(async () => {
    server = await startPosServer();
  });
  afterAll(() => server.stop());

  const sell = async (receiptNumber: number, occurredAt: string) => {
    const line = { sku: 'tea', quantity: 1, unitPrice: 3, total: 3 };
    const transactions = [
      {
        ...{ externalId: `r-${receiptNumber}`, occurredAt, total: 3, currency: 'USD', lines: [line] },
        metadata: { receiptNumber: String(receiptNumber), registerId: '1' },
      },
    ];
    expect((await server.send({ transactions })).body).toMatchObject({ results: [{ status: 'created' }] });
  };
  const days = async () =>
    (await server.call('GET', `/v1/pos-systems/${server.till.id}/days?differing=true`)).body['items'];

  test('receipts that nobody sent are found by night, within a day and between two', async () => {
    for (const number of [1, 2, 5]) await sell(number, '2026-03-06T15:00:00Z');
    await sell(8, '2026-03-07T15:00:00Z');
    await sell(20, '2026-03-08T14:00:00Z');
    const checker = createReceiptChecker({ db: server.database.db, clock: server.clock, onError: () => undefined });
    await checker.start();
    await eventually(async () =>
      expect(await days()).toMatchObject([
        {
          businessDate: '2026-03-07',
          state: 'unproven',
          vendor: null,
          receiptGaps: [{ from: 6, to: 7, registerId: '1' }],
        },
        { businessDate: '2026-03-06', booked: { count: 3, total: '9' }, receiptGaps: [{ from: 3, to: 4 }] },
      ]),
    );
    await checker.stop();
    // The day that runs is nobody's business yet; one that somebody asks about is looked through at once.
    await sell(7, '2026-03-07T16:00:00Z');
    const path = `/v1/pos-systems/${server.till.id}/days`;
    expect(await server.call('POST', path, { body: { businessDate: '2026-03-08' } })).toMatchObject({
      body: { code: 'pos.day_not_over' },
    });
    const asked = await server.call('POST', path, { body: { businessDate: '2026-03-07' } });
    expect(asked).toMatchObject({ status: 202, body: { state: 'done', reason: 'repair' } });
    expect(await days()).toMatchObject([{ receiptGaps: [{ from: 6, to: 6 }] }, { businessDate: '2026-03-06' }]);
  });
});

describe('at a simulated Square', () => {
  let server: PosServer;
  let shops: SquareShops;
  beforeAll(async () => {
    server = await startPosServer({ poller: { lookMs: 50 } });
    shops = await openSquareShops(server);
    await shops.run();
  });
  afterAll(async () => {
    await server.stop();
    await shops.close();
  });

  async function prove(businessDate: string): Promise<Record<string, unknown>> {
    const path = `/v1/pos-systems/${shops.till.posSystemId}`;
    const asked = await server.call('POST', `${path}/days`, { body: { businessDate } });
    expect(asked.status).toBe(202);
    await eventually(async () => {
      const { body } = await server.call('GET', `${path}/syncs/${asked.body['id']}`);
      expect(body).toMatchObject({ state: 'done', reason: 'repair' });
    });
    const { body } = await server.call('GET', `${path}/days?limit=1`);
    return (body['items'] as Record<string, unknown>[])[0] ?? {};
  }

  test('a day is healed where the feed had a hole, equal afterwards, and told where it differs for good', async () => {
    shops.sell(shops.till.shopId);
    const missed = shops.sell(shops.till.shopId, 'scone');
    server.clock.advance(3_600_000);
    // A hole: the cursor stands beyond both sales, as if the vendor's feed had not shown them in time.
    await server.database.rows('update pos_connections set cursor_at = $1', [server.clock.now()]);
    server.clock.advance(3_600_000);
    await shops.run();
    expect(await server.database.rows('select 1 from pos_transactions')).toEqual([]);

    const early = await server.call('POST', `/v1/pos-systems/${shops.till.posSystemId}/days`, {
      body: { businessDate: '2026-03-08' },
    });
    expect(early).toMatchObject({ status: 422, body: { code: 'pos.day_not_over' } });
    server.clock.advance(24 * 3_600_000);
    expect(await prove('2026-03-08')).toMatchObject({
      ...{ businessDate: '2026-03-08', state: 'healed', repaired: 2, differences: [] },
      vendor: { count: 2, total: '7.75', tenders: [{ method: 'card', count: 2, total: '7.75' }] },
      booked: { count: 2, total: '7.75' },
    });
    expect(await prove('2026-03-08')).toMatchObject({ state: 'healed', repaired: 2, differences: [] });

    await server.database.rows('update pos_transactions set total_amount = 1 where external_transaction_id = $1', [
      missed,
    ]);
    expect(await prove('2026-03-08')).toMatchObject({
      state: 'different',
      differences: [{ externalId: missed, problem: 'differs', vendor: '3.25', booked: '1.00' }],
    });
    const { body } = await server.call('GET', `/v1/pos-systems/${shops.till.posSystemId}/days?differing=true`);
    expect(body['items']).toHaveLength(1);

    // Told once for as long as it differs by the same, and once more when it is in order.
    await prove('2026-03-08');
    const told = () =>
      server.database.rows(
        `select change_data from sync_events where event_type = 'pos.day_compared' and scope_id = $1 order by seq`,
        [shops.till.locationId],
      );
    const day = { posSystemId: shops.till.posSystemId, locationName: 'shop-1', businessDate: '2026-03-08' };
    const different = {
      ...day,
      state: 'different',
      vendorTotal: 7.75,
      bookedTotal: 5.5,
      bookedCount: 2,
      differences: 1,
    };
    expect(await told()).toMatchObject([{ change_data: different }]);
    await server.database.rows('update pos_transactions set total_amount = 3.25 where external_transaction_id = $1', [
      missed,
    ]);
    expect(await prove('2026-03-08')).toMatchObject({ state: 'healed' });
    expect(await told()).toMatchObject([
      { change_data: different },
      { change_data: { ...day, state: 'healed', vendorTotal: 7.75, bookedTotal: 7.75, differences: 0 } },
    ]);
  });

  test('the look back of the night goes over the days that are over, by itself', async () => {
    shops.sell(shops.till.shopId);
    server.clock.advance(2 * 24 * 3_600_000);
    await server.database.rows(`update pos_connections set next_scan_at = now() - interval '1 minute'`);
    const row = await shops.run();
    expect(new Date(String(row['next_scan_at'])).getTime()).toBeGreaterThan(
      new Date(String(row['started_at'])).getTime(),
    );
    await eventually(async () => {
      const days = await server.database.rows(
        `select business_date::text as day, state from pos_day_proofs where business_date > '2026-03-08' order by 1`,
      );
      expect(days).toEqual([
        { day: '2026-03-09', state: 'equal' },
        { day: '2026-03-10', state: 'equal' },
      ]);
    });
  });
});
