import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { beans, latte, noon, twoCroissants, vendorShop } from '../../test/vendor-shops.ts';
import { booksOf } from './books.ts';
import { Ledger } from './ledger.ts';
import type { LedgerChange } from './ledger-rows.ts';
import { priceTicket, sum, type Ticket, type TicketLine } from './ticket.ts';

const rates = fc.integer({ min: 0, max: 3_000_000 });
const anyLine: fc.Arbitrary<TicketLine> = fc.record(
  {
    name: fc.constant('Goods'),
    quantity: fc.integer({ min: 1, max: 5 }).map((pieces) => pieces * 1000),
    price: fc.integer({ min: 0, max: 5000 }),
    discount: fc.integer({ min: 0, max: 3000 }),
    taxRate: rates,
  },
  { requiredKeys: ['name', 'quantity', 'price'] },
);
const anyTicket: fc.Arbitrary<Ticket> = fc.record(
  {
    lines: fc.array(anyLine, { minLength: 1, maxLength: 6 }),
    discountPercent: fc.integer({ min: 0, max: 100 }),
    serviceCharge: fc.integer({ min: 0, max: 500 }),
    tip: fc.integer({ min: 0, max: 500 }),
    payments: fc.constantFrom(
      [{ tender: 'card' as const }],
      [{ tender: 'cash' as const, amount: 300 }, { tender: 'gift_card' as const }],
    ),
  },
  { requiredKeys: ['lines'] },
);

function aLedger() {
  const changes: LedgerChange[] = [];
  let [ids, now] = [0, noon];
  const ledger = new Ledger({
    shops: [vendorShop()],
    now: () => now,
    nextId: (kind) => `${kind}-${++ids}`,
    stampGrainMs: 1000,
    wholeOrders: true,
    onChange: (change) => void changes.push(change),
  });
  return { ledger, changes, advance: (ms: number) => (now += ms) };
}

describe('a ticket', () => {
  test('its parts add up to the last cent, and no line costs less than nothing', () => {
    fc.assert(
      fc.property(anyTicket, rates, (ticket, taxRate) => {
        const priced = priceTicket(ticket.lines, ticket, { taxRate });
        const { gross, lineDiscount, orderDiscount, tax, serviceCharge, total } = priced;
        expect(total).toBe(gross - lineDiscount - orderDiscount + tax + serviceCharge);
        expect(sum(priced.lines.map((line) => line.orderDiscount))).toBe(orderDiscount);
        for (const line of priced.lines) expect(line.total).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

describe('the ledger', () => {
  test('what comes back piece by piece is to the cent what was paid', () => {
    fc.assert(
      fc.property(anyTicket, (ticket) => {
        const { ledger } = aLedger();
        const sale = ledger.ring({ shopId: 'shop-1', ticket });
        for (const line of sale.lines.filter(({ total }) => total > 0)) {
          for (let piece = 0; piece < line.quantity; piece += 1000) {
            try {
              ledger.takeBack(sale.id, { lines: [{ line: line.id, quantity: 1000 }] });
            } catch (error) {
              // A piece that cost nothing cannot be refunded.
              expect(String(error)).toContain('nothing is left');
              return;
            }
          }
        }
        const paid = sum(sale.payments.map(({ amount, tip }) => amount + tip));
        const back = () => sum(booksOf(ledger).refunds.map(({ amount }) => amount));
        expect(back()).toBe(sale.total - sale.serviceCharge);
        if (paid > back()) ledger.takeBack(sale.id, {});
        expect(back()).toBe(paid);
        expect(() => ledger.takeBack(sale.id, { amount: 1 })).toThrow();
      }),
    );
  });

  test('a refusal changes nothing and tells nobody', () => {
    const { ledger, changes } = aLedger();
    const ticket = {
      lines: [latte, beans],
      payments: [{ tender: 'cash' as const, amount: 100 }, { tender: 'card' as const }],
    };
    const sale = ledger.ring({ shopId: 'shop-1', ticket });
    const voided = ledger.void(ledger.ring({ shopId: 'shop-1', ticket: { lines: [latte] } }).id);
    const open = ledger.ring({ shopId: 'shop-1', ticket: { lines: [latte] }, until: 'open' });
    const state = () => JSON.stringify([...ledger.sales.values(), ...ledger.returns.values()]);
    const [before, told] = [state(), changes.length];
    const [first, second] = sale.lines.map(({ id }) => id);
    const refused = [
      () => ledger.edit(sale.id, { voidLines: [first ?? '', second ?? ''] }),
      () => ledger.takeBack(sale.id, { amount: sale.total + 1 }),
      () => ledger.takeBack(sale.id, { lines: [{ line: first ?? '', quantity: 2000 }] }),
      () => ledger.takeBack(sale.id, { lines: [{ line: 'unknown' }] }),
      () => ledger.takeBack(voided.id, {}),
      () => ledger.edit(voided.id, { add: [latte] }),
      () => ledger.void(voided.id),
      () => ledger.pay(sale.id),
      () => ledger.capture(sale.id),
      () => ledger.capture(open.id),
      () => ledger.exchange(open.id, { lines: [], ticket: { lines: [latte] } }),
      () => ledger.merge(open.id, sale.id),
      () => ledger.settleRefund('unknown', 'completed'),
    ];
    for (const refusal of refused) expect(refusal, String(refusal)).toThrow();
    expect(state()).toBe(before);
    expect(changes).toHaveLength(told);
  });

  test('a refund that the bank refuses gives nothing back', () => {
    const { ledger, advance } = aLedger();
    const sale = ledger.ring({ shopId: 'shop-1', ticket: { lines: [twoCroissants] } });
    const { refunds } = ledger.takeBack(sale.id, { amount: 300, pending: true });
    expect(booksOf(ledger).refunds).toEqual([]);
    expect(sale.payments[0]?.refunded).toBe(300);
    advance(1000);
    ledger.settleRefund(refunds[0]?.id ?? '', 'failed');
    expect(sale.payments[0]).toMatchObject({ refunded: 0, modifiedAt: noon + 1000 });
    expect(booksOf(ledger).refunds).toEqual([]);
  });

  test('the log of changes finds what was changed in a window, each once', () => {
    const { ledger, advance } = aLedger();
    const ids = [1, 2, 3].map(() => {
      const { id } = ledger.ring({ shopId: 'shop-1', ticket: { lines: [latte] } });
      advance(10_000);
      return id;
    });
    ledger.touch(ids[0] ?? '');
    const found = (from: number, until: number) => [...ledger.salesLog.between({ from, until })].map(({ id }) => id);
    expect(found(noon + 10_000, noon + 20_000)).toEqual(ids.slice(1));
    expect(found(noon + 20_000, noon + 30_000)).toEqual([ids[2], ids[0]]);
    expect(found(noon + 30_001, noon + 90_000)).toEqual([]);
  });
});
