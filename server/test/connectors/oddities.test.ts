/** What vendors do now and then, a document each: made by hand, because no simulated shop does all of it. */
import { describe, expect, test } from 'vitest';
import type { PosSystemType } from '../../src/domains/pos/connectors/connector.ts';
import { connectors } from '../../src/domains/pos/connectors/index.ts';
import type { BookedRefund } from '../../src/domains/pos/connectors/translation-facts.ts';
import { parseSale } from '../../src/domains/pos/parse-sale.ts';
import { booked, now, translate } from './hand-made.ts';

const usd = (amount: number | string, currency = 'USD') => ({ amount, currency });
const stamps = { created_at: '2026-03-08T06:30:00.123Z', updated_at: '2026-03-08T06:31:00.123456789Z' };
const squareOrder = (part: object) => ({
  order: { ...stamps, id: 'o1', location_id: 'L1', state: 'COMPLETED', total_money: usd(500), ...part },
});
const tea = { name: 'Tea', quantity: '1', gross_sales_money: usd(500), total_money: usd(500) };

describe('square', () => {
  test('digits beyond the milliseconds count in the version', () => {
    const [sale] = booked('square', squareOrder({ line_items: [tea] }));
    expect(sale?.version).toBe(Date.parse('2026-03-08T06:31:00.123Z') * 1000 + 450);
  });

  test('a tax within prices is told and not added; one on top is', () => {
    const taxes = [{ name: 'VAT', type: 'INCLUSIVE', percentage: '10', applied_money: usd(45) }];
    const [within] = booked('square', squareOrder({ line_items: [tea], taxes, total_tax_money: usd(45) }));
    expect(within).toMatchObject({
      discrepancy: '0',
      breakdown: { tax: 0, taxes: [{ name: 'VAT', amount: 0.45, rate: '10' }] },
    });
    const top = [{ name: 'Tax', type: 'ADDITIVE', applied_money: usd(45) }];
    const order = { line_items: [tea], taxes: top, total_tax_money: usd(45), total_money: usd(545) };
    expect(booked('square', squareOrder(order))[0]).toMatchObject({ discrepancy: '0', breakdown: { tax: 0.45 } });
  });

  test('a total that its parts do not make is booked, and the difference shown', () => {
    expect(booked('square', squareOrder({ line_items: [tea], total_money: usd(512) }))[0]).toMatchObject({
      total: '5.12',
      discrepancy: '0.12',
    });
  });

  test('a state, a tender and a field that came later are kept and flagged', () => {
    const tenders = [{ id: 't', type: 'TELEPATHY', amount_money: usd(500) }];
    const [sale] = booked('square', squareOrder({ state: 'ENLIGHTENED', line_items: [tea], tenders, aura: [1, {}] }));
    expect(sale).toMatchObject({ status: 'completed', breakdown: { flags: ['unknown_state', 'unknown_tender'] } });
  });

  test('int64 amounts are never rounded: what cannot be kept exactly is refused', () => {
    const text = JSON.stringify(squareOrder({ line_items: [tea] })).replace(
      '"amount":500,',
      '"amount":9007199254740993,',
    );
    const { sales } = translate('square', text);
    const parsed = parseSale(sales[0]?.bytes ?? Buffer.alloc(0), { currency: 'USD', now });
    expect(parsed).toMatchObject({ ok: false, refusal: { externalId: 'o1', code: 'pos.number_out_of_range' } });
  });

  test('currencies have their own minor units, and another currency than the shop’s is refused', () => {
    const yen = { ...tea, gross_sales_money: usd(500, 'JPY') };
    const order = squareOrder({ line_items: [yen], total_money: usd(500, 'JPY') });
    expect(booked('square', order, { currency: 'JPY' })[0]).toMatchObject({ total: '500', discrepancy: '0' });
    const { sales } = translate('square', order);
    const parsed = parseSale(sales[0]?.bytes ?? Buffer.alloc(0), { currency: 'USD', now });
    expect(parsed).toMatchObject({ ok: false, refusal: { code: 'pos.wrong_currency' } });
    // Fils have three digits, of which we keep two: 1.500 can be kept, 1.555 not.
    const dinar = (amount: number) =>
      squareOrder({ line_items: [{ ...tea, gross_sales_money: usd(amount, 'KWD') }], total_money: usd(amount, 'KWD') });
    expect(booked('square', dinar(1500), { currency: 'KWD' })[0]?.total).toBe('1.5');
    expect(() => booked('square', dinar(1555), { currency: 'KWD' })).toThrow('pos.number_out_of_range');
  });

  test('a till whose clock is years off is booked when it was heard of, and flagged', () => {
    const payment = (client_created_at: string) => ({
      is_offline_payment: true,
      offline_payment_details: { client_created_at },
    });
    const of = (time: string) =>
      booked('square', { ...squareOrder({ line_items: [tea] }), payments: [payment(time)] })[0];
    expect(of('2026-03-07T20:00:00Z')?.occurredAt).toEqual(new Date('2026-03-07T20:00:00Z'));
    expect(of('1970-01-01T00:00:00Z')).toMatchObject({
      occurredAt: new Date(stamps.created_at),
      breakdown: { flags: ['clock_clamped'] },
    });
    expect(of('2026-03-09T00:00:00Z')?.occurredAt).toEqual(new Date(stamps.created_at));
  });

  test('a line without an item keeps its name, and can be mapped by it', () => {
    const [sale] = booked('square', squareOrder({ line_items: [{ ...tea, item_type: 'CUSTOM_AMOUNT' }] }), {
      sku: 'X',
    });
    expect(sale?.lines).toMatchObject([{ sku: null, externalProductId: 'name:Tea', name: 'Tea' }]);
  });

  test('a return order is no sale, and another location’s order is not this shop’s', () => {
    const returns = [{ uid: 'r', source_order_id: 'o0', return_line_items: [] }];
    expect(translate('square', squareOrder({ returns, total_money: usd(0) })).sales).toEqual([]);
    expect(translate('square', squareOrder({ location_id: 'L2' })).leftOut).toHaveLength(1);
  });

  test('more digits of a quantity than are kept cost no sale, and are flagged', () => {
    const line = { ...tea, quantity: '0.33333', base_price_money: usd(1500) };
    const speck = { ...tea, quantity: '0.00001', gross_sales_money: usd(0) };
    const [sale] = booked('square', squareOrder({ line_items: [line, speck] }));
    expect(sale).toMatchObject({
      ...{ discrepancy: '0', breakdown: { flags: ['quantity_rounded'] } },
      lines: [
        { quantity: '0.3333', totalPrice: '5' },
        { quantity: '0.0001', totalPrice: '0' },
      ],
    });
  });

  test('a line that costs something and counts nothing costs no sale: its money stands beside the lines', () => {
    const fee = { ...tea, name: 'Fee', quantity: '0', gross_sales_money: usd(30) };
    const [sale] = booked('square', squareOrder({ line_items: [tea, fee], total_money: usd(530) }));
    expect(sale).toMatchObject({ total: '5.3', discrepancy: '0', breakdown: { adjustment: 0.3 } });
    expect(sale?.lines).toMatchObject([{ name: 'Tea', quantity: '1' }]);
    expect(sale?.breakdown?.['flags']).toEqual(['line_without_quantity']);
    // Of nothing else there is one line that says so.
    const [alone] = booked('square', squareOrder({ line_items: [fee], total_money: usd(30) }));
    expect(alone).toMatchObject({ total: '0.3', discrepancy: '0', lines: [{ quantity: '1', totalPrice: '0.3' }] });
  });

  test('gift cards sold are flagged, for they are no sales yet', () => {
    const [sale] = booked('square', squareOrder({ line_items: [{ ...tea, item_type: 'GIFT_CARD' }] }));
    expect(sale).toMatchObject({ breakdown: { flags: ['deferred'] } });
  });

  test('a payment that names no order is kept for a person to see', () => {
    const payment = { id: 'p1', location_id: 'L1', status: 'COMPLETED', amount_money: usd(500) };
    expect(translate('square', { payment }).refusals).toMatchObject([{ externalId: 'p1' }]);
  });
});

const cloverOrder = (part: object) => ({
  order: {
    ...{ id: 'C1', currency: 'USD', paymentState: 'PAID', createdTime: 1_772_950_000_000 },
    ...{ clientCreatedTime: 1_772_950_000_000, modifiedTime: 1_772_950_060_000 },
    payments: { elements: [{ id: 'P1', amount: 1000, result: 'SUCCESS', tender: { label: 'Cash', labelKey: 'x' } }] },
    ...part,
  },
  tenders: {},
});

describe('clover', () => {
  const line = (part: object) => ({ id: 'L', name: 'Apple', price: 500, item: { id: 'I1' }, ...part });
  const lines = (...elements: object[]) => ({ lineItems: { elements } });

  test('two apples are two lines, and one line of ours', () => {
    const [sale] = booked('clover', cloverOrder(lines(line({}), line({ id: 'M' }))), { sku: 'APP' });
    expect(sale).toMatchObject({ discrepancy: '0', lines: [{ sku: 'APP', quantity: '2', totalPrice: '10' }] });
  });

  test('what is weighed has its weight in thousandths', () => {
    const [sale] = booked('clover', cloverOrder(lines(line({ price: 2000, unitQty: 500 }))));
    expect(sale?.lines).toMatchObject([{ quantity: '0.5', unitPrice: '20', totalPrice: '10' }]);
  });

  test('discounts count by their size, whatever their sign, and by whole percents and ten-thousandths', () => {
    const off = (discount: object) => line({ price: 1250, discounts: { elements: [discount] } });
    for (const discount of [{ amount: -250 }, { amount: 250 }, { percentage: 20 }, { percentageDecimal: 200_000 }]) {
      expect(booked('clover', cloverOrder(lines(off(discount))))[0]).toMatchObject({ discrepancy: '0' });
    }
  });

  test('the order’s own total may be stale: what was paid counts, and what is unexplained shows', () => {
    expect(booked('clover', cloverOrder({ total: 1, ...lines(line({ price: 900 })) }))[0]).toMatchObject({
      total: '10',
      discrepancy: '1',
    });
  });

  test('failed and voided payments are no money; all of them voided is a sale called off', () => {
    const payment = (id: string, result: string) => ({ id, amount: 1000, result, tender: { label: 'Cash' } });
    const of = (...elements: object[]) =>
      booked('clover', cloverOrder({ ...lines(line({ price: 1000 })), payments: { elements } }));
    expect(of(payment('a', 'FAIL'), payment('b', 'SUCCESS'))[0]?.breakdown?.['tenders']).toHaveLength(1);
    expect(of(payment('a', 'VOIDED'))[0]).toMatchObject({ status: 'voided', total: '0' });
  });

  test('a declined card voids nothing: the order waits open; one that was taken offline had been money', () => {
    const of = (payment: object, part: object = {}) => {
      const declined = { id: 'a', amount: 1000, result: 'FAIL', tender: { label: 'Card' }, ...payment };
      return cloverOrder({ paymentState: 'OPEN', ...lines(line({})), payments: { elements: [declined] }, ...part });
    };
    expect(translate('clover', of({}))).toMatchObject({ sales: [], leftOut: [expect.stringMatching(/not been paid/)] });
    expect(translate('clover', of({ result: 'INITIATED' })).sales).toEqual([]);
    expect(booked('clover', of({ offline: true }))[0]).toMatchObject({ status: 'voided' });
    expect(booked('clover', of({}, { deletedTimestamp: 1_772_950_060_000 }))[0]).toMatchObject({ status: 'voided' });
  });

  test('an order of a mere amount has a line that says so, and open ones wait', () => {
    expect(booked('clover', cloverOrder({ manualTransaction: true }))[0]?.lines).toMatchObject([
      { externalProductId: 'name:amount', quantity: '1', totalPrice: '10' },
    ]);
    expect(translate('clover', cloverOrder({ paymentState: 'OPEN' })).leftOut).toHaveLength(1);
    expect(translate('clover', cloverOrder({ testMode: true })).leftOut).toHaveLength(1);
  });

  test('an order that is called off after a refund takes the refund back, goods and all', () => {
    const stamp = 1_772_950_060_000;
    const refund = { id: 'R1', amount: 500, createdTime: stamp, payment: { id: 'P1' }, status: 'SUCCESS' };
    const refunds = { elements: [{ ...refund, lineItems: { elements: [{ id: 'L' }] } }] };
    const sold = { ...lines(line({}), line({ id: 'M' })), refunds };
    expect(booked('clover', cloverOrder(sold))[1]).toMatchObject({ kind: 'refund', total: '-5', status: 'completed' });
    const gone = { id: 'P1', amount: 1000, result: 'VOIDED', tender: { label: 'Cash' } };
    for (const part of [{ deletedTimestamp: stamp }, { paymentState: 'OPEN', payments: { elements: [gone] } }]) {
      const [sale, back, ...others] = booked('clover', cloverOrder({ ...sold, ...part }));
      expect(sale).toMatchObject({ kind: 'sale', status: 'voided', total: '0' });
      expect(back).toMatchObject({ externalId: 'R1', status: 'voided', total: '0', lines: [], refundOf: 'C1' });
      expect(others).toEqual([]);
    }
  });

  test('what goes back counts downwards, whatever its sign and that of its tax', () => {
    for (const sign of [1, -1]) {
      const credit = { id: 'CR', amount: 540 * sign, taxAmount: 40 * sign, createdTime: 1_772_950_000_000 };
      const [back] = booked('clover', { credit });
      expect(back).toMatchObject({ kind: 'refund', total: '-5.4', discrepancy: '0', breakdown: { tax: -0.4 } });
    }
  });

  test('what is no revenue, as a gift card, is flagged; a fee of the order is a charge', () => {
    const card = line({ id: 'G', name: 'Gift card', isRevenue: false });
    expect(booked('clover', cloverOrder(lines(line({}), card)))[0]?.breakdown?.['flags']).toEqual(['deferred']);
    const fee = line({ id: 'F', name: 'Fee', isRevenue: false, isOrderFee: true });
    const [sale] = booked('clover', cloverOrder(lines(line({}), fee)));
    expect(sale).toMatchObject({ discrepancy: '0', breakdown: { serviceCharge: 5 } });
    expect(sale?.breakdown?.['flags']).toBeUndefined();
  });

  test('a thousand units of a few things are a few lines', () => {
    const many = Array.from({ length: 3000 }, (_, n) => line({ id: `L${n}`, item: { id: `I${n % 7}` }, price: 1 }));
    const [sale] = booked('clover', cloverOrder(lines(...many)));
    expect(sale?.lines).toHaveLength(7);
  });
});

const toastOrder = (check: object, part: object = {}) => ({
  order: {
    ...{ guid: 't1', openedDate: '2026-03-08T06:30:00.000+0000', createdDate: '2026-03-08T06:30:01.000+0000' },
    ...{ modifiedDate: '2026-03-09T11:05:00.000+0000', businessDate: 20_260_307 },
    checks: [{ guid: 'c1', paymentStatus: 'CLOSED', taxAmount: 0, ...check }],
    ...part,
  },
});
const selection = (part: object) => ({
  quantity: 1,
  preDiscountPrice: 5,
  price: 5,
  displayName: 'Tea',
  item: { guid: 'i1' },
  ...part,
});

describe('toast', () => {
  test('the restaurant’s own day counts, and floats are what they were meant to be', () => {
    const text = JSON.stringify(
      toastOrder({
        totalAmount: 'SUM',
        amount: 'SUM',
        selections: [selection({ price: 0.1 }), selection({ price: 0.2 })],
      }),
    ).replaceAll('"SUM"', '0.30000000000000004');
    expect(booked('toast', text)[0]).toMatchObject({ businessDate: '2026-03-07', total: '0.3', discrepancy: '0' });
  });

  test('modifiers within modifiers are told with those above them, priced within or beside', () => {
    const shot = {
      displayName: 'Shot',
      price: 1,
      quantity: 1,
      modifiers: [{ displayName: 'Decaf', price: 0.5, quantity: 1 }],
    };
    for (const [price, unit] of [
      [6.5, '6.5'],
      [5, '6.5'],
    ] as const) {
      const chosen = selection({ price, preDiscountPrice: price, modifiers: [shot] });
      const [sale] = booked('toast', toastOrder({ amount: 6.5, totalAmount: 6.5, selections: [chosen] }));
      expect(sale).toMatchObject({ discrepancy: '0', lines: [{ unitPrice: unit, totalPrice: '6.5' }] });
      expect(sale?.lines[0]?.modifiers).toMatchObject([{ name: 'Shot' }, { name: 'Shot: Decaf' }]);
    }
  });

  test('voided selections and checks that were merged away do not count', () => {
    const check = { amount: 5, totalAmount: 5, selections: [selection({}), selection({ voided: true })] };
    const { order } = toastOrder(check);
    const merged = { ...order.checks[0], guid: 'c2', deleted: true };
    expect(booked('toast', { order: { ...order, checks: [...order.checks, merged] } })[0]).toMatchObject({
      total: '5',
      discrepancy: '0',
    });
    expect(booked('toast', { order: { ...order, deleted: true } })[0]).toMatchObject({ status: 'voided', total: '0' });
  });

  test('the epoch as a date of deletion means that it was not deleted', () => {
    const check = { amount: 5, totalAmount: 5, selections: [selection({})] };
    const [sale] = booked('toast', toastOrder(check, { deletedDate: '1970-01-01T00:00:00.000+0000', deleted: false }));
    expect(sale?.status).toBe('completed');
  });

  const refunded = (amount: number, transaction: string, day: number) => {
    const refund = {
      ...{ refundAmount: amount, tipRefundAmount: 0, refundTransaction: { guid: transaction } },
      ...{ refundDate: `2026-03-0${day}T12:00:00.000+0000`, refundBusinessDate: 20_260_300 + day },
    };
    const payment = { guid: 'p1', type: 'CREDIT', amount: 5, tipAmount: 0, paymentStatus: 'CAPTURED', refund };
    return toastOrder({ amount: 5, totalAmount: 5, selections: [selection({})], payments: [payment] });
  };
  const asBooked = (sales: ReturnType<typeof booked>): BookedRefund[] =>
    sales
      .filter(({ kind }) => kind === 'refund')
      .map(({ externalId, version, status, total }) => ({ externalId, version, status, total, tip: '0' }));

  test('one refund object that grows is booked as its differences, each on its own day', () => {
    const first = booked('toast', refunded(2, 'a', 8));
    expect(first[1]).toMatchObject({ kind: 'refund', refundOf: 't1', total: '-2', businessDate: '2026-03-08' });
    const known = asBooked(first);
    const second = booked('toast', refunded(5, 'b', 9), { refunds: known });
    expect(second[1]).toMatchObject({ total: '-3', businessDate: '2026-03-09' });
    // Read again, it is what it was; and the older state, should it come late, changes nothing.
    const both = [...known, ...asBooked(second)];
    expect(booked('toast', refunded(5, 'b', 9), { refunds: both })[1]).toEqual(second[1]);
    expect(booked('toast', refunded(2, 'a', 8), { refunds: both })).toHaveLength(1);
  });

  test('an order that is voided after a refund takes the refund back, goods and all; an older state does not', () => {
    const part = (amount: number): BookedRefund => ({
      ...{ externalId: 'p1/a', version: Date.parse('2026-03-08T12:00:00Z') * 1000, status: 'completed' },
      ...{ total: `-${amount}`, tip: '0' },
    });
    const refunds = [part(2), { ...part(0), externalId: 't1/goods' }];
    const { order } = refunded(2, 'a', 8);
    for (const gone of [{ voided: true }, { deleted: true }, { checks: [{ ...order.checks[0], voided: true }] }]) {
      const [sale, ...others] = booked('toast', { order: { ...order, ...gone } }, { refunds });
      expect(sale).toMatchObject({ kind: 'sale', status: 'voided', total: '0' });
      expect(others.map(({ externalId, status, total, refundOf }) => [externalId, status, total, refundOf])).toEqual([
        ['p1/a', 'voided', '0', 't1'],
        ['t1/goods', 'voided', '0', 't1'],
      ]);
    }
    const older = { ...order, voided: true, modifiedDate: '2026-03-08T11:00:00.000+0000' };
    expect(booked('toast', { order: older }, { refunds })).toHaveLength(1);
    const taken = refunds.map((refund) => ({ ...refund, status: 'voided' as const }));
    expect(booked('toast', { order: { ...order, voided: true } }, { refunds: taken })).toHaveLength(1);
  });

  test('a refund that exceeds its payment is booked, and flagged', () => {
    expect(booked('toast', refunded(7, 'a', 8))[1]).toMatchObject({ breakdown: { flags: ['refund_exceeds_payment'] } });
  });

  test('a speck of something is a line still, and a fee that counts nothing costs no sale', () => {
    const speck = selection({ quantity: 1e-7, displayName: 'Saffron' });
    const fee = selection({ quantity: 0, price: 1, preDiscountPrice: 1, displayName: 'Fee', item: null });
    const [sale] = booked('toast', toastOrder({ amount: 6, totalAmount: 6, selections: [speck, fee] }), { sku: 'SAF' });
    expect(sale).toMatchObject({ total: '6', discrepancy: '0', breakdown: { adjustment: 1 } });
    expect(sale?.lines).toMatchObject([{ sku: 'SAF', name: 'Saffron', quantity: '0.0001', totalPrice: '5' }]);
  });

  test('what was typed in keeps its name; gift cards sold are flagged, for they are no sales yet', () => {
    const open = selection({ item: null, selectionType: 'OPEN_ITEM', deferred: true });
    const [sale] = booked('toast', toastOrder({ amount: 5, totalAmount: 5, selections: [open] }));
    expect(sale).toMatchObject({ lines: [{ externalProductId: 'name:Tea' }], breakdown: { flags: ['deferred'] } });
  });
});

describe('any make', () => {
  test.each(Object.keys(connectors) as PosSystemType[])('%s: bytes that are nothing are a refusal', (make) => {
    for (const bytes of ['', '{', '[]', 'null', '{"order":[]}', '[[[[['.repeat(5_000), '\u0000']) {
      const { sales, refusals } = translate(make, bytes);
      expect(sales).toEqual([]);
      expect(refusals).toMatchObject([{ externalId: 'doc', detail: expect.stringMatching(/./) }]);
    }
  });
});
