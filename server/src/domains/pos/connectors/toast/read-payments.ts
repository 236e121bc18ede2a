// The payments of a Toast check: which of them are money, and by which tender.
import { zero } from '../../../../platform/decimal.ts';
import type { DraftTender, TenderMethod } from '../sale-draft.ts';
import type { VendorFields } from '../vendor-json.ts';

export interface ReadPayment {
  readonly payment: VendorFields;
  readonly tender: DraftTender;
  /** Not voided, denied or still open. */
  readonly isMoney: boolean;
}

const methods: Readonly<Record<string, TenderMethod>> = {
  CREDIT: 'card',
  CASH: 'cash',
  GIFTCARD: 'gift_card',
  HOUSE_ACCOUNT: 'house_account',
  LEVELUP: 'wallet',
  TOAST_SV: 'gift_card',
  REWARDCARD: 'other',
  OTHER: 'other',
};

const notMoney: ReadonlySet<string | null> = new Set(['OPEN', 'VOIDED', 'DENIED', 'CANCELLED', 'ERROR']);

export function readPayments(check: VendorFields, currency: string, flags: string[]): ReadPayment[] {
  return check.list('payments').map((payment) => {
    const type = payment.text('type') ?? '';
    const method = Object.hasOwn(methods, type) ? methods[type] : undefined;
    if (method === undefined) flags.push('unknown_tender');
    const tender = {
      externalId: payment.text('guid'),
      method: method ?? 'other',
      amount: payment.major('amount', currency) ?? zero,
      tip: payment.major('tipAmount', currency) ?? zero,
    };
    return { payment, tender, isMoney: !notMoney.has(payment.text('paymentStatus')) };
  });
}
