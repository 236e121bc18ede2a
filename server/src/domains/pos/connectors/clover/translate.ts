// Clover's orders as sales, and the refunds within them. The order's own total is its writer's and may have been left
// behind, so what was paid is the total, and what lines, charges and taxes do not explain of it is the discrepancy.
import { compare, type Decimal, decimal, isZero, multiply, subtract, sum, zero } from '../../../../platform/decimal.ts';
import type { Translation, TranslationFacts, VendorDocument } from '../connector.ts';
import { fromMinor } from '../minor-units.ts';
import { type DraftPart, leftOver, type SaleDraft, voided, writeSale } from '../sale-draft.ts';
import { type TranslationBuilder, translateSafely } from '../translate-safely.ts';
import type { VendorFields } from '../vendor-json.ts';
import { saleTime } from '../vendor-time.ts';
import { type CloverLine, elementsOf, isFee, partOf, readLine, sizeOf } from './read-line.ts';
import { readPayments, tenderOf } from './read-payments.ts';
import { takeRefundBack, translateRefund } from './translate-refund.ts';

export function translate(document: VendorDocument, facts: TranslationFacts): Translation {
  return translateSafely(document, (bundle, into) => {
    const credit = bundle.child('credit');
    if (credit === null) translateOrder(bundle, facts, into);
    else into.sales.push(writeSale(draftCredit(credit, facts)));
  });
}

/** Money given back without a sale: nothing says for what. */
function draftCredit(credit: VendorFields, facts: TranslationFacts): SaleDraft {
  const { currency } = facts.shop;
  const amount = sizeOf(credit.minor('amount', currency) ?? zero);
  const tax = sizeOf(credit.minor('taxAmount', currency) ?? zero);
  const created = credit.needUnixMs('createdTime');
  const flags: string[] = ['unlinked'];
  const { at } = saleTime(credit.unixMs('clientCreatedTime')?.date ?? null, created.date);
  const tender = tenderOf(credit.child('tender'), flags);
  return {
    kind: 'refund',
    externalId: credit.needText('id'),
    version: created.micros,
    status: 'completed',
    occurredAt: at,
    currency,
    total: amount,
    lines: [],
    tax,
    adjustment: subtract(amount, tax),
    tenders: [{ externalId: null, method: tender, amount, tip: zero }],
    flags,
  };
}

const unpaidStates: ReadonlySet<string | null> = new Set(['OPEN', 'PARTIALLY_PAID']);
const paidStates: ReadonlySet<string | null> = new Set(['PAID', 'REFUNDED', 'CREDITED', 'PARTIALLY_REFUNDED', null]);

function translateOrder(bundle: VendorFields, facts: TranslationFacts, into: TranslationBuilder): void {
  const order = bundle.needChild('order');
  if (order.isTrue('testMode')) {
    into.leftOut.push('The order was made in test mode.');
    return;
  }
  const flags: string[] = [];
  const currency = order.text('currency') ?? facts.shop.currency;
  const payments = readPayments(bundle, currency, flags);
  const state = order.text('paymentState');
  const isCalledOff = order.has('deletedTimestamp') || (payments.isVoided && payments.tenders.length === 0);
  if (!isCalledOff && unpaidStates.has(state)) {
    into.leftOut.push('The order has not been paid.');
    return;
  }
  if (!paidStates.has(state) && !unpaidStates.has(state)) flags.push('unknown_state');
  const lines = elementsOf(order, 'lineItems');
  // Gift cards sold and the like: money, but no sales yet.
  if (lines.some((line) => !isFee(line) && !line.isNotFalse('isRevenue'))) flags.push('deferred');
  const goods = lines.filter((line) => !isFee(line)).map((line) => readLine(line, currency, facts));
  const draft = draftOrder({ order, currency, goods, fees: lines.filter(isFee), payments, flags });
  into.sales.push(writeSale(isCalledOff ? voided(draft) : draft));
  for (const refund of elementsOf(order, 'refunds')) {
    const from = { order, currency, goods, tenders: payments.tenderOf, sale: draft };
    // What was given back of a sale goes with it: taken from a sale of nothing it would be money that never was.
    if (isCalledOff) takeRefundBack(refund, from, into);
    else translateRefund(refund, from, into);
  }
}

interface OrderParts {
  readonly order: VendorFields;
  readonly currency: string;
  readonly goods: readonly CloverLine[];
  readonly fees: readonly VendorFields[];
  readonly payments: ReturnType<typeof readPayments>;
  readonly flags: string[];
}

function draftOrder({ order, currency, goods, fees, payments, flags }: OrderParts): SaleDraft {
  const created = order.needUnixMs('createdTime');
  const { at, isClamped } = saleTime(order.unixMs('clientCreatedTime')?.date ?? null, created.date);
  if (isClamped) flags.push('clock_clamped');
  const net = sum(goods.map(({ draft }) => draft.total));
  const discounts = elementsOf(order, 'discounts').map((discount) => partOf(discount, net, currency));
  const charges = readCharges(order, fees, { base: net, currency });
  const paid = sum(payments.tenders.flatMap(({ amount, tip }) => [amount, tip]));
  const draft: SaleDraft = {
    kind: 'sale',
    externalId: order.needText('id'),
    version: order.needUnixMs('modifiedTime').micros,
    status: 'completed',
    occurredAt: at,
    currency,
    total: payments.all === 0 ? (order.minor('total', currency) ?? zero) : paid,
    lines: goods.map(({ draft: line }) => line),
    discount: sum(discounts.map(({ amount }) => amount)),
    serviceCharge: sum(charges.map(({ amount }) => amount)),
    // Where prices are with VAT, nothing comes on top.
    tax: order.isTrue('isVat') ? zero : payments.tax,
    tip: sum(payments.tenders.map(({ tip }) => tip)),
    tenders: payments.tenders,
    taxes: isZero(payments.tax) ? [] : [{ name: null, amount: payments.tax }],
    discounts: [...discounts, ...goods.flatMap((line) => line.discounts)],
    serviceCharges: charges,
    flags,
    metadata: {
      orderNumber: order.text('title'),
      employeeId: order.child('employee')?.text('id') ?? null,
      deviceId: order.child('device')?.text('id') ?? null,
    },
  };
  return withRoundedShares(draft, { shares: discounts.length + charges.length, lines: goods.length, currency });
}

/** Fees are lines of their own; a service charge that is none is a share of the goods. */
function readCharges(
  order: VendorFields,
  fees: readonly VendorFields[],
  { base, currency }: { readonly base: Decimal; readonly currency: string },
): DraftPart[] {
  if (fees.length > 0) {
    return fees.map((fee) => ({ name: fee.text('name'), amount: fee.minor('price', currency) ?? zero }));
  }
  const charge = order.child('serviceCharge');
  return charge === null || !charge.isNotFalse('enabled') ? [] : [partOf(charge, base, currency)];
}

/**
 * Clover tells shares as percentages and rounds what they come to line by line: up to a minor unit a line may lie between
 * its sum and ours, which then is the discount's. More than that is a discrepancy, and shown.
 */
function withRoundedShares(
  draft: SaleDraft,
  { shares, lines, currency }: { readonly shares: number; readonly lines: number; readonly currency: string },
): SaleDraft {
  const difference = leftOver(draft);
  const allowed = multiply(fromMinor(decimal('1'), currency), decimal(String(lines)));
  if (shares === 0 || isZero(difference) || compare(sizeOf(difference), allowed) > 0) return draft;
  const discount: Decimal = subtract(draft.discount ?? zero, difference);
  return { ...draft, discount };
}
