// A refund of Square: its money from the refund itself, once, and its goods from the return order that it names.
import { compare, type Decimal, subtract, sum, zero } from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import { type SaleDraft, voided, writeSale } from '../sale-draft.ts';
import type { TranslationBuilder } from '../translate-safely.ts';
import type { VendorFields } from '../vendor-json.ts';
import { type ReadReturn, readReturn } from './read-return.ts';
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
  const order = bundle.child('order');
  const currency = refund.needChild('amount_money').text('currency') ?? facts.shop.currency;
  const amount = moneyOrZero(refund, 'amount_money', currency);
  const returned = order === null ? null : readReturn(order, { currency, facts });
  const parts = order === null || returned === null ? amountOnly(amount) : partsOf(refund, order, { returned, amount });
  const tip = compare(parts.tip ?? zero, amount) <= 0 ? (parts.tip ?? zero) : zero;
  const flags: string[] = [];
  if (!knownStates.has(refund.text('status'))) flags.push('unknown_state');
  if (exceedsPayment(payment, currency)) flags.push('refund_exceeds_payment');
  const method = methodOf(tenderTypeOf(refund, payment), flags);
  return {
    kind: 'refund',
    externalId: refund.needText('id'),
    version: refund.needTime('updated_at').micros,
    status: 'completed',
    refundOf: payment?.text('order_id') ?? returned?.sourceOrderId ?? null,
    occurredAt: refund.needTime('created_at').date,
    currency,
    total: amount,
    ...parts,
    tenders: [{ externalId: refund.text('payment_id'), method, amount: subtract(amount, tip), tip }],
    flags,
  };
}

const failedStates: ReadonlySet<string | null> = new Set(['REJECTED', 'FAILED']);
const knownStates: ReadonlySet<string | null> = new Set(['COMPLETED', ...failedStates]);

type Parts = ReadReturn['parts'];

const amountOnly = (adjustment: Decimal): Parts => ({
  lines: [],
  tax: zero,
  tip: zero,
  serviceCharge: zero,
  adjustment,
});

/** Goods paid by two cards come back as two refunds of one return order: the first of them has the goods. */
function partsOf(
  refund: VendorFields,
  order: VendorFields,
  { returned, amount }: { readonly returned: ReadReturn; readonly amount: Decimal },
): Parts {
  // An exchange has booked its goods with the order.
  if (order.list('line_items').length > 0) return amountOnly(amount);
  const currency = refund.needChild('amount_money').text('currency') ?? '';
  const ownId = refund.text('id') ?? '';
  const others = order
    .list('refunds')
    .filter((sibling) => sibling.text('id') !== ownId && !failedStates.has(sibling.text('status')))
    .map((sibling) => ({ id: sibling.text('id') ?? '', amount: moneyOrZero(sibling, 'amount_money', currency) }));
  if (others.some(({ id }) => id < ownId)) return amountOnly(amount);
  const elsewhere = sum(others.map((sibling) => sibling.amount));
  return { ...returned.parts, adjustment: subtract(returned.parts.adjustment, elsewhere) };
}

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
