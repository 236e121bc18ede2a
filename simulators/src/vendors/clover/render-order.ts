// A sale of the ledger as Clover's Order: a line for each unit, rates instead of tax amounts, and lists only where they
// are asked for.

import type { LedgerLine, LedgerSale } from '../ledger-rows.ts';
import { flatModifiers, shareOut, sum } from '../ticket.ts';
import { renderPayment, renderRefund } from './render-payment.ts';
import { elements, type Rendering, ref } from './rendering.ts';

/** What `expand` may name on an order. */
export const orderExpands = [
  'employee',
  'payments',
  'refunds',
  'credits',
  'voids',
  'lineItems',
  'lineItems.discounts',
  'lineItems.modifications',
  'lineItems.taxRates',
  'serviceCharge',
  'discounts',
  'orderType',
  'customers',
  'payment.tender',
  'payments.tender',
  'payment.cardTransaction',
];

export function renderOrder(sale: LedgerSale, expand: ReadonlySet<string>, rendering: Rendering) {
  const { ids, ledger, switches } = rendering;
  const refunds = ledger.returnsOf(sale).flatMap((back) => back.refunds.map((refund) => ({ back, refund })));
  const wants = (what: string) => [...expand].some((each) => each === what || each.startsWith(`${what}.`));
  const paymentExpand = new Set([...expand].map((each) => each.replace(/^payments?\./, '')));
  return {
    id: sale.id,
    currency: sale.shop.currency,
    employee: ref(ids.partOf(sale.shop.id, 'employee')),
    total: switches.orderTotals === 'right' ? sale.total : sale.openingTotal,
    unpaidBalance: sale.state === 'completed' ? 0 : sale.total,
    paymentState: paymentState(sale),
    state: sale.state === 'completed' ? 'locked' : 'open',
    taxRemoved: false,
    isVat: false,
    manualTransaction: false,
    groupLineItems: true,
    testMode: sale.testMode,
    payType: sale.payments.length > 1 ? 'SPLIT_CUSTOM' : 'FULL',
    createdTime: sale.createdAt,
    clientCreatedTime: sale.openedAt,
    modifiedTime: sale.modifiedAt,
    device: ref(ids.device(sale.shop.id)),
    ...(wants('discounts') && sale.ticket.discountPercent
      ? { discounts: elements([orderDiscount(sale, rendering)]) }
      : {}),
    ...(wants('lineItems') ? { lineItems: elements(renderLines(sale, expand, rendering)) } : {}),
    ...(wants('payments') && sale.payments.length > 0
      ? {
          payments: elements(
            sale.payments.map((payment) => renderPayment(payment, sale, { expand: paymentExpand, rendering })),
          ),
        }
      : {}),
    ...(wants('refunds') && refunds.length > 0
      ? { refunds: elements(refunds.map(({ back, refund }) => renderRefund(refund, back, rendering))) }
      : {}),
    ...(wants('voids') && sale.lines.some(({ voided }) => voided) ? { voids: elements(voids(sale, rendering)) } : {}),
  };
}

function paymentState(sale: LedgerSale): string {
  if (sale.state !== 'completed') return 'OPEN';
  const paid = sum(sale.payments.map(({ amount }) => amount));
  const refunded = sum(sale.payments.map((payment) => payment.refunded));
  if (refunded === 0) return 'PAID';
  return refunded >= paid ? 'REFUNDED' : 'PARTIALLY_REFUNDED';
}

const orderDiscount = (sale: LedgerSale, { ids }: Rendering) => ({
  id: ids.partOf(sale.id, 'discount'),
  name: 'Today only',
  percentage: sale.ticket.discountPercent,
});

/** All line items of the order, a service charge among them: more than a hundred are had only by their own path. */
export function renderLines(sale: LedgerSale, expand: ReadonlySet<string>, rendering: Rendering): readonly unknown[] {
  const units = sale.lines
    .filter((line) => !line.voided)
    .flatMap((line) => unitsOf(line).map((unit) => renderUnit(line, { sale, unit, expand, rendering })));
  return sale.serviceCharge > 0 ? [...units, serviceCharge(sale, rendering)] : units;
}

interface Unit {
  readonly n: number;
  readonly discount: number;
}

function unitsOf(line: LedgerLine): readonly Unit[] {
  if (line.byWeight) return [{ n: 0, discount: line.discount ?? 0 }];
  const count = Math.round(line.quantity / 1000);
  const discounts = shareOut(
    line.discount ?? 0,
    Array.from({ length: count }, () => 1),
  );
  return discounts.map((discount, n) => ({ n, discount }));
}

function renderUnit(
  line: LedgerLine,
  given: {
    readonly sale: LedgerSale;
    readonly unit: Unit;
    readonly expand: ReadonlySet<string>;
    readonly rendering: Rendering;
  },
) {
  const { sale, unit, expand, rendering } = given;
  const { ids } = rendering;
  const id = ids.unitLine(line.id, unit.n);
  const item = line.sku === undefined ? undefined : rendering.items(sale.shop.id).bySku(line.sku);
  const taxRate = line.taxRate ?? sale.shop.taxRate ?? 0;
  const taxes = { id: ids.partOf(sale.shop.id, `tax-${taxRate}`), name: 'Sales tax', rate: taxRate };
  return {
    id,
    orderRef: ref(sale.id),
    ...(item ? { item: ref(ids.item(sale.shop.id, item.key)) } : {}),
    name: line.name,
    price: line.price,
    ...(line.byWeight ? { unitQty: line.quantity, unitName: 'kg' } : {}),
    printed: true,
    createdTime: sale.createdAt,
    orderClientCreatedTime: sale.openedAt,
    exchanged: line.exchanged,
    ...(line.exchangedFor === undefined ? {} : { exchangedLineItem: ref(line.exchangedFor) }),
    refunded: line.returned >= (unit.n + 1) * (line.byWeight ? line.quantity : 1000),
    isRevenue: true,
    isOrderFee: false,
    ...(expand.has('lineItems.taxRates') && taxRate > 0 ? { taxRates: elements([taxes]) } : {}),
    ...(expand.has('lineItems.modifications') && line.modifiers?.length
      ? { modifications: elements(modifications(line, id, rendering)) }
      : {}),
    ...(expand.has('lineItems.discounts') && unit.discount > 0
      ? { discounts: elements([{ id: ids.partOf(id, 'off'), name: 'Off', amount: -unit.discount }]) }
      : {}),
  };
}

const modifications = (line: LedgerLine, unitId: string, { ids }: Rendering) =>
  flatModifiers(line.modifiers).map(({ name, price }, n) => ({
    id: ids.partOf(unitId, n),
    name,
    amount: price,
    modifier: ref(ids.partOf('modifier', name)),
  }));

const serviceCharge = (sale: LedgerSale, { ids }: Rendering) => ({
  id: ids.partOf(sale.id, 'service'),
  orderRef: ref(sale.id),
  name: sale.ticket.gratuity ? 'Large party' : 'Service',
  price: sale.serviceCharge,
  createdTime: sale.createdAt,
  orderClientCreatedTime: sale.openedAt,
  exchanged: false,
  refunded: false,
  isRevenue: !sale.ticket.gratuity,
  isOrderFee: true,
  orderFeeType: 'SERVICE_CHARGE',
});

const voids = (sale: LedgerSale, { ids }: Rendering) =>
  sale.lines
    .filter((line) => line.voided)
    .flatMap((line) =>
      unitsOf(line).map(({ n }) => ({
        id: ids.partOf(line.id, `void-${n}`),
        lineItem: { id: ids.unitLine(line.id, n), name: line.name, price: line.price },
        reason: 'Mistake',
        removedBy: ref(ids.partOf(sale.shop.id, 'employee')),
        deletedTime: line.voidedAt,
      })),
    );
