// An order of Toast as a sale: the sum of its checks that have been paid. Amounts are floats without a currency, so each
// is turned into the restaurant's minor units before anything is added.
import { type Decimal, subtract, sum, zero } from '../../../../platform/decimal.ts';
import type { Translation, TranslationFacts, VendorDocument } from '../connector.ts';
import { type SaleDraft, voided, writeSale } from '../sale-draft.ts';
import { type TranslationBuilder, translateSafely } from '../translate-safely.ts';
import type { VendorFields } from '../vendor-json.ts';
import { saleTime } from '../vendor-time.ts';
import { readDay } from './read-day.ts';
import { type ReadPayment, readPayments } from './read-payments.ts';
import { readDiscounts, readSelections, type ToastLine } from './read-selections.ts';
import { takeRefundsBack } from './take-refunds-back.ts';
import { translateGoodsBack } from './translate-goods-back.ts';
import { translateRefunds } from './translate-refunds.ts';

export function translate(document: VendorDocument, facts: TranslationFacts): Translation {
  return translateSafely(document, (bundle, into) => translateOrder(bundle.needChild('order'), facts, into));
}

interface ReadCheck {
  readonly lines: readonly ToastLine[];
  readonly payments: readonly ReadPayment[];
  readonly total: Decimal;
  readonly parts: Pick<SaleDraft, 'discounts' | 'serviceCharges'> &
    Record<'discount' | 'serviceCharge' | 'tax', Decimal>;
}

function translateOrder(order: VendorFields, facts: TranslationFacts, into: TranslationBuilder): void {
  if (order.isTrue('createdInTestMode')) {
    into.leftOut.push('The order was made in test mode.');
    return;
  }
  const flags: string[] = [];
  // A check that was merged into another, or given its goods away, is deleted: counting it still is counting twice.
  const checks = order.list('checks').filter((check) => !check.isTrue('voided') && !check.isTrue('deleted'));
  const settled = checks.filter((check) => isSettled(check, flags));
  const isCalledOff = order.isTrue('voided') || order.isTrue('deleted') || checks.length === 0;
  if (!isCalledOff && settled.length === 0) {
    into.leftOut.push('The order has not been paid.');
    return;
  }
  const read = isCalledOff ? [] : settled.map((check) => readCheck(check, facts, flags));
  const draft = draftOrder(order, { read, facts, flags });
  into.sales.push(writeSale(isCalledOff ? voided(draft) : draft));
  const payments = read.flatMap((check) => check.payments);
  translateRefunds({ payments, sale: draft, facts }, into);
  translateGoodsBack(order, { lines: read.flatMap((check) => check.lines), sale: draft, facts }, into);
  takeRefundsBack({ payments, sale: draft, facts }, into);
}

/** Closed ones may have no payment: what the house gave away. */
function isSettled(check: VendorFields, flags: string[]): boolean {
  const status = check.text('paymentStatus');
  if (status === 'PAID' || status === 'CLOSED') return true;
  if (status === 'OPEN' || status === null) return false;
  flags.push('unknown_state');
  return true;
}

function readCheck(check: VendorFields, facts: TranslationFacts, flags: string[]): ReadCheck {
  const { currency } = facts.shop;
  const discounts = readDiscounts(check, currency);
  const discount = sum(discounts.map(({ amount }) => amount));
  const serviceCharges = check.list('appliedServiceCharges').map((charge) => ({
    name: charge.text('name'),
    amount: charge.major('chargeAmount', currency) ?? zero,
  }));
  const serviceCharge = sum(serviceCharges.map(({ amount }) => amount));
  const amount = check.major('amount', currency);
  const goods = amount === null ? null : subtract(amount, subtract(serviceCharge, discount));
  const lines = readSelections(check, { goods, currency, facts });
  if (lines.some(({ isDeferred }) => isDeferred)) flags.push('deferred');
  return {
    lines,
    payments: readPayments(check, currency, flags),
    total: check.major('totalAmount', currency) ?? zero,
    parts: {
      discount,
      serviceCharge,
      tax: check.major('taxAmount', currency) ?? zero,
      discounts: [...discounts, ...lines.flatMap((line) => line.discounts)],
      serviceCharges,
    },
  };
}

interface OrderParts {
  readonly read: readonly ReadCheck[];
  readonly facts: TranslationFacts;
  readonly flags: string[];
}

function draftOrder(order: VendorFields, { read, facts, flags }: OrderParts): SaleDraft {
  const created = order.time('createdDate') ?? order.needTime('modifiedDate');
  const { at, isClamped } = saleTime(order.time('openedDate')?.date ?? null, created.date);
  if (isClamped) flags.push('clock_clamped');
  const payments = read.flatMap((check) => check.payments).filter((payment) => payment.isMoney);
  const tip = sum(payments.map((payment) => payment.tender.tip));
  const all = (key: 'discount' | 'serviceCharge' | 'tax') => sum(read.map((check) => check.parts[key]));
  return {
    kind: 'sale',
    externalId: order.needText('guid'),
    version: order.needTime('modifiedDate').micros,
    status: 'completed',
    occurredAt: at,
    businessDate: readDay(order, 'businessDate'),
    currency: facts.shop.currency,
    total: sum([...read.map((check) => check.total), tip]),
    lines: read.flatMap((check) => check.lines).map((line) => line.draft),
    discount: all('discount'),
    serviceCharge: all('serviceCharge'),
    tax: all('tax'),
    tip,
    tenders: payments.map((payment) => payment.tender),
    discounts: read.flatMap((check) => check.parts.discounts ?? []),
    serviceCharges: read.flatMap((check) => check.parts.serviceCharges ?? []),
    flags,
    metadata: {
      orderNumber: order.text('displayNumber'),
      channel: order.text('source'),
      employeeId: order.child('server')?.text('guid') ?? null,
    },
  };
}
