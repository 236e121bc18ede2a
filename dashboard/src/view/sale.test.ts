import type { SaleChange, SyncEvent, Transaction } from '@tillstream/client';
import { expect, test } from 'vitest';
import { saleFromEvent, saleFromTransaction } from './sale.ts';
import { SalesHour } from './sales-hour.ts';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 20, 14, minute)).toISOString();

const change: SaleChange = {
  ...{ transactionId: 'sale-1', externalId: 'receipt-1', posSystemId: 'till', locationId: 'shop', version: 1 },
  ...{ status: 'completed', currency: 'USD', totalAmount: 9, previousTotalAmount: null, discrepancy: 0 },
  ...{ paymentMethod: null, occurredAt: at(5), businessDate: '2026-11-20' },
  lines: [{ productId: null, sku: null, name: null, quantity: 2, unitPrice: 4.5, totalPrice: 9 }],
};

function event(occurredAt: string, recordedAt: string): SyncEvent & { changeData: SaleChange } {
  return {
    ...{ id: 'event-1', eventType: 'pos.transaction', entityType: 'pos_transaction', entityId: 'sale-1' },
    ...{ sourceSystem: 'pos', targetSystems: [], franchiseId: 'brand', franchiseeId: null, locationId: 'shop' },
    ...{ timestamp: new Date(occurredAt), recordedAt: new Date(recordedAt) },
    changeData: { ...change, occurredAt },
  };
}

function transaction(occurredAt: string, createdAt: string): Transaction {
  return {
    ...change,
    ...{ id: 'sale-1', franchiseId: 'brand', franchiseeId: null, metadata: {}, occurredAt, createdAt },
    ...{ kind: 'sale', refundOf: null, breakdown: null },
    updatedAt: createdAt,
    lines: change.lines.map((line) => ({ ...line, externalProductId: null, modifiers: [] })),
  };
}

test('the event of a sale and its row in the list are the same sale', () => {
  expect(saleFromEvent(event(at(5), at(6)))).toEqual(saleFromTransaction(transaction(at(5), at(6))));
});

test('a refund of its own is none in the count, and less in the takings', () => {
  const refund = {
    ...event(at(7), at(7)),
    changeData: { ...change, transactionId: 'r', kind: 'refund', totalAmount: -4 } as const,
  };
  const hour = new SalesHour();
  hour.apply(saleFromEvent(event(at(5), at(6))));
  hour.apply(saleFromEvent(refund));
  expect(hour.totals(Date.parse(at(8)))).toEqual({ count: 1, revenue: new Map([['USD', 500]]) });
});

test('a sale of a till whose clock is ahead is counted when it was recorded, not when its minute comes', () => {
  expect(saleFromEvent(event(at(9), at(6))).occurredAtMs).toBe(Date.parse(at(6)));
  expect(saleFromTransaction(transaction(at(9), at(6))).occurredAtMs).toBe(Date.parse(at(6)));
});

test('a line of a product that nobody has mapped is shown all the same', () => {
  expect(saleFromEvent(event(at(5), at(6))).items).toEqual([{ name: 'Unknown item', quantity: 2 }]);
});
