// A refund of Square: the money that went back, once. The goods that came back stand in the return order, which is a
// document of its own (translate-order.ts): several refunds may share one, and some of them fail.
import { compare, zero } from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import { type SaleDraft, voided, writeSale } from '../sale-draft.ts';
import type { TranslationBuilder } from '../translate-safely.ts';
import type { VendorFields } from '../vendor-json.ts';
import { methodOf, moneyOrZero } from './square-money.ts';

export function translateRefund(bundle: VendorFields, facts: TranslationFacts, into: TranslationBuilder): void {
  const refund = bundle.needChild('refund');
  const status = refund.text('status');
  if (status === 'PENDING') {
    into.leftOut.push('The refund awaits its approval.');
    return;
  }
  const draft = draftRefund(bundle, facts);
  const failed = failedStates.has(status);
  into.sales.push(writeSale(failed ? voided(draft) : draft));
}

function draftRefund(bundle: VendorFields, facts: TranslationFacts): SaleDraft {
  const refund = bundle.needChild('refund');
  const payment = bundle.child('payment');
  const sources = bundle.child('order')?.list('returns') ?? [];
  const sourceOrderId = sources.map((part) => part.text('source_order_id')).find((id) => id !== null) ?? null;
  const currency = refund.needChild('amount_money').text('currency') ?? facts.shop.currency;
  const amount = moneyOrZero(refund, 'amount_money', currency);
  const flags: string[] = [];
  if (!knownStates.has(refund.text('status'))) flags.push('unknown_state');
  if (exceedsPayment(payment, currency)) flags.push('refund_exceeds_payment');
  const method = methodOf(tenderTypeOf(refund, payment), flags);
  return {
    kind: 'refund',
    externalId: refund.needText('id'),
    version: refund.needTime('updated_at').micros,
    status: 'completed',
    refundOf: payment?.text('order_id') ?? sourceOrderId,
    occurredAt: refund.needTime('created_at').date,
    currency,
    total: amount,
    lines: [],
    adjustment: amount,
    tenders: [{ externalId: refund.text('payment_id'), method, amount, tip: zero }],
    flags,
  };
}

const failedStates: ReadonlySet<string | null> = new Set(['REJECTED', 'FAILED']);
const knownStates: ReadonlySet<string | null> = new Set(['COMPLETED', ...failedStates]);

function exceedsPayment(payment: VendorFields | null, currency: string): boolean {
  if (payment === null) return false;
  const back = moneyOrZero(payment, 'refunded_money', currency);
  return compare(back, moneyOrZero(payment, 'total_money', currency)) > 0;
}

/** By what the sale was paid: a gift card is a card to payments, and a kind of its own to orders. */
function tenderTypeOf(refund: VendorFields, payment: VendorFields | null): string | null {
  const brand = payment?.child('card_details')?.child('card')?.text('card_brand');
  if (brand === 'SQUARE_GIFT_CARD') return brand;
  return payment?.text('source_type') ?? refund.text('destination_type');
}
