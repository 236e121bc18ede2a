// An order of Square as a sale. A return order sells nothing, and an exchange both sells goods and takes some back: what
// was taken back is a document of kind refund that moves the goods, while the money is booked from the refunds alone. In
// an exchange sale and goods are joined by a tender of the value set off, so that neither is lost and the takings are
// the difference.
import { add, compare, type Decimal, isZero, subtract, sum, zero } from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import { type DraftTender, type SaleDraft, voided, writeSale } from '../sale-draft.ts';
import type { TranslationBuilder } from '../translate-safely.ts';
import type { VendorFields } from '../vendor-json.ts';
import { saleTime } from '../vendor-time.ts';
import { readReturn } from './read-return.ts';
import { methodOf, moneyOrZero, readLine, readParts, taxOnTop } from './square-money.ts';

export function translateOrder(bundle: VendorFields, facts: TranslationFacts, into: TranslationBuilder): void {
  const order = bundle.needChild('order');
  const state = order.text('state');
  if (state === 'OPEN' || state === 'DRAFT') {
    into.leftOut.push(`The order is ${state.toLowerCase()} and has not been paid.`);
    return;
  }
  const draft = draftOrder(bundle, facts);
  const isCanceled = state === 'CANCELED';
  const takesBack = order.list('returns').length > 0;
  const credit = takesBack && !isCanceled ? atLeastZero(subtract(draft.total, paidBy(draft.tenders))) : zero;
  const setOff: DraftTender[] = isZero(credit)
    ? []
    : [{ externalId: `${draft.externalId}/return`, method: 'exchange', amount: credit, tip: zero }];
  const sells = order.list('line_items').length > 0 || order.list('service_charges').length > 0;
  if (sells || !takesBack) {
    into.sales.push(writeSale(isCanceled ? voided(draft) : { ...draft, tenders: [...draft.tenders, ...setOff] }));
  }
  if (!takesBack) return;
  const goods = takenBack(order, { draft, setOff, facts });
  if (goods.lines.length > 0 || setOff.length > 0) into.sales.push(writeSale(isCanceled ? voided(goods) : goods));
  else into.leftOut.push('The return order names no goods; its money is booked from its refund.');
}

const atLeastZero = (amount: Decimal): Decimal => (compare(amount, zero) < 0 ? zero : amount);
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
    lines: order
      .list('line_items')
      .map((line) => readLine(line, { gross: 'gross_sales_money', currency, facts, flags })),
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

interface TakenBack {
  readonly draft: SaleDraft;
  readonly setOff: readonly DraftTender[];
  readonly facts: TranslationFacts;
}

/** The goods, at what was set off for them: what went back as money is their adjustment here, and the refund's total. */
function takenBack(order: VendorFields, { draft, setOff, facts }: TakenBack): SaleDraft {
  const { currency } = draft;
  const returned = readReturn(order, { currency, facts });
  const total = paidBy(setOff);
  return {
    kind: 'refund',
    externalId: `${draft.externalId}/return`,
    version: draft.version,
    status: 'completed',
    refundOf: returned.sourceOrderId,
    occurredAt: draft.occurredAt,
    currency,
    total,
    ...returned.parts,
    adjustment: add(returned.parts.adjustment, subtract(total, returned.total)),
    tenders: setOff,
    flags: ['goods_returned'],
  };
}
