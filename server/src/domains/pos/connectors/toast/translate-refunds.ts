// Refunds at Toast: a payment has one refund object, which a later refund changes instead of adding another. What is
// booked of a payment is therefore slices, one for each transaction that the object has named, and a new transaction is
// booked as the difference to them, on its own day.
import {
  add,
  compare,
  type Decimal,
  decimal,
  isZero,
  negate,
  subtract,
  sum,
  zero,
} from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import { type SaleDraft, voided, writeSale } from '../sale-draft.ts';
import type { TranslationBuilder } from '../translate-safely.ts';
import type { BookedRefund } from '../translation-facts.ts';
import { readDay } from './read-day.ts';
import type { ReadPayment } from './read-payments.ts';

export interface RefundedOrder {
  readonly payments: readonly ReadPayment[];
  readonly sale: SaleDraft;
  readonly facts: TranslationFacts;
}

interface Slice {
  readonly externalId: string;
  readonly version: number;
  readonly isVoided: boolean;
  readonly transaction: string;
  /** Positive, with the tip. */
  readonly total: Decimal;
  readonly tip: Decimal;
}

export function translateRefunds(from: RefundedOrder, into: TranslationBuilder): void {
  const { payments, sale, facts } = from;
  const refunded = payments.filter(({ payment }) => payment.has('refund'));
  if (refunded.length === 0) return;
  const booked = facts.refundsOf(sale.externalId);
  for (const each of refunded) {
    const slices = booked.flatMap((refund) => readSlice(refund, each.tender.externalId ?? ''));
    translateRefund(each, { slices, sale, facts }, into);
  }
}

/** The slices of this payment; their ids are `<payment>/<transaction>`. */
function readSlice(refund: BookedRefund, paymentId: string): Slice[] {
  const prefix = `${paymentId}/`;
  if (!refund.externalId.startsWith(prefix)) return [];
  return [
    {
      externalId: refund.externalId,
      version: refund.version,
      isVoided: refund.status === 'voided',
      transaction: refund.externalId.slice(prefix.length),
      total: negate(decimal(refund.total)),
      tip: negate(decimal(refund.tip)),
    },
  ];
}

interface Refunded {
  readonly slices: readonly Slice[];
  readonly sale: SaleDraft;
  readonly facts: TranslationFacts;
}

function translateRefund({ payment, tender }: ReadPayment, on: Refunded, into: TranslationBuilder): void {
  const { slices, sale } = on;
  const { currency } = sale;
  const refund = payment.needChild('refund');
  const tips = refund.major('tipRefundAmount', currency) ?? zero;
  const all = add(refund.major('refundAmount', currency) ?? zero, tips);
  const transaction = refund.child('refundTransaction')?.text('guid') ?? 'refund';
  const refundedAt = refund.time('refundDate');
  const others = slices.filter((slice) => slice.transaction !== transaction && !slice.isVoided);
  if (refundedAt !== null && others.some((slice) => slice.version > refundedAt.micros)) {
    into.leftOut.push('The refund has been overtaken by a later one.');
    return;
  }
  const total = subtract(all, sum(others.map((slice) => slice.total)));
  const tip = subtract(tips, sum(others.map((slice) => slice.tip)));
  const flags = compare(all, add(tender.amount, tender.tip)) > 0 ? ['refund_exceeds_payment'] : [];
  const draft: SaleDraft = {
    kind: 'refund',
    externalId: `${tender.externalId ?? ''}/${transaction}`,
    version: refundedAt?.micros ?? sale.version,
    status: 'completed',
    refundOf: sale.externalId,
    occurredAt: refundedAt?.date ?? sale.occurredAt,
    businessDate: readDay(refund, 'refundBusinessDate'),
    currency,
    total,
    lines: [],
    tip,
    adjustment: subtract(total, tip),
    tenders: [{ ...tender, amount: subtract(total, tip), tip }],
    flags,
  };
  if (compare(total, zero) > 0 || slices.some((slice) => slice.transaction === transaction)) {
    into.standing.push(...others.map(({ externalId }) => externalId));
    into.sales.push(writeSale(isZero(total) ? voided(draft) : draft));
  } else if (compare(total, zero) < 0) {
    // Less is refunded than before: what was booked is taken back, and what is left of it booked anew.
    for (const slice of others) {
      const { externalId } = slice;
      into.sales.push(writeSale(voided({ ...draft, externalId, version: Math.max(draft.version, slice.version) })));
    }
    into.sales.push(
      writeSale({
        ...draft,
        total: all,
        tip: tips,
        adjustment: subtract(all, tips),
        tenders: [{ ...tender, amount: subtract(all, tips), tip: tips }],
      }),
    );
  } else into.standing.push(...others.map(({ externalId }) => externalId));
}
