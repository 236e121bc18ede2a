// The vendor's own books, added up from its ledger: what a till server must have counted when all is said and read.

import type { Ledger } from './ledger.ts';
import type { GoodsBack, LedgerSale } from './ledger-rows.ts';
import { sum, type Tender } from './ticket.ts';
import { businessDateOf } from './vendor-shop.ts';

export interface BookedRefund {
  readonly id: string;
  /** Undefined for a credit without a sale. */
  readonly saleId?: string;
  readonly shopId: string;
  readonly businessDate: string;
  readonly currency: string;
  readonly tender: Tender;
  /** With tax and tip. */
  readonly amount: number;
  readonly tip: number;
  readonly refundedAt: number;
}

/** A sale that counts: paid, not voided, not merged away, no test. Amounts in minor units, quantities in thousandths. */
export interface BookedSale {
  readonly id: string;
  readonly shopId: string;
  readonly businessDate: string;
  readonly occurredAt: number;
  readonly currency: string;
  /** With tax and service charge, without tips, before anything came back. */
  readonly total: number;
  readonly tax: number;
  readonly serviceCharge: number;
  readonly tip: number;
  readonly payments: readonly {
    readonly id: string;
    readonly tender: Tender;
    readonly amount: number;
    readonly tip: number;
  }[];
  readonly lines: readonly {
    readonly id: string;
    readonly sku?: string;
    readonly name: string;
    readonly sold: number;
    readonly returned: number;
    readonly total: number;
  }[];
  readonly refunded: number;
  /** Value of the goods that were taken in payment (Square's exchanges). */
  readonly exchanged: number;
}

/** One line of the day's end. Payments count on the sale's business date, refunds on their own. */
export interface DayTotal {
  readonly shopId: string;
  readonly businessDate: string;
  readonly tender: Tender;
  readonly currency: string;
  readonly payments: number;
  /** Without tips. */
  readonly paid: number;
  readonly tips: number;
  readonly refunds: number;
  /** With tips. */
  readonly refunded: number;
}

export interface SimBooks {
  readonly sales: readonly BookedSale[];
  readonly refunds: readonly BookedRefund[];
  /** Sorted by shop, date and tender. */
  readonly totals: readonly DayTotal[];
  /** Shop, then SKU, then thousandths that are gone for good: sold less returned. Lines without a SKU are left out. */
  readonly itemsSold: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

export function booksOf(ledger: Ledger): SimBooks {
  const sales = [...ledger.sales.values()].filter(counts).map((sale) => bookSale(ledger, sale));
  const refunds = [...ledger.returns.values()].filter((back) => !back.sale?.testMode).flatMap(bookRefunds);
  return { sales, refunds, totals: dayTotals(sales, refunds), itemsSold: itemsSold(sales) };
}

const counts = (sale: LedgerSale) => sale.state === 'completed' && !sale.testMode;

function bookSale(ledger: Ledger, sale: LedgerSale): BookedSale {
  const refunds = ledger.returnsOf(sale).flatMap(({ refunds }) => refunds);
  return {
    id: sale.id,
    shopId: sale.shop.id,
    businessDate: businessDateOf(sale.openedAt, sale.shop),
    occurredAt: sale.openedAt,
    currency: sale.shop.currency,
    total: sale.total,
    tax: sale.tax,
    serviceCharge: sale.serviceCharge,
    tip: sum(sale.payments.map(({ tip }) => tip)),
    payments: sale.payments.map(({ id, tender, amount, tip }) => ({ id, tender, amount, tip })),
    lines: sale.lines
      .filter((line) => !line.voided)
      .map((line) => ({
        id: line.id,
        ...(line.sku === undefined ? {} : { sku: line.sku }),
        name: line.name,
        sold: line.quantity,
        returned: line.returned,
        total: line.total,
      })),
    refunded: sum(refunds.filter(({ status }) => status === 'completed').map(({ amount }) => amount)),
    exchanged: sale.exchange?.amount ?? 0,
  };
}

function bookRefunds(back: GoodsBack): readonly BookedRefund[] {
  return back.refunds
    .filter(({ status }) => status === 'completed')
    .map(({ id, tender, amount, tip, refundedAt }) => ({
      id,
      ...(back.sale ? { saleId: back.sale.id } : {}),
      shopId: back.shop.id,
      businessDate: businessDateOf(refundedAt, back.shop),
      currency: back.shop.currency,
      tender,
      amount,
      tip,
      refundedAt,
    }));
}

type Counting = { -readonly [Key in keyof DayTotal]: DayTotal[Key] };

function dayTotals(sales: readonly BookedSale[], refunds: readonly BookedRefund[]): readonly DayTotal[] {
  const totals = new Map<string, Counting>();
  const at = (where: Pick<DayTotal, 'shopId' | 'businessDate' | 'tender' | 'currency'>): Counting => {
    const key = `${where.shopId} ${where.businessDate} ${where.tender}`;
    const { shopId, businessDate, tender, currency } = where;
    const fresh = { shopId, businessDate, tender, currency, payments: 0, paid: 0, tips: 0, refunds: 0, refunded: 0 };
    const total = totals.get(key) ?? fresh;
    totals.set(key, total);
    return total;
  };
  for (const sale of sales) {
    for (const payment of sale.payments) {
      const total = at({ ...sale, tender: payment.tender });
      total.payments++;
      total.paid += payment.amount;
      total.tips += payment.tip;
    }
  }
  for (const refund of refunds) {
    const total = at(refund);
    total.refunds++;
    total.refunded += refund.amount;
  }
  return [...totals].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total);
}

function itemsSold(sales: readonly BookedSale[]): SimBooks['itemsSold'] {
  const shops = new Map<string, Map<string, number>>();
  for (const { shopId, lines } of sales) {
    const items = shops.get(shopId) ?? new Map<string, number>();
    shops.set(shopId, items);
    for (const { sku, sold, returned } of lines) {
      if (sku !== undefined) items.set(sku, (items.get(sku) ?? 0) + sold - returned);
    }
  }
  return shops;
}
