// A sale of the ledger as Toast's Order: one check with everything inside, payments and their refunds included.

import type { LedgerPayment, LedgerSale } from '../ledger-rows.ts';
import { sum, type Tender } from '../ticket.ts';
import { reference, renderDiscount, renderSelection } from './render-selection.ts';
import { dayNumber, major, never, type Rendering, stamp } from './rendering.ts';

export function renderOrder(sale: LedgerSale, rendering: Rendering): Record<string, unknown> {
  const { shop } = sale;
  const { ids } = rendering;
  const voided = sale.state === 'voided';
  const deleted = sale.state === 'merged';
  const over = sale.closedAt === undefined ? null : stamp(sale.closedAt);
  const paid = sale.payments[0];
  return {
    ...reference(sale.id, 'Order'),
    openedDate: stamp(sale.openedAt),
    // When Toast got it: later than it was opened where the device was offline.
    createdDate: stamp(sale.createdAt),
    modifiedDate: stamp(sale.modifiedAt),
    promisedDate: null,
    paidDate: paid && sale.state === 'completed' ? stamp(paid.paidAt) : null,
    closedDate: sale.state === 'completed' ? over : null,
    voided,
    voidDate: voided ? over : null,
    voidBusinessDate: voided && sale.closedAt !== undefined ? dayNumber(sale.closedAt, shop) : null,
    deleted,
    deletedDate: deleted ? over : never,
    businessDate: dayNumber(sale.openedAt, shop),
    source: 'In Store',
    approvalStatus: 'APPROVED',
    server: reference(ids.partOf(shop.id, 'server'), 'RestaurantUser'),
    diningOption: reference(ids.partOf(shop.id, 'dining'), 'DiningOption'),
    revenueCenter: reference(ids.partOf(shop.id, 'revenue'), 'RevenueCenter'),
    // Starts anew each day: no identity.
    displayNumber: String((Number.parseInt(sale.id.slice(0, 6), 16) % 200) + 1),
    createdInTestMode: sale.testMode,
    excessFood: false,
    checks: [renderCheck(sale, rendering)],
  };
}

function renderCheck(sale: LedgerSale, rendering: Rendering): Record<string, unknown> {
  const { shop } = sale;
  const net = sum(sale.lines.filter((line) => !line.voided).map(({ gross, allDiscount }) => gross - allDiscount));
  const amounts = [net, sale.serviceCharge].map((each) => major(each, shop));
  const amount = rendering.switches.floatSums ? floatSum(sale) : major(net + sale.serviceCharge, shop);
  const total = rendering.switches.floatSums
    ? (amounts[0] ?? 0) + (amounts[1] ?? 0) + major(sale.tax, shop)
    : major(sale.total, shop);
  return {
    ...reference(rendering.ids.partOf(sale.id, 'check'), 'Check'),
    openedDate: stamp(sale.openedAt),
    modifiedDate: stamp(sale.modifiedAt),
    displayNumber: String((Number.parseInt(sale.id.slice(0, 6), 16) % 200) + 1),
    amount,
    taxAmount: major(sale.tax, shop),
    // Not lowered by what goes back.
    totalAmount: total,
    paymentStatus: checkStatus(sale, rendering),
    taxExempt: false,
    voided: sale.state === 'voided',
    deleted: sale.state === 'merged',
    selections: sale.lines.map((line) => renderSelection(line, sale, rendering)),
    payments: sale.payments.map((payment) => renderPayment(payment, sale, rendering)),
    appliedServiceCharges: sale.serviceCharge > 0 ? [serviceCharge(sale, rendering)] : [],
    appliedDiscounts:
      sale.orderDiscount > 0
        ? [renderDiscount(rendering.ids.partOf(sale.id, 'discount'), 'Today only', major(sale.orderDiscount, shop))]
        : [],
  };
}

/** What one gets who adds prices as floating point numbers. */
const floatSum = (sale: LedgerSale): number =>
  sale.lines
    .filter((line) => !line.voided)
    .reduce((total, line) => total + major(line.gross - line.allDiscount, sale.shop), 0) +
  major(sale.serviceCharge, sale.shop);

function checkStatus(sale: LedgerSale, rendering: Rendering): string {
  if (sale.state === 'open' || sale.state === 'merged') return 'OPEN';
  // Tips can still be added to a card's payment until it is captured.
  return sale.payments.some((payment) => paymentStatus(payment, sale, rendering) === 'AUTHORIZED') ? 'PAID' : 'CLOSED';
}

function paymentStatus(payment: LedgerPayment, sale: LedgerSale, { closedOut }: Rendering): string {
  if (payment.status === 'voided') return 'VOIDED';
  return payment.tender === 'card' && !closedOut.has(sale.id) ? 'AUTHORIZED' : 'CAPTURED';
}

const types: Readonly<Record<Tender, string>> = {
  card: 'CREDIT',
  cash: 'CASH',
  wallet: 'OTHER',
  gift_card: 'GIFTCARD',
  other: 'OTHER',
};

export function renderPayment(payment: LedgerPayment, sale: LedgerSale, rendering: Rendering): Record<string, unknown> {
  const { shop } = sale;
  const { ids } = rendering;
  const voidedAt = payment.status === 'voided' ? sale.closedAt : undefined;
  return {
    ...reference(payment.id, 'OrderPayment'),
    orderGuid: sale.id,
    checkGuid: ids.partOf(sale.id, 'check'),
    type: types[payment.tender],
    otherPayment:
      types[payment.tender] === 'OTHER' ? reference(ids.partOf(shop.id, payment.tender), 'AlternatePaymentType') : null,
    // Without the tip.
    amount: major(payment.amount, shop),
    tipAmount: major(payment.tip, shop),
    paidDate: stamp(payment.paidAt),
    paidBusinessDate: dayNumber(payment.paidAt, shop),
    ...(payment.tender === 'card' ? { cardType: 'VISA', last4Digits: '1111', cardEntryMode: 'EMV_CHIP_SIGN' } : {}),
    ...refundOf(payment, sale, rendering),
    // Stays captured whatever goes back.
    paymentStatus: paymentStatus(payment, sale, rendering),
    voidInfo:
      voidedAt === undefined ? null : { voidDate: stamp(voidedAt), voidBusinessDate: dayNumber(voidedAt, shop) },
    originalProcessingFee:
      rendering.closedOut.has(sale.id) && payment.tender === 'card' ? major(payment.amount / 40, shop) : null,
  };
}

/** All refunds of a payment are one object, which a later one changes: it bears the last one's date and transaction. */
function refundOf(payment: LedgerPayment, sale: LedgerSale, { ledger }: Rendering) {
  const backs = ledger.returnsOf(sale);
  const refunds = backs.flatMap((back) =>
    back.refunds
      .filter((each) => each.payment === payment && each.status === 'completed')
      .map((each) => ({ back, ...each })),
  );
  const last = refunds.at(-1);
  if (!last) return { refundStatus: 'NONE', refund: null };
  const tips = sum(refunds.map(({ tip }) => tip));
  const amount = sum(refunds.map((each) => each.amount)) - tips;
  const isFull = amount >= payment.amount && tips >= payment.tip;
  return {
    refundStatus: isFull ? 'FULL' : 'PARTIAL',
    refund: {
      refundAmount: major(amount, sale.shop),
      tipRefundAmount: major(tips, sale.shop),
      refundDate: stamp(last.refundedAt),
      refundBusinessDate: dayNumber(last.refundedAt, sale.shop),
      refundTransaction: reference(last.back.id, 'RefundTransaction'),
    },
  };
}

const serviceCharge = (sale: LedgerSale, { ids }: Rendering) => ({
  ...reference(ids.partOf(sale.id, 'service'), 'AppliedServiceCharge'),
  name: sale.ticket.gratuity ? 'Large party' : 'Service',
  chargeAmount: major(sale.serviceCharge, sale.shop),
  chargeType: 'FIXED',
  gratuity: sale.ticket.gratuity ?? false,
  taxable: false,
  serviceChargeCategory: 'SERVICE_CHARGE',
  appliedTaxes: [],
});
