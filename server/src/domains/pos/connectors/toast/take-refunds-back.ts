// Refunds that went with what they were of: an order or check that is voided at Toast takes the money back that had been
// given back for it, so that a booked refund of it would be subtracted from nothing.
import { type SaleDraft, voided, writeSale } from '../sale-draft.ts';
import type { TranslationBuilder } from '../translate-safely.ts';
import type { RefundedOrder } from './translate-refunds.ts';

/** After all refunds that the order still has are translated. */
export function takeRefundsBack({ payments, sale, facts }: RefundedOrder, into: TranslationBuilder): void {
  const standing = new Set(payments.map(({ tender }) => tender.externalId));
  const written = new Set(into.sales.map(({ externalId }) => externalId));
  for (const { externalId, version, status } of facts.refundsOf(sale.externalId)) {
    const [paymentId = ''] = externalId.split('/');
    // A state of the order from before the refund says nothing of it.
    if (status === 'voided' || version > sale.version) continue;
    if (written.has(externalId) || standing.has(paymentId)) continue;
    const gone: SaleDraft = { ...sale, kind: 'refund', externalId, refundOf: sale.externalId };
    into.sales.push(writeSale(voided(gone)));
  }
}
