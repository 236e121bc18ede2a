// What a total holds besides its lines, and refunds, as the parser of a sale reads them.
import { expect, test } from 'vitest';
import { parseSale } from './parse-sale.ts';

const now = new Date('2026-03-08T12:00:00Z');
const line = { sku: 'tea', quantity: 2, unitPrice: '2.50', total: 5 };
const refundedLine = { sku: 'tea', quantity: -1, unitPrice: '2.50', total: '-2.50' };

function read(part: object) {
  const sale = {
    externalId: 'a',
    occurredAt: '2026-03-08T09:30:00Z',
    total: 5,
    currency: 'USD',
    lines: [line],
    ...part,
  };
  return parseSale(Buffer.from(JSON.stringify(sale)), { currency: 'USD', now });
}

function booked(part: object) {
  const parsed = read(part);
  if (!parsed.ok) throw new Error(parsed.refusal.detail);
  return parsed.sale;
}

test('lines, discount, service charge, tax, tip and adjustment make the total; the rest is the discrepancy', () => {
  const parts = { discount: '0.50', serviceCharge: 1, tax: '0.45', tip: 2, adjustment: '-0.05' };
  expect(booked({ ...parts, total: '7.90' })).toMatchObject({ discrepancy: '0' });
  expect(booked({ ...parts, total: 8 })).toMatchObject({ discrepancy: '0.1' });
});

test('tenders are kept without their tips, and what they leave unpaid is shown', () => {
  const tenders = [
    { externalId: 't1', method: 'card', amount: 4, tip: 1 },
    { method: 'cash', amount: '1.50' },
  ];
  const { breakdown } = booked({ total: 7, tip: 1, tax: 1, tenders });
  expect(breakdown).toEqual({
    discount: 0,
    serviceCharge: 0,
    tax: 1,
    tip: 1,
    adjustment: 0,
    tenders: [
      { externalId: 't1', method: 'card', amount: 4, tip: 1 },
      { externalId: null, method: 'cash', amount: 1.5 },
    ],
    unpaid: 0.5,
  });
});

test('a till that says nothing of it has nothing stored, and the content that it always had', () => {
  const plain = booked({});
  expect(plain).toMatchObject({ kind: 'sale', refundOf: null, businessDate: null, breakdown: null });
  const explicit = booked({ kind: 'sale', refundOf: null, businessDate: null, tip: null, tenders: null });
  expect(explicit.contentHash).toEqual(plain.contentHash);
  expect(booked({ tip: 0 }).contentHash).not.toEqual(plain.contentHash);
});

test('the day that a till counts a sale for is taken over', () => {
  expect(booked({ businessDate: '2026-03-07' }).businessDate).toBe('2026-03-07');
  expect(read({ businessDate: '2026-02-30' })).toMatchObject({ refusal: { code: 'pos.invalid_time' } });
  expect(read({ businessDate: 20260307 })).toMatchObject({ refusal: { code: 'pos.invalid_time' } });
});

test('a refund counts downwards, with or without lines and a sale', () => {
  const refund = { kind: 'refund', total: '-2.50', lines: [refundedLine] };
  expect(booked({ ...refund, refundOf: 's' })).toMatchObject({ kind: 'refund', refundOf: 's', discrepancy: '0' });
  expect(booked({ ...refund, lines: [], total: -3 })).toMatchObject({ refundOf: null, discrepancy: '-3' });
  expect(booked({ ...refund, lines: [], total: 0, status: 'voided' })).toMatchObject({ status: 'voided' });
});

test.each([
  ['a refund that takes money', { kind: 'refund', total: 1, lines: [] }, 'pos.malformed_sale'],
  ['a refund that was refunded', { kind: 'refund', status: 'refunded', total: 0, lines: [] }, 'pos.malformed_sale'],
  ['a line of a refund that sells', { kind: 'refund', total: -5, lines: [line] }, 'pos.invalid_quantity'],
  ['a line of a sale that takes back', { lines: [refundedLine] }, 'pos.invalid_quantity'],
  ['another kind', { kind: 'gift' }, 'pos.malformed_sale'],
  ['a tip of three digits', { tip: '0.001' }, 'pos.number_out_of_range'],
  ['a tender without a method', { tenders: [{ amount: 5 }] }, 'pos.malformed_sale'],
  [
    'a tender with a field of another kind',
    { tenders: [{ method: 'card', amount: 5, pan: '4' }] },
    'pos.unknown_field',
  ],
  ['too many tenders', { tenders: Array(51).fill({ method: 'cash', amount: 1 }) }, 'pos.malformed_sale'],
  ['a flag that is prose', { flags: ['Hello World'] }, 'pos.malformed_sale'],
])('%s is refused', (_, part, code) => {
  expect(read(part)).toMatchObject({ ok: false, refusal: { externalId: 'a', code } });
});
