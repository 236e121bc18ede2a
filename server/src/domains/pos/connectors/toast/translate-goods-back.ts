// Goods that came back at Toast: each selection says what was given back of it so far, by amount. What that is in pieces is
// one document a sale, of no money (refunds book that), replaced as a whole whenever more comes back.
import { compare, type Decimal, decimal, isZero, multiply, subtract, sum, zero } from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import { type DraftLine, leftOver, type SaleDraft, unitOf, writeSale } from '../sale-draft.ts';
import type { TranslationBuilder } from '../translate-safely.ts';
import type { VendorFields } from '../vendor-json.ts';
import { readDay } from './read-day.ts';
import type { ToastLine } from './read-selections.ts';

interface Returned {
  readonly lines: readonly ToastLine[];
  readonly sale: SaleDraft;
  readonly facts: TranslationFacts;
}

export function translateGoodsBack(order: VendorFields, from: Returned, into: TranslationBuilder): void {
  const { lines, sale } = from;
  const discount = sale.discount ?? zero;
  const goods = sum(lines.map(({ draft }) => draft.total));
  // A discount on the whole lowers what each line is worth when it comes back.
  const worth = isZero(goods) ? decimal('1') : unitOf(subtract(goods, discount), goods);
  const returned = lines.flatMap((line) => readReturned(line, worth, sale.currency));
  if (returned.length === 0) return;
  const last = lastRefund(order);
  const draft: SaleDraft = {
    kind: 'refund',
    externalId: `${sale.externalId}/goods`,
    version: sale.version,
    status: 'completed',
    refundOf: sale.externalId,
    occurredAt: last?.time('refundDate')?.date ?? sale.occurredAt,
    businessDate: last === null ? (sale.businessDate ?? null) : readDay(last, 'refundBusinessDate'),
    currency: sale.currency,
    total: zero,
    lines: returned,
    tenders: [],
    flags: ['goods_returned'],
  };
  into.sales.push(writeSale({ ...draft, adjustment: leftOver(draft) }));
}

const nearlyAll = decimal('0.98');

/** Toast tells amounts and no pieces: of what is counted whole pieces come back, of what is weighed a share. */
function readReturned({ selection, draft }: ToastLine, worth: Decimal, currency: string): DraftLine[] {
  const back = selection.child('refundDetails')?.major('refundAmount', currency) ?? zero;
  const value = multiply(draft.total, worth);
  if (compare(back, zero) <= 0 || compare(value, zero) <= 0) return [];
  const share = unitOf(back, value);
  const quantity = compare(share, nearlyAll) >= 0 ? draft.quantity : piecesOf(draft.quantity, share);
  if (isZero(quantity)) return [];
  const part = unitOf(quantity, draft.quantity);
  return [{ ...draft, quantity, total: decimal(multiply(draft.total, part).toFixed(2)) }];
}

function piecesOf(quantity: Decimal, share: Decimal): Decimal {
  const pieces = multiply(quantity, share);
  const isCounted = quantity.eq(quantity.round(0));
  return decimal(pieces.toFixed(isCounted ? 0 : 3));
}

function lastRefund(order: VendorFields): VendorFields | null {
  let last: { readonly refund: VendorFields; readonly micros: number } | null = null;
  for (const check of order.list('checks')) {
    for (const payment of check.list('payments')) {
      const refund = payment.child('refund');
      const micros = refund?.time('refundDate')?.micros ?? 0;
      if (refund !== null && (last === null || micros > last.micros)) last = { refund, micros };
    }
  }
  return last?.refund ?? null;
}
