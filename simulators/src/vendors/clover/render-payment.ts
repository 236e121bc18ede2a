// Payments, refunds and credits as Clover lists them.

import type { GoodsBack, LedgerPayment, LedgerRefund, LedgerSale } from '../ledger-rows.ts';
import { shareOut, sum, type Tender } from '../ticket.ts';
import { elements, type Rendering, ref } from './rendering.ts';

const results = { approved: 'AUTH', captured: 'SUCCESS', voided: 'VOIDED' } as const;

const tenders: Readonly<Record<Tender, readonly [label: string, key: string]>> = {
  card: ['Credit Card', 'com.clover.tender.credit_card'],
  cash: ['Cash', 'com.clover.tender.cash'],
  wallet: ['Mobile wallet', 'com.clover.tender.external_payment'],
  gift_card: ['Gift Card', 'com.clover.tender.gift_card'],
  other: ['Voucher', 'com.clover.tender.external_payment'],
};

export const renderTender = (tender: Tender, shopId: string, { ids }: Rendering) => ({
  id: ids.tender(shopId, tender),
  label: tenders[tender][0],
  labelKey: tenders[tender][1],
  enabled: true,
});

export const allTenders: readonly Tender[] = ['card', 'cash', 'wallet', 'gift_card', 'other'];

export const paymentExpands = [
  'tender',
  'cardTransaction',
  'refunds',
  'taxRates',
  'lineItemPayments',
  'order',
  'additionalCharges',
];

export const paymentResult = (payment: LedgerPayment): string => results[payment.status];

export function renderPayment(
  payment: LedgerPayment,
  sale: LedgerSale,
  given: { readonly expand: ReadonlySet<string>; readonly rendering: Rendering },
) {
  const { expand, rendering } = given;
  const { ids, ledger } = rendering;
  const at = sale.payments.indexOf(payment);
  const taxes = shareOut(
    sale.tax,
    sale.payments.map(({ amount }) => amount),
  );
  const backs = ledger.returnsOf(sale);
  const refunds = backs.flatMap((back) =>
    back.refunds.filter((each) => each.payment === payment).map((each) => renderRefund(each, back, rendering)),
  );
  return {
    id: payment.id,
    order: ref(sale.id),
    device: ref(ids.device(sale.shop.id)),
    tender: expand.has('tender')
      ? renderTender(payment.tender, sale.shop.id, rendering)
      : ref(ids.tender(sale.shop.id, payment.tender)),
    // The tip is kept apart.
    amount: payment.amount,
    tipAmount: payment.tip,
    taxAmount: taxes[at] ?? 0,
    cashbackAmount: 0,
    ...(payment.tender === 'cash' ? { cashTendered: payment.amount + payment.tip } : {}),
    employee: ref(ids.partOf(sale.shop.id, 'employee')),
    createdTime: payment.createdAt,
    clientCreatedTime: payment.paidAt,
    modifiedTime: payment.modifiedAt,
    offline: payment.offline,
    result: paymentResult(payment),
    ...(payment.status === 'voided' ? { voidReason: 'USER_CANCEL' } : {}),
    ...(expand.has('refunds') && refunds.length > 0 ? { refunds: elements(refunds) } : {}),
    ...(expand.has('cardTransaction') && payment.tender === 'card'
      ? { cardTransaction: { cardType: 'VISA', last4: '1111', type: 'AUTH', state: 'CLOSED' } }
      : {}),
  };
}

const refundStatuses = { pending: 'PENDING', completed: 'SUCCESS', failed: 'FAIL' } as const;

/** Goods stand on the first refund row of what came back together; tax and tip are inside the amount. */
export function renderRefund(refund: LedgerRefund, back: GoodsBack, { ids }: Rendering) {
  const isFirst = back.refunds[0] === refund;
  return {
    id: refund.id,
    ...(back.sale ? { orderRef: ref(back.sale.id) } : {}),
    ...(refund.payment ? { payment: ref(refund.payment.id) } : {}),
    amount: refund.amount,
    taxAmount: isFirst ? sum(back.lines.map(({ tax }) => tax)) : 0,
    tipAmount: refund.tip,
    createdTime: refund.createdAt,
    clientCreatedTime: refund.refundedAt,
    ...(isFirst && back.lines.length > 0 ? { lineItems: elements(returnedUnits(back, ids)) } : {}),
    status: refundStatuses[refund.status],
    reason: back.reason,
  };
}

const returnedUnits = (back: GoodsBack, ids: Rendering['ids']) =>
  back.lines.flatMap(({ line, from, quantity }) => {
    if (line.byWeight) return [ref(line.id)];
    const first = Math.round(from / 1000);
    return Array.from({ length: Math.round(quantity / 1000) }, (_, n) => ref(ids.unitLine(line.id, first + n)));
  });

export const renderCredit = (refund: LedgerRefund, back: GoodsBack, rendering: Rendering) => ({
  id: refund.id,
  orderRef: ref(back.id),
  device: ref(rendering.ids.device(back.shop.id)),
  tender: renderTender(refund.tender, back.shop.id, rendering),
  amount: refund.amount,
  taxAmount: 0,
  createdTime: refund.createdAt,
  clientCreatedTime: refund.refundedAt,
});
