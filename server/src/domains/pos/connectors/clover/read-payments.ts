// The payments of a Clover order: which of them are money, and by which tender.
import { type Decimal, sum, zero } from '../../../../platform/decimal.ts';
import type { DraftTender, TenderMethod } from '../sale-draft.ts';
import type { VendorFields } from '../vendor-json.ts';
import { elementsOf } from './read-line.ts';

const notMoney: ReadonlySet<string | null> = new Set(['FAIL', 'INITIATED', 'VOIDED', 'VOIDING', 'DISCOUNT']);
const attempted: ReadonlySet<string | null> = new Set(['FAIL', 'INITIATED']);
const money: ReadonlySet<string | null> = new Set([
  'SUCCESS',
  'AUTH',
  'AUTH_COMPLETED',
  'VOID_FAILED',
  'OFFLINE_RETRYING',
  'PENDING',
  null,
]);

export interface ReadPayments {
  /** How many there are, voided ones among them, and attempts that came to nothing not. */
  readonly all: number;
  /** Whether money that there was has been given up. */
  readonly isVoided: boolean;
  readonly tenders: readonly DraftTender[];
  readonly tax: Decimal;
  /** By the payment's id, also of those that are no money. */
  readonly tenderOf: ReadonlyMap<string, TenderMethod>;
}

export function readPayments(bundle: VendorFields, currency: string, flags: string[]): ReadPayments {
  const payments = elementsOf(bundle.needChild('order'), 'payments');
  const known = bundle.child('tenders');
  const tenderById = new Map<string, TenderMethod>();
  const tenders: DraftTender[] = [];
  const taxes: Decimal[] = [];
  let attempts = 0;
  let isVoided = false;
  for (const payment of payments) {
    const result = payment.text('result');
    const tender = payment.child('tender');
    const isKnown = tender === null || tender.has('labelKey');
    const method = tenderOf(isKnown ? tender : (known?.child(tender.text('id') ?? '') ?? tender), flags);
    const externalId = payment.text('id');
    if (externalId !== null) tenderById.set(externalId, method);
    // A card that was declined pays nothing and voids nothing; one that was taken offline had been booked as money.
    const isAttempt = attempted.has(result) && !payment.isTrue('offline');
    if (isAttempt) attempts++;
    else isVoided ||= notMoney.has(result) && result !== 'DISCOUNT';
    if (notMoney.has(result)) continue;
    if (!money.has(result)) flags.push('unknown_state');
    const amount = payment.minor('amount', currency) ?? zero;
    tenders.push({ externalId, method, amount, tip: payment.minor('tipAmount', currency) ?? zero });
    taxes.push(payment.minor('taxAmount', currency) ?? zero);
  }
  return { all: payments.length - attempts, isVoided, tenders, tax: sum(taxes), tenderOf: tenderById };
}

const methods: readonly (readonly [RegExp, TenderMethod])[] = [
  [/wallet/i, 'wallet'],
  [/gift/i, 'gift_card'],
  [/house.?account/i, 'house_account'],
  [/cash/i, 'cash'],
  [/credit|debit|card/i, 'card'],
  [/tender|check|external|voucher/i, 'other'],
];

/** Merchants make tenders of their own: what the label says goes before the key that Clover gives it. */
export function tenderOf(tender: VendorFields | null, flags: string[]): TenderMethod {
  const said = `${tender?.text('label') ?? ''} ${tender?.text('labelKey') ?? ''}`;
  const found = methods.find(([pattern]) => pattern.test(said));
  if (found === undefined) flags.push('unknown_tender');
  return found?.[1] ?? 'other';
}
