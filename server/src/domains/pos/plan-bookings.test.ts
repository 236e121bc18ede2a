// The plan of a group commit, without a database: whatever the order in which versions come, the highest one stands, and
// what moved adds up to it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type SaleOnWire, saleOf, type Till, waitingAt } from '../../../test/factories/till.ts';
import { add, decimal, plain } from '../../platform/decimal.ts';
import { type BookingPlan, planBookings } from './plan-bookings.ts';

const now = new Date('2026-03-08T15:00:00Z');
const till: Till = {
  id: '01932c07-209b-7d5c-8a77-000000000001',
  locationId: '01932c07-209b-7d5c-8a77-000000000002',
  franchiseId: '01932c07-209b-7d5c-8a77-000000000003',
  franchiseeId: null,
};
const shop = { ...till, currency: 'USD', timeZone: 'America/New_York', closingHour: 4 };
const shops = new Map([[till.locationId, shop]]);

/** Every SKU is a product of the same id, but for those that begin with "new". */
function plan(...sales: SaleOnWire[]): BookingPlan {
  return planBookings(
    sales.map((sale) => waitingAt(till, sale, now)),
    {
      shops,
      booked: [],
      sold: [],
      now,
      productOf: (_waiting, { sku }) =>
        sku === null || sku.startsWith('new')
          ? null
          : { id: sku, franchiseId: till.franchiseId, sku, name: `The ${sku}` },
    },
  );
}

function movedBy({ movements }: BookingPlan): Record<string, string> {
  const sums = new Map<string, string>();
  for (const { productId, quantity } of movements) {
    sums.set(productId, plain(add(decimal(sums.get(productId) ?? '0'), decimal(quantity))));
  }
  return Object.fromEntries(sums);
}

test('a sale is one row, its lines, a movement a line and one event', () => {
  const { results, inserts, updates, lines, movements, events, unmapped } = plan(
    saleOf({ tea: 2, cake: 1 }, { externalId: 'a', total: 5 }),
  );
  expect(results).toEqual([{ externalId: 'a', version: 1, status: 'created', transactionId: inserts[0]?.id }]);
  expect([inserts.length, updates.length, lines.length, movements.length, events.length]).toEqual([1, 0, 2, 2, 1]);
  expect(unmapped).toEqual([]);
  expect(inserts[0]).toMatchObject({ totalAmount: '5', discrepancy: '2', businessDate: '2026-03-08' });
  expect(lines.map(({ lineNumber, productId, name }) => [lineNumber, productId, name])).toEqual([
    [1, 'tea', 'The tea'],
    [2, 'cake', 'The cake'],
  ]);
  expect(movements[0]).toMatchObject({
    type: 'sale',
    quantity: '-2',
    referenceType: 'pos_transaction',
    referenceId: inserts[0]?.id,
    performedBy: 'key:test',
  });
  expect(events[0]).toMatchObject({
    type: 'pos.transaction',
    operation: 'INSERT',
    record: { total_amount: 5, discrepancy: 2, external_transaction_id: 'a' },
    changeData: { totalAmount: 5, previousTotalAmount: null, discrepancy: 2, lines: [{ sku: 'tea', quantity: 2 }, {}] },
  });
});

test('versions of one sale in one commit are taken in their order; one row is written, every step is told', () => {
  const { results, inserts, lines, movements, events } = plan(
    saleOf({ tea: 3 }, { externalId: 'a' }),
    saleOf({ tea: 1, cake: 1 }, { externalId: 'a', version: 3, status: 'refunded' }),
    saleOf({ tea: 2 }, { externalId: 'a', version: 2 }),
    saleOf({ tea: 1, cake: 1 }, { externalId: 'a', version: 3, status: 'refunded' }),
    saleOf({ tea: 9 }, { externalId: 'a', version: 3 }),
  );
  expect(results.map(({ status, code }) => code ?? status)).toEqual([
    'created',
    'updated',
    'duplicate',
    'duplicate',
    'pos.version_reused',
  ]);
  expect(inserts).toMatchObject([{ version: 3, status: 'refunded', totalAmount: '2' }]);
  expect(lines.map(({ sku, quantity }) => [sku, quantity])).toEqual([
    ['tea', '1'],
    ['cake', '1'],
  ]);
  expect(movements.map(({ productId, quantity }) => [productId, quantity])).toEqual([
    ['tea', '-3'],
    ['tea', '2'],
    ['cake', '-1'],
  ]);
  expect(events.map(({ operation, changeData }) => [operation, changeData.previousTotalAmount])).toEqual([
    ['INSERT', null],
    ['UPDATE', 3],
  ]);
});

test('a product that nobody knows is sold without a movement, and waits', () => {
  const { lines, movements, unmapped } = plan(saleOf({ newcomer: 2, tea: 1 }, { externalId: 'a' }));
  expect(lines.map(({ productId }) => productId)).toEqual([null, 'tea']);
  expect(movements.map(({ productId }) => productId)).toEqual(['tea']);
  expect(unmapped).toMatchObject([{ externalProductId: 'newcomer', quantity: '2', lineNumber: 1 }]);
});

test('whatever the order and repetition of versions, the highest one stands and the movements add up to it', () => {
  const contents = fc.record({ tea: fc.integer({ min: 0, max: 5 }), cake: fc.integer({ min: 0, max: 5 }) });
  const arrivals = fc
    .array(contents, { minLength: 1, maxLength: 6 })
    .chain((versions) =>
      fc
        .array(fc.nat(versions.length - 1), { minLength: 1, maxLength: 15 })
        .map((order) =>
          order.map((index) => ({ version: index + 1, content: versions[index] ?? { tea: 0, cake: 0 } })),
        ),
    );
  fc.assert(
    fc.property(arrivals, (order) => {
      const done = plan(
        ...order.map(({ version, content }) => saleOf(content, { externalId: 'a', version, status: 'refunded' })),
      );
      const highest = order.reduce((a, b) => (b.version > a.version ? b : a));
      expect(done.inserts).toMatchObject([{ version: highest.version }]);
      const moved = movedBy(done);
      for (const sku of ['tea', 'cake'] as const) {
        expect(decimal(moved[sku] ?? '0').eq(decimal(String(-highest.content[sku])))).toBe(true);
      }
      expect(done.events).toHaveLength(done.results.filter(({ status }) => status !== 'duplicate').length);
    }),
  );
});
