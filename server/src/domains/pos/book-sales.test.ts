// Group commits on real PostgreSQL: what a sale leaves behind, and that it leaves it once.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { addProducts, type Brand, foundBrand, openShop } from '../../../test/factories/brand.ts';
import { bookingOn, installTill, saleOf, stockOf, type Till, waitingAt } from '../../../test/factories/till.ts';
import { ManualClock } from '../../../test/harness/manual-clock.ts';
import { openTestDatabase, type TestDatabase } from '../../../test/harness/test-database.ts';
import { createSaleLanes } from './sale-lanes.ts';

const clock = new ManualClock('2026-03-08T15:00:00Z');
let database: TestDatabase;
let brand: Brand;
let booking: ReturnType<typeof bookingOn>;

beforeAll(async () => {
  database = await openTestDatabase();
  brand = await foundBrand(database);
  await addProducts(database, brand, ['tea', 'cake']);
  booking = bookingOn(database, clock);
});
afterAll(() => database.close());

async function newTill(): Promise<Till> {
  return installTill(database, await openShop(database, brand, { firm: true }));
}

async function countRows(locationId: string): Promise<Record<string, number>> {
  const [row] = await database.rows<Record<string, string>>(
    `select (select count(*) from pos_transactions where location_id = $1) as sales,
       (select count(*) from pos_transaction_items where location_id = $1) as lines,
       (select count(*) from stock_movements where location_id = $1) as movements,
       (select count(*) from sync_events where scope_id = $1 and event_type = 'pos.transaction') as "saleEvents",
       (select count(*) from sync_events where scope_id = $1 and event_type = 'inventory.update') as "stockEvents",
       (select count(*) from sync_events where scope_id = $1) as events,
       (select count(*) from unmapped_lines where location_id = $1) as unmapped,
       (select count(*) from sync_errors where location_id = $1) as errors`,
    [locationId],
  );
  return Object.fromEntries(Object.entries(row ?? {}).map(([name, count]) => [name, Number(count)]));
}

test('a sale leaves 1 row, its lines, their movements, its event, and one stock event an item', async () => {
  const till = await newTill();
  await booking.book(till, saleOf({ tea: 2, cake: 1 }, { externalId: 'a' }));
  expect(await countRows(till.locationId)).toEqual({
    sales: 1,
    lines: 2,
    movements: 2,
    saleEvents: 1,
    stockEvents: 2,
    events: 3,
    unmapped: 0,
    errors: 0,
  });
  // However many sales a commit has, an item is told of once.
  await booking.book(till, ...['b', 'c', 'd'].map((externalId) => saleOf({ tea: 1, cake: 2 }, { externalId })));
  expect(await countRows(till.locationId)).toMatchObject({
    sales: 4,
    lines: 8,
    movements: 8,
    saleEvents: 4,
    stockEvents: 4,
    events: 8,
  });
  expect(await stockOf(database, till.locationId)).toEqual({ cake: -7, tea: -5 });
});

test('the row is what the till said, in the terms of its shop', async () => {
  const till = await newTill();
  const sale = saleOf(
    { tea: 2 },
    {
      externalId: 'late',
      occurredAt: '2026-03-08T02:30:00-05:00',
      total: '2.50',
      paymentMethod: 'card',
      metadata: { registerId: 'r1' },
    },
  );
  const [result] = await booking.book(till, sale);
  const [row] = await database.rows(
    'select *, business_date::text as day from pos_transactions where location_id = $1',
    [till.locationId],
  );
  expect(row).toMatchObject({
    id: result?.transactionId,
    franchise_id: till.franchiseId,
    franchisee_id: till.franchiseeId,
    pos_system_id: till.id,
    kind: 'sale',
    external_transaction_id: 'late',
    version: '1',
    status: 'completed',
    transaction_timestamp: new Date('2026-03-08T07:30:00Z'),
    day: '2026-03-07',
    total_amount: '2.50',
    discrepancy: '0.50',
    payment_method: 'card',
    metadata: { registerId: 'r1' },
    created_at: clock.now(),
  });
  const [event] = await database.rows(
    `select * from sync_events where scope_id = $1 and event_type = 'pos.transaction'`,
    [till.locationId],
  );
  // The record of the event is the row, as far as a plain client sees it.
  expect(event?.['record']).toMatchObject({
    id: row?.['id'],
    business_date: '2026-03-07',
    total_amount: 2.5,
    version: 1,
  });
  expect(event).toMatchObject({ operation: 'INSERT', source_system: 'pos', location_id: till.locationId });
});

test('repeated in whatever company, a sale is booked once', async () => {
  const till = await newTill();
  const sale = saleOf({ tea: 1 }, { externalId: 'a' });
  const [first, twin] = await booking.book(till, sale, sale);
  expect([first?.status, twin?.status]).toEqual(['created', 'duplicate']);
  const [again, other] = await booking.book(till, sale, saleOf({ tea: 1 }, { externalId: 'b' }));
  expect([again?.status, other?.status]).toEqual(['duplicate', 'created']);
  expect(again?.transactionId).toBe(first?.transactionId);
  expect(await countRows(till.locationId)).toMatchObject({ sales: 2, movements: 2, saleEvents: 2, errors: 0 });
});

test('the same id at another till of the same shop is another sale', async () => {
  const till = await newTill();
  const neighbour = await installTill(database, till, 'Second till');
  await booking.book(till, saleOf({ tea: 1 }, { externalId: 'a' }));
  const [result] = await booking.book(neighbour, saleOf({ tea: 1 }, { externalId: 'a' }));
  expect(result?.status).toBe('created');
});

test('a higher version replaces the sale and moves the difference; what comes late changes nothing', async () => {
  const till = await newTill();
  await booking.book(till, saleOf({ tea: 3, cake: 1 }, { externalId: 'a' }));
  const [updated] = await booking.book(till, saleOf({ tea: 1, syrup: 1 }, { externalId: 'a', version: 5 }));
  expect(updated?.status).toBe('updated');
  const [late] = await booking.book(till, saleOf({ tea: 9 }, { externalId: 'a', version: 4 }));
  expect(late).toMatchObject({ status: 'duplicate', transactionId: updated?.transactionId });
  expect(await stockOf(database, till.locationId)).toEqual({ cake: 0, tea: -1 });
  expect(await countRows(till.locationId)).toMatchObject({
    sales: 1,
    lines: 2,
    movements: 4,
    saleEvents: 2,
    unmapped: 1,
  });
  const rows = await database.rows(
    `select operation, old_record, change_data from sync_events
     where scope_id = $1 and event_type = 'pos.transaction' order by seq`,
    [till.locationId],
  );
  expect(rows[1]).toMatchObject({
    operation: 'UPDATE',
    old_record: { location_id: till.locationId, id: updated?.transactionId, version: 1, total_amount: 4 },
    change_data: { version: 5, totalAmount: 2, previousTotalAmount: 4 },
  });
  // The next version takes the waiting line back with the others.
  await booking.book(till, saleOf({ cake: 2 }, { externalId: 'a', version: 6 }));
  expect(await countRows(till.locationId)).toMatchObject({ lines: 1, unmapped: 0 });
  expect(await stockOf(database, till.locationId)).toEqual({ cake: -2, tea: 0 });
});

test('refunds and voids give back what they leave; and versions sent backwards end at the same', async () => {
  const versions = [
    saleOf({ tea: 3, cake: 2 }, { externalId: 'a', version: 1 }),
    saleOf({ tea: 3, cake: 1 }, { externalId: 'a', version: 2, status: 'refunded' }),
    saleOf({ tea: 0, cake: 0 }, { externalId: 'a', version: 3, status: 'voided', total: 0 }),
  ];
  const forwards = await newTill();
  const stocks: unknown[] = [];
  for (const version of versions) {
    await booking.book(forwards, version);
    stocks.push(await stockOf(database, forwards.locationId));
  }
  expect(stocks).toEqual([
    { cake: -2, tea: -3 },
    { cake: -1, tea: -3 },
    { cake: 0, tea: 0 },
  ]);
  const backwards = await newTill();
  for (const version of versions.toReversed()) await booking.book(backwards, version);
  // Nothing of it ever left the shelf: there is not even an item.
  expect(await stockOf(database, backwards.locationId)).toEqual({});
  expect(await countRows(backwards.locationId)).toMatchObject({ sales: 1, movements: 0, saleEvents: 1 });
});

test('equal versions with other content: the booked one stands, the other is kept', async () => {
  const till = await newTill();
  await booking.book(till, saleOf({ tea: 1 }, { externalId: 'a' }));
  const changed = Buffer.from(JSON.stringify(saleOf({ tea: 2 }, { externalId: 'a' }), null, 2));
  const [result] = await booking.book(till, changed);
  expect(result).toMatchObject({ externalId: 'a', version: 1, status: 'rejected', code: 'pos.version_reused' });
  const kept = await database.rows('select * from sync_errors where location_id = $1', [till.locationId]);
  expect(kept).toMatchObject([
    {
      external_transaction_id: 'a',
      code: 'pos.version_reused',
      pos_system_id: till.id,
      raw_body: changed,
      state: 'open',
    },
  ]);
  expect(await stockOf(database, till.locationId)).toEqual({ tea: -1 });
});

test('a product that a mapping knows is sold by it, and an unknown one waits', async () => {
  const till = await newTill();
  const [productId] = await addProducts(database, brand, [`mapped ${till.id}`]);
  await database.rows(
    `insert into product_mappings (location_id, pos_system_id, external_product_id, franchise_id, product_id)
     values ($1, $2, 'btn-7', $3, $4)`,
    [till.locationId, till.id, till.franchiseId, productId],
  );
  const line = { quantity: 2, unitPrice: 1, total: 2 };
  const lines = [
    { ...line, externalProductId: 'btn-7' },
    { ...line, externalProductId: 'btn-8', name: 'Mystery' },
    { ...line, sku: 'no such sku', externalProductId: 'btn-7' },
  ];
  const [result] = await booking.book(till, saleOf({}, { externalId: 'a', total: 6, lines }));
  expect(result?.status).toBe('created');
  expect(await stockOf(database, till.locationId)).toEqual({ [`mapped ${till.id}`]: -4 });
  const waiting = await database.rows('select * from unmapped_lines where location_id = $1', [till.locationId]);
  expect(waiting).toMatchObject([
    { external_product_id: 'btn-8', name: 'Mystery', quantity: '2.0000', line_number: 2 },
  ]);
});

test('the same 200 sales from 8 connections at once: each is booked once, and the ledger is the stock', async () => {
  const till = await newTill();
  const sales = Array.from({ length: 200 }, (_, index) => saleOf({ tea: 1, cake: 2 }, { externalId: `s${index}` }));
  const senders = Array.from({ length: 8 }, (_, sender) =>
    // Each sends them in an order of its own, in batches of its own size.
    sendInBatches(rotated(sales, sender * 25), 10 + sender * 7),
  );
  async function sendInBatches(order: typeof sales, size: number): Promise<string[]> {
    const statuses: string[] = [];
    for (let start = 0; start < order.length; start += size) {
      const batch = order.slice(start, start + size).map((sale) => waitingAt(till, sale, clock.now()));
      for (const outcome of await booking.commit(batch))
        statuses.push('result' in outcome ? outcome.result.status : 'failed');
    }
    return statuses;
  }
  const statuses = (await Promise.all(senders)).flat();
  expect(statuses.filter((status) => status === 'created')).toHaveLength(200);
  expect(statuses.filter((status) => status === 'duplicate')).toHaveLength(1_400);
  expect(await countRows(till.locationId)).toMatchObject({ sales: 200, lines: 400, movements: 400, saleEvents: 200 });
  expect(await stockOf(database, till.locationId)).toEqual({ cake: -400, tea: -200 });
});

function rotated<T>(list: readonly T[], by: number): T[] {
  return [...list.slice(by), ...list.slice(0, by)];
}

test('a commit that mixes brands and firms leaves each row with its own owner, and no foreign one', async () => {
  const other = await foundBrand(database, 'Other brand');
  await addProducts(database, other, ['tea']);
  const tills = [
    await newTill(),
    await newTill(),
    await installTill(database, await openShop(database, other, { firm: true })),
    await installTill(database, await openShop(database, other)),
  ];
  const sales = Array.from({ length: 100 }, (_, index) => {
    const till = tills[index % tills.length] as Till;
    return waitingAt(till, saleOf({ tea: 1, [`x${index}`]: 1 }, { externalId: `mixed ${index}` }), clock.now());
  });
  const outcomes = await booking.commit([...sales, waitingAt(tills[2] as Till, Buffer.from('{}'), clock.now())]);
  expect(outcomes).toHaveLength(101);
  for (const till of tills) {
    for (const table of [
      'pos_transactions',
      'pos_transaction_items',
      'unmapped_lines',
      'inventory_items',
      'stock_movements',
      'sync_events',
    ]) {
      const owners = await database.rows(
        `select distinct franchise_id, franchisee_id from ${table} where location_id = $1`,
        [till.locationId],
      );
      expect([table, owners]).toEqual([table, [{ franchise_id: till.franchiseId, franchisee_id: till.franchiseeId }]]);
    }
    // A brand's product of the same SKU is its own.
    const products = await database.rows(
      `select distinct p.franchise_id from pos_transaction_items l join products p on p.id = l.product_id
       where l.location_id = $1`,
      [till.locationId],
    );
    expect(products).toEqual([{ franchise_id: till.franchiseId }]);
    expect(await stockOf(database, till.locationId)).toEqual({ tea: -25 });
  }
});

test('lanes that are stopped have booked all that was sent', async () => {
  const till = await newTill();
  const lanes = createSaleLanes({ commit: booking.commit, delayMs: 2 ** 30 });
  await lanes.start();
  const sales = Array.from({ length: 30 }, (_, index) =>
    waitingAt(till, saleOf({ tea: 1 }, { externalId: `s${index}` }), clock.now()),
  );
  const answers = Promise.all(sales.map((sale) => lanes.enqueue([sale])));
  await lanes.stop();
  expect((await answers).flat().map(({ status }) => status)).toEqual(Array.from({ length: 30 }, () => 'created'));
  expect(await countRows(till.locationId)).toMatchObject({ sales: 30, movements: 30, stockEvents: 1 });
});

test('a refund is a row of its own, and its goods go back to the shelf', async () => {
  const till = await newTill();
  await booking.book(till, saleOf({ tea: 3 }, { externalId: 'a' }));
  const refund = {
    ...saleOf({ tea: -2 }, { externalId: 'a' }),
    kind: 'refund',
    refundOf: 'a',
    occurredAt: '2026-03-08T14:00:00Z',
    businessDate: '2026-03-09',
    tenders: [{ method: 'cash', amount: -2 }],
  };
  const results = await booking.book(till, refund, refund);
  expect(results.map(({ status }) => status)).toEqual(['created', 'duplicate']);
  expect(await stockOf(database, till.locationId)).toEqual({ tea: -1 });
  const rows = await database.rows(
    `select kind, refund_of, business_date::text as day, total_amount, breakdown from pos_transactions
     where location_id = $1 order by kind`,
    [till.locationId],
  );
  expect(rows).toMatchObject([
    { kind: 'refund', refund_of: 'a', day: '2026-03-09', total_amount: '-2.00', breakdown: { unpaid: 0 } },
    { kind: 'sale', refund_of: null, day: '2026-03-08', total_amount: '3.00', breakdown: null },
  ]);
  const [event] = await database.rows(
    `select change_data, record from sync_events where scope_id = $1 and record->>'kind' = 'refund'`,
    [till.locationId],
  );
  expect(event).toMatchObject({ change_data: { kind: 'refund', refundOf: 'a' }, record: { refund_of: 'a' } });
  // A refund that did not come about takes its goods from the shelf again.
  await booking.book(till, { ...refund, version: 2, status: 'voided', total: 0, lines: [], tenders: [] });
  expect(await stockOf(database, till.locationId)).toEqual({ tea: -3 });
});

test('what was fetched replaces its own version where the content differs, and moves the difference', async () => {
  const till = await newTill();
  const fetched = async (quantity: number) => {
    const waiting = waitingAt(till, saleOf({ tea: quantity }, { externalId: 'a', version: 5 }), clock.now());
    const [outcome] = await booking.commit([{ ...waiting, isFetched: true }]);
    return outcome !== undefined && 'result' in outcome ? outcome.result.status : outcome;
  };
  expect([await fetched(1), await fetched(3), await fetched(3), await fetched(2)]).toEqual([
    'created',
    'updated',
    'duplicate',
    'updated',
  ]);
  expect(await stockOf(database, till.locationId)).toEqual({ tea: -2 });
});
