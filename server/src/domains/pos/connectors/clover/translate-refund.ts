// A refund of a Clover order: its money, and the units that it names.
import { compare, isZero, subtract, sum, zero } from '../../../../platform/decimal.ts';
import { leftOver, type SaleDraft, type TenderMethod, voided, writeSale } from '../sale-draft.ts';
import type { TranslationBuilder } from '../translate-safely.ts';
import type { VendorFields } from '../vendor-json.ts';
import { saleTime } from '../vendor-time.ts';
import { type CloverLine, elementsOf, sizeOf } from './read-line.ts';

export interface RefundedOrder {
  readonly order: VendorFields;
  readonly currency: string;
  readonly goods: readonly CloverLine[];
  readonly tenders: ReadonlyMap<string, TenderMethod>;
  readonly sale: SaleDraft;
}

const failed: ReadonlySet<string | null> = new Set(['FAIL', 'FAILED', 'VOIDED', 'DECLINED']);
const waiting: ReadonlySet<string | null> = new Set(['PENDING', 'INITIATED']);
const known: ReadonlySet<string | null> = new Set(['SUCCESS', null, ...failed]);

export function translateRefund(refund: VendorFields, from: RefundedOrder, into: TranslationBuilder): void {
  const status = refund.text('status');
  if (waiting.has(status)) {
    into.leftOut.push('The refund has not come about yet.');
    return;
  }
  const draft = draftRefund(refund, from);
  into.sales.push(writeSale(failed.has(status) ? withoutMoney(draft) : draft));
}

/** Of an order that is called off. */
export function takeRefundBack(refund: VendorFields, from: RefundedOrder, into: TranslationBuilder): void {
  into.sales.push(writeSale(voided(draftRefund(refund, from))));
}

/** A refund that failed gave no money back; the goods that it names were handed over all the same. */
function withoutMoney(draft: SaleDraft): SaleDraft {
  if (draft.lines.length === 0) return voided(draft);
  const goods: SaleDraft = { ...draft, total: zero, tip: zero, tax: zero, adjustment: zero, tenders: [] };
  return { ...goods, adjustment: leftOver(goods), flags: [...(draft.flags ?? []), 'goods_returned'] };
}

function draftRefund(refund: VendorFields, { order, currency, goods, tenders, sale }: RefundedOrder): SaleDraft {
  const created = refund.needUnixMs('createdTime');
  const { at } = saleTime(refund.unixMs('clientCreatedTime')?.date ?? null, created.date);
  const amount = sizeOf(refund.minor('amount', currency) ?? zero);
  const said = sizeOf(refund.minor('tipAmount', currency) ?? zero);
  const tip = compare(said, amount) > 0 ? zero : said;
  const ids = new Set(elementsOf(refund, 'lineItems').map((line) => line.text('id')));
  const lines = goods.filter(({ id }) => ids.has(id)).map((line) => line.draft);
  const paymentId = refund.child('payment')?.text('id') ?? null;
  const method = tenders.get(paymentId ?? '') ?? 'other';
  const flags = known.has(refund.text('status')) ? [] : ['unknown_state'];
  const back = sum(elementsOf(order, 'refunds').map((each) => sizeOf(each.minor('amount', currency) ?? zero)));
  if (!isZero(sale.total) && compare(back, sale.total) > 0) flags.push('refund_exceeds_payment');
  const draft: SaleDraft = {
    kind: 'refund',
    externalId: refund.needText('id'),
    // It has no stamp of its own for changes, and the order's moves with everything else.
    version: created.micros,
    status: 'completed',
    refundOf: sale.externalId,
    occurredAt: at,
    currency,
    total: amount,
    lines,
    tax: order.isTrue('isVat') ? zero : sizeOf(refund.minor('taxAmount', currency) ?? zero),
    tip,
    tenders: [{ externalId: paymentId, method, amount: subtract(amount, tip), tip }],
    flags,
  };
  // Goods that it does not name, and the order's discounts, of which it does not tell the share.
  return { ...draft, adjustment: leftOver(draft) };
}
