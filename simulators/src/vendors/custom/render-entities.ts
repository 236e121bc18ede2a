// What a till of nobody's make tells of its sales, refunds and items.
//
// A line's total is what its goods cost after its own discount, before the ticket's; taxes are told beside. So
// totals.total = Σ lines.total − Σ discounts + Σ taxes + Σ serviceCharges + tips.

import type { Item } from '../item-book.ts';
import type { GoodsBack, LedgerLine, LedgerRefund, LedgerSale } from '../ledger-rows.ts';
import { flatModifiers, sum, unitPrice } from '../ticket.ts';
import { businessDateOf, type VendorShop } from '../vendor-shop.ts';
import { amount, localStamp, quantity, type Rendering } from './rendering.ts';

const states = { open: 'open', completed: 'completed', voided: 'voided', merged: 'voided' } as const;

export function renderSale(sale: LedgerSale, rendering: Rendering): Record<string, unknown> {
  const { shop } = sale;
  const { ledger, switches } = rendering;
  const figure = (minor: number) => amount(minor, shop, switches);
  const lines = sale.lines.filter((line) => !line.voided);
  const tips = sum(sale.payments.map(({ tip }) => tip));
  const goods = sum(lines.map(goodsOf));
  return {
    externalId: sale.id,
    version: sale.version,
    storeId: shop.id,
    registerId: `${shop.id}-1`,
    status: states[sale.state],
    test: sale.testMode,
    openedAt: localStamp(sale.openedAt, shop),
    closedAt: sale.closedAt === undefined ? null : localStamp(sale.closedAt, shop),
    recordedAt: localStamp(sale.createdAt, shop),
    businessDate: businessDateOf(sale.openedAt, shop),
    currency: shop.currency,
    lines: lines.map((line) => renderLine(line, sale, rendering)),
    discounts: sale.orderDiscount > 0 ? [{ name: 'Today only', amount: figure(sale.orderDiscount) }] : [],
    taxes: sale.tax > 0 ? [{ name: 'Sales tax', amount: figure(sale.tax) }] : [],
    serviceCharges: sale.serviceCharge > 0 ? [{ name: 'Service', amount: figure(sale.serviceCharge) }] : [],
    tips: figure(tips),
    payments: sale.payments
      .filter(({ status }) => status !== 'voided')
      .map((payment) => ({
        externalId: payment.id,
        method: payment.tender,
        amount: figure(payment.amount),
        tip: figure(payment.tip),
      })),
    refunds: ledger
      .returnsOf(sale)
      .flatMap((back) => back.refunds.map((refund) => renderRefund(refund, back, rendering))),
    totals: {
      lines: figure(goods),
      discount: figure(sale.orderDiscount),
      tax: figure(sale.tax),
      serviceCharge: figure(sale.serviceCharge),
      tip: figure(tips),
      total: figure(sale.total + tips),
    },
  };
}

const goodsOf = (line: LedgerLine): number => line.gross - (line.discount ?? 0);

function renderLine(line: LedgerLine, { shop }: LedgerSale, { switches }: Rendering): Record<string, unknown> {
  const figure = (minor: number) => amount(minor, shop, switches);
  return {
    externalId: line.id,
    ...(line.sku === undefined ? {} : { sku: line.sku }),
    name: line.name,
    quantity: quantity(line.quantity, switches),
    // With its modifiers.
    unitPrice: figure(unitPrice(line)),
    discount: figure(line.discount ?? 0),
    tax: figure(line.tax),
    total: figure(goodsOf(line)),
    modifiers: flatModifiers(line.modifiers).map(({ name, price }) => ({ name, price: figure(price) })),
  };
}

const refundStates = { pending: 'pending', completed: 'completed', failed: 'failed' } as const;

/** Money that goes back to one payment. Goods stand on the first refund of what came back together. */
export function renderRefund(refund: LedgerRefund, back: GoodsBack, { switches }: Rendering): Record<string, unknown> {
  const { shop } = back;
  const figure = (minor: number) => amount(minor, shop, switches);
  return {
    externalId: refund.id,
    version: refund.version,
    storeId: shop.id,
    ...(back.sale ? { transactionExternalId: back.sale.id } : {}),
    ...(refund.payment ? { paymentExternalId: refund.payment.id } : {}),
    status: refundStates[refund.status],
    method: refund.tender,
    amount: figure(refund.amount),
    tip: figure(refund.tip),
    currency: shop.currency,
    refundedAt: localStamp(refund.refundedAt, shop),
    recordedAt: localStamp(refund.createdAt, shop),
    businessDate: businessDateOf(refund.refundedAt, shop),
    reason: back.reason,
    lines:
      back.refunds[0] === refund
        ? back.lines.map((each) => ({
            externalId: each.line.id,
            ...(each.line.sku === undefined ? {} : { sku: each.line.sku }),
            name: each.line.name,
            quantity: quantity(each.quantity, switches),
            tax: figure(each.tax),
            total: figure(each.gross - each.discount),
          }))
        : [],
  };
}

export const renderItem = ({ key, product, modifiedAt, deleted }: Item, shop: VendorShop, { switches }: Rendering) => ({
  externalId: key,
  version: modifiedAt,
  storeId: shop.id,
  sku: product.sku,
  name: product.name,
  price: amount(product.priceCents, shop, switches),
  unit: product.unit,
  // A tombstone stays in the feed.
  deleted,
});
