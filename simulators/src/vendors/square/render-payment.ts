// Payments and refunds as Square lists them, each with a stamp of its own.

import type { GoodsBack, LedgerPayment, LedgerRefund, LedgerSale } from '../ledger-rows.ts';
import type { Tender } from '../ticket.ts';
import type { Rendering } from './rendering.ts';
import { money, stamp } from './square-money.ts';

const statuses = { approved: 'APPROVED', captured: 'COMPLETED', voided: 'CANCELED' } as const;

const sources: Readonly<Record<Tender, string>> = {
  card: 'CARD',
  cash: 'CASH',
  wallet: 'WALLET',
  gift_card: 'CARD',
  other: 'EXTERNAL',
};

export function renderPayment(
  payment: LedgerPayment,
  given: { readonly sale: LedgerSale; readonly refunds: readonly LedgerRefund[] },
  rendering: Pick<Rendering, 'ids'>,
): Record<string, unknown> {
  const { sale } = given;
  const { currency } = sale.shop;
  const amount = money(payment.amount, currency);
  const refunded = payment.refunded + payment.refundedTip;
  const refunds = given.refunds.filter((refund) => refund.payment === payment);
  return {
    id: payment.id,
    created_at: stamp(payment.createdAt),
    updated_at: stamp(payment.modifiedAt),
    // Without the tip.
    amount_money: amount,
    ...(payment.tip > 0 ? { tip_money: money(payment.tip, currency) } : {}),
    total_money: money(payment.amount + payment.tip, currency),
    approved_money: amount,
    ...(refunded > 0 ? { refunded_money: money(refunded, currency) } : {}),
    ...(refunds.length > 0 ? { refund_ids: refunds.map(({ id }) => id) } : {}),
    status: statuses[payment.status],
    source_type: sources[payment.tender],
    ...detailsOf(payment, currency),
    ...(payment.status === 'approved' ? { delay_action: 'CANCEL', delay_duration: 'PT36H' } : {}),
    location_id: rendering.ids.location(sale.shop.id),
    order_id: sale.id,
    ...(payment.offline
      ? { is_offline_payment: true, offline_payment_details: { client_created_at: stamp(payment.paidAt) } }
      : {}),
    receipt_number: payment.id.slice(0, 4),
    version_token: `${payment.id}.${payment.modifiedAt}`,
  };
}

function detailsOf(payment: LedgerPayment, currency: string): Record<string, unknown> {
  const paid = money(payment.amount + payment.tip, currency);
  if (payment.tender === 'cash') {
    return { cash_details: { buyer_supplied_money: paid, change_back_money: money(0, currency) } };
  }
  if (payment.tender === 'other') return { external_details: { type: 'OTHER', source: 'Voucher' } };
  if (payment.tender === 'wallet') return { wallet_details: { status: 'CAPTURED', brand: 'CASH_APP' } };
  const brand = payment.tender === 'gift_card' ? 'SQUARE_GIFT_CARD' : 'VISA';
  return {
    card_details: { status: 'CAPTURED', card: { card_brand: brand, last_4: '1111' }, entry_method: 'EMV' },
  };
}

const refundStatuses = { pending: 'PENDING', completed: 'COMPLETED', failed: 'FAILED' } as const;

export const renderRefund = (
  refund: LedgerRefund,
  back: GoodsBack,
  rendering: Pick<Rendering, 'ids'>,
): Record<string, unknown> => ({
  id: refund.id,
  status: refundStatuses[refund.status],
  location_id: rendering.ids.location(back.shop.id),
  amount_money: money(refund.amount, back.shop.currency),
  destination_type: refund.tender === 'cash' ? 'CASH' : 'CARD',
  ...(refund.payment ? { payment_id: refund.payment.id } : {}),
  unlinked: refund.payment === undefined,
  order_id: back.exchangedInto ?? back.id,
  reason: back.reason,
  created_at: stamp(refund.createdAt),
  updated_at: stamp(refund.modifiedAt),
});
