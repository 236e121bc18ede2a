// An order of Square as a sale. A return order is none: its money is booked from its refund. An exchange is one order
// with goods sold and goods taken in payment; it becomes the sale of the ones and the taking back of the others, joined
// by a tender of their value, so that neither is lost and the takings are the difference.
import { add, compare, type Decimal, isZero, subtract, sum, zero } from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import { type DraftTender, type SaleDraft, voided, writeSale } from '../sale-draft.ts';
import type { TranslationBuilder } from '../translate-safely.ts';
import type { VendorFields } from '../vendor-json.ts';
import { saleTime } from '../vendor-time.ts';
import { readReturn } from './read-return.ts';
import { methodOf, moneyIn, moneyOrZero, readLine, readParts, taxOnTop } from './square-money.ts';

export function translateOrder(bundle: VendorFields, facts: TranslationFacts, into: TranslationBuilder): void {
  const order = bundle.needChild('order');
  const state = order.text('state');
  const isReturn = order.list('returns').length > 0;
  if (isReturn && order.list('line_items').length === 0 && order.list('service_charges').length === 0) {
    into.leftOut.push('A return order sells nothing; its money is booked from its refund.');
    return;
  }
  if (state === 'OPEN' || state === 'DRAFT') {
    into.leftOut.push(`The order is ${state.toLowerCase()} and has not been paid.`);
    return;
  }
  const draft = draftOrder(bundle, facts);
  if (state === 'CANCELED') {
    into.sales.push(writeSale(voided(draft)));
    return;
  }
  const credit = isReturn ? subtract(draft.total, paidBy(draft.tenders)) : zero;
  if (compare(credit, zero) <= 0) {
    into.sales.push(writeSale(draft));
    return;
  }
  const externalId = `${draft.externalId}/exchange`;
  const tender: DraftTender = { externalId, method: 'exchange', amount: credit, tip: zero };
  into.sales.push(writeSale({ ...draft, tenders: [...draft.tenders, tender] }));
  into.sales.push(writeSale(takenInPayment(order, { draft, externalId, tender, facts })));
}

const paidBy = (tenders: readonly DraftTender[]): Decimal => sum(tenders.flatMap(({ amount, tip }) => [amount, tip]));

function draftOrder(bundle: VendorFields, facts: TranslationFacts): SaleDraft {
  const order = bundle.needChild('order');
  const currency = order.child('total_money')?.text('currency') ?? facts.shop.currency;
  const flags: string[] = [];
  const state = order.text('state');
  if (state !== 'COMPLETED' && state !== 'CANCELED') flags.push('unknown_state');
  const { at, isClamped } = saleTime(soldOffline(bundle), order.needTime('created_at').date);
  if (isClamped) flags.push('clock_clamped');
  const taxes = order.list('taxes');
  const charges = order.list('service_charges');
  return {
    kind: 'sale',
    externalId: order.needText('id'),
    version: order.needTime('updated_at').micros,
    status: 'completed',
    occurredAt: at,
    currency,
    total: moneyOrZero(order, 'total_money', currency),
    lines: order.list('line_items').map((line) => readLine(line, { gross: 'gross_sales_money', currency, facts })),
    serviceCharge:
      charges.length === 0
        ? moneyOrZero(order, 'total_service_charge_money', currency)
        : sum(readParts(charges, currency).map(({ amount }) => amount)),
    tax: taxOnTop(moneyOrZero(order, 'total_tax_money', currency), taxes, currency),
    tip: moneyOrZero(order, 'total_tip_money', currency),
    adjustment: moneyOrZero(order.child('rounding_adjustment'), 'amount_money', currency),
    tenders: readTenders(order, currency, flags),
    taxes: readParts(taxes, currency),
    discounts: readParts(order.list('discounts'), currency),
    serviceCharges: readParts(charges, currency),
    flags,
    metadata: { channel: order.child('source')?.text('name') ?? null, orderNumber: order.text('ticket_name') },
  };
}

/** When a till without a network took the money; the order's own stamps say when Square heard of it. */
function soldOffline(bundle: VendorFields): Date | null {
  const times = bundle
    .list('payments')
    .filter((payment) => payment.isTrue('is_offline_payment'))
    .flatMap((payment) => payment.child('offline_payment_details')?.time('client_created_at')?.date ?? []);
  return times.reduce<Date | null>((first, time) => (first === null || time < first ? time : first), null);
}

function readTenders(order: VendorFields, currency: string, flags: string[]): DraftTender[] {
  return order.list('tenders').flatMap((tender) => {
    const tip = moneyOrZero(tender, 'tip_money', currency);
    const amount = subtract(moneyOrZero(tender, 'amount_money', currency), tip);
    // A drawer opened without a sale.
    if (isZero(amount) && isZero(tip)) return [];
    const externalId = tender.text('payment_id') ?? tender.text('id');
    return [{ externalId, method: methodOf(tender.text('type'), flags), amount, tip }];
  });
}

interface Exchange {
  readonly draft: SaleDraft;
  readonly externalId: string;
  readonly tender: DraftTender;
  readonly facts: TranslationFacts;
}

/** The goods taken back; what of their value went back as money has a refund of its own, and is left out here. */
function takenInPayment(order: VendorFields, { draft, externalId, tender, facts }: Exchange): SaleDraft {
  const { currency } = draft;
  const returned = readReturn(order, { currency, facts });
  const value = moneyIn(order.child('return_amounts'), 'total_money', currency) ?? returned.total;
  return {
    kind: 'refund',
    externalId,
    version: draft.version,
    status: 'completed',
    refundOf: returned.sourceOrderId,
    occurredAt: draft.occurredAt,
    currency,
    total: tender.amount,
    ...returned.parts,
    adjustment: add(returned.parts.adjustment, subtract(tender.amount, value)),
    tenders: [tender],
    flags: ['exchange'],
  };
}
