// A sale of the ledger as Square's Order. Line items carry no SKU: the catalog has it (catalog.ts).

import type { GoodsBack, LedgerLine, LedgerPayment, LedgerSale } from '../ledger-rows.ts';
import { flatModifiers, sum, type Tender, unitPrice } from '../ticket.ts';
import { renderReturn } from './render-return.ts';
import type { Rendering } from './rendering.ts';
import { money, percentText, quantityText, stamp } from './square-money.ts';

const states = { open: 'OPEN', completed: 'COMPLETED', voided: 'CANCELED', merged: 'CANCELED' } as const;

export function renderOrder(sale: LedgerSale, rendering: Rendering): Record<string, unknown> {
  const { currency } = sale.shop;
  const lines = sale.lines.filter((line) => !line.voided);
  const tips = sum(sale.payments.map(({ tip }) => tip));
  const total = money(sale.total + tips, currency);
  const netted = sale.exchange ? sale.exchange.amount : 0;
  return {
    id: sale.id,
    location_id: rendering.ids.location(sale.shop.id),
    source: { name: rendering.switches.ordersMadeBy === 'api' ? 'Partner till' : 'Point of Sale' },
    line_items: lines.map((line) => renderLine(line, sale, rendering)),
    ...taxes(sale, lines),
    ...discounts(sale, lines),
    ...serviceCharges(sale),
    ...exchanged(sale.exchange, rendering),
    net_amounts: {
      total_money: money(sale.total + tips - netted, currency),
      tax_money: money(sale.tax - (sale.exchange ? sum(sale.exchange.lines.map(({ tax }) => tax)) : 0), currency),
      discount_money: money(sum(lines.map(({ allDiscount }) => allDiscount)), currency),
      tip_money: money(tips, currency),
      service_charge_money: money(sale.serviceCharge, currency),
    },
    ...tenders(sale),
    created_at: stamp(sale.createdAt),
    updated_at: stamp(sale.modifiedAt),
    ...(sale.closedAt === undefined ? {} : { closed_at: stamp(sale.closedAt) }),
    state: states[sale.state],
    ...(rendering.switches.ordersMadeBy === 'api' ? { version: sale.version } : {}),
    total_money: total,
    total_tax_money: money(sale.tax, currency),
    total_discount_money: money(sum(lines.map(({ allDiscount }) => allDiscount)), currency),
    total_tip_money: money(tips, currency),
    total_service_charge_money: money(sale.serviceCharge, currency),
    net_amount_due_money: money(sale.state === 'open' ? sale.total - netted : 0, currency),
  };
}

function renderLine(line: LedgerLine, sale: LedgerSale, { items, ids }: Rendering): Record<string, unknown> {
  const { currency } = sale.shop;
  const item = line.sku === undefined ? undefined : items.bySku(line.sku);
  const units = (unit: number) => Math.round((unit * line.quantity) / 1000);
  return {
    uid: line.id,
    name: line.name,
    quantity: quantityText(line.quantity),
    ...(line.byWeight ? { quantity_unit: kilograms } : {}),
    ...(item
      ? {
          item_type: 'ITEM',
          catalog_object_id: ids.variation(item.key),
          catalog_version: item.createdAt,
          variation_name: 'Regular',
        }
      : { item_type: 'CUSTOM_AMOUNT' }),
    ...(line.modifiers?.length ? { modifiers: modifiers(line, currency) } : {}),
    ...(line.tax > 0 ? { applied_taxes: [applied(line, 'tax', money(line.tax, currency))] } : {}),
    ...appliedDiscounts(line, currency),
    base_price_money: money(line.price, currency),
    variation_total_price_money: money(units(line.price), currency),
    gross_sales_money: money(units(unitPrice(line)), currency),
    total_tax_money: money(line.tax, currency),
    total_discount_money: money(line.allDiscount, currency),
    total_service_charge_money: money(0, currency),
    total_money: money(line.total, currency),
  };
}

const kilograms = { measurement_unit: { weight_unit: 'METRIC_KILOGRAM', type: 'TYPE_WEIGHT' }, precision: 3 };

function modifiers(line: LedgerLine, currency: string) {
  return flatModifiers(line.modifiers).map(({ name, price }, at) => ({
    uid: `${line.id}-m${at}`,
    name,
    quantity: '1',
    base_price_money: money(price, currency),
    total_price_money: money((price * line.quantity) / 1000, currency),
  }));
}

const applied = (line: LedgerLine, of: 'tax' | 'line-discount' | 'order-discount', appliedMoney: object) => ({
  uid: `${line.id}-${of}`,
  [of === 'tax' ? 'tax_uid' : 'discount_uid']: of === 'line-discount' ? `${line.id}-off` : of,
  applied_money: appliedMoney,
});

function appliedDiscounts(line: LedgerLine, currency: string) {
  const found = [
    ...(line.discount ? [applied(line, 'line-discount', money(line.discount, currency))] : []),
    ...(line.orderDiscount ? [applied(line, 'order-discount', money(line.orderDiscount, currency))] : []),
  ];
  return found.length > 0 ? { applied_discounts: found } : {};
}

function taxes(sale: LedgerSale, lines: readonly LedgerLine[]) {
  if (lines.every(({ tax }) => tax === 0)) return {};
  const percentage = percentText(sale.shop.taxRate ?? 0);
  const appliedMoney = money(sale.tax, sale.shop.currency);
  return {
    taxes: [
      { uid: 'tax', name: 'Sales tax', type: 'ADDITIVE', percentage, applied_money: appliedMoney, scope: 'ORDER' },
    ],
  };
}

function discounts(sale: LedgerSale, lines: readonly LedgerLine[]) {
  const { currency } = sale.shop;
  const off = lines
    .filter(({ discount }) => discount)
    .map((line) => ({
      uid: `${line.id}-off`,
      name: 'Off the shelf price',
      type: 'FIXED_AMOUNT',
      amount_money: money(line.discount ?? 0, currency),
      applied_money: money(line.discount ?? 0, currency),
      scope: 'LINE_ITEM',
    }));
  const whole = {
    uid: 'order-discount',
    name: 'Today only',
    type: 'FIXED_PERCENTAGE',
    percentage: String(sale.ticket.discountPercent ?? 0),
    applied_money: money(sale.orderDiscount, currency),
    scope: 'ORDER',
  };
  const all = sale.orderDiscount > 0 ? [...off, whole] : off;
  return all.length > 0 ? { discounts: all } : {};
}

function serviceCharges(sale: LedgerSale) {
  if (sale.serviceCharge === 0) return {};
  const amount = money(sale.serviceCharge, sale.shop.currency);
  return {
    service_charges: [
      {
        uid: 'service',
        name: sale.ticket.gratuity ? 'Large party' : 'Service',
        amount_money: amount,
        applied_money: amount,
        calculation_phase: 'SUBTOTAL_PHASE',
        taxable: false,
        type: sale.ticket.gratuity ? 'AUTO_GRATUITY' : 'CUSTOM',
        total_money: amount,
        total_tax_money: money(0, sale.shop.currency),
      },
    ],
  };
}

const exchanged = (back: GoodsBack | undefined, rendering: Rendering) => (back ? renderReturn(back, rendering) : {});

export const tenderTypes: Readonly<Record<Tender, string>> = {
  card: 'CARD',
  cash: 'CASH',
  wallet: 'WALLET',
  gift_card: 'SQUARE_GIFT_CARD',
  other: 'OTHER',
};

function tenders(sale: LedgerSale) {
  const paid = sale.payments.filter(({ status }) => status !== 'voided');
  return paid.length > 0 ? { tenders: paid.map((payment) => renderTender(payment, sale)) } : {};
}

const renderTender = (payment: LedgerPayment, { shop, id }: LedgerSale) => ({
  id: payment.id,
  transaction_id: id,
  created_at: stamp(payment.createdAt),
  // With the tip, unlike the payment's own amount.
  amount_money: money(payment.amount + payment.tip, shop.currency),
  tip_money: money(payment.tip, shop.currency),
  type: tenderTypes[payment.tender],
  payment_id: payment.id,
});
