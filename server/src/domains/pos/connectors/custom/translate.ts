// A till's own transactions and refunds as our sales: the contract is ours, so its figures mean what ours do.
import { type Decimal, decimal, isNegative, negate, subtract, sum, zero } from '../../../../platform/decimal.ts';
import type { Translation, TranslationFacts, VendorDocument } from '../connector.ts';
import {
  type DraftLine,
  type DraftPart,
  leftOver,
  productByName,
  type SaleDraft,
  type TenderMethod,
  unitOf,
  voided,
  writeSale,
} from '../sale-draft.ts';
import { type TranslationBuilder, translateSafely } from '../translate-safely.ts';
import { Untranslatable, type VendorFields } from '../vendor-json.ts';
import { saleTime } from '../vendor-time.ts';

export function translate(document: VendorDocument, facts: TranslationFacts): Translation {
  return translateSafely(document, (bundle, into) => {
    const refund = bundle.child('refund');
    const entity = refund ?? bundle.needChild('transaction');
    const storeId = entity.text('storeId');
    if (storeId !== null && storeId !== facts.settings['storeId']) {
      into.leftOut.push(`It belongs to the store ${storeId}, which is not this shop.`);
    } else if (entity.isTrue('test')) {
      into.leftOut.push('It was made in test mode.');
    } else if (refund === null) {
      translateSale(entity, facts, into);
    } else {
      translateRefund(refund, facts, into);
    }
  });
}

function translateSale(sale: VendorFields, facts: TranslationFacts, into: TranslationBuilder): void {
  const status = sale.text('status');
  if (status === 'open') {
    into.leftOut.push('The transaction is open still.');
    return;
  }
  const flags = status === 'completed' || status === 'voided' ? [] : ['unknown_state'];
  const { at, isClamped } = soldAt(sale, 'openedAt');
  if (isClamped) flags.push('clock_clamped');
  const discounts = readParts(sale, 'discounts');
  const taxes = readParts(sale, 'taxes');
  const serviceCharges = readParts(sale, 'serviceCharges');
  const amountOf = (parts: readonly DraftPart[]) => sum(parts.map(({ amount }) => amount));
  const draft: SaleDraft = {
    ...identityOf(sale, facts),
    kind: 'sale',
    occurredAt: at,
    total: sale.needChild('totals').figure('total') ?? zero,
    lines: sale.list('lines').map((line) => readLine(line, facts)),
    discount: amountOf(discounts),
    serviceCharge: amountOf(serviceCharges),
    tax: amountOf(taxes),
    tip: sale.figure('tips') ?? zero,
    tenders: sale.list('payments').map((payment) => ({
      externalId: payment.text('externalId'),
      method: methodOf(payment.text('method'), flags),
      amount: payment.figure('amount') ?? zero,
      tip: payment.figure('tip') ?? zero,
    })),
    discounts,
    taxes,
    serviceCharges,
    flags,
    metadata: { registerId: sale.text('registerId'), receiptNumber: sale.text('receiptNumber') },
  };
  into.sales.push(writeSale(status === 'voided' ? voided(draft) : draft));
}

function translateRefund(refund: VendorFields, facts: TranslationFacts, into: TranslationBuilder): void {
  const status = refund.text('status') ?? 'completed';
  if (status === 'pending') {
    into.leftOut.push('The refund has not come about yet.');
    return;
  }
  const flags = status === 'completed' || status === 'failed' ? [] : ['unknown_state'];
  const failed = status === 'failed';
  const lines = refund.list('lines').map((line) => readLine(line, facts));
  const taxes = sum(refund.list('lines').map((line) => line.figure('tax') ?? zero));
  const [amount, tip] = [size(refund.figure('amount') ?? zero), size(refund.figure('tip') ?? zero)];
  const method = methodOf(refund.text('method'), flags);
  const draft: SaleDraft = {
    ...identityOf(refund, facts),
    kind: 'refund',
    refundOf: refund.text('transactionExternalId'),
    occurredAt: soldAt(refund, 'refundedAt').at,
    total: failed ? zero : amount,
    lines,
    tax: failed ? zero : taxes,
    tip: failed ? zero : tip,
    tenders: failed
      ? []
      : [{ externalId: refund.text('paymentExternalId'), method, amount: subtract(amount, tip), tip }],
    flags: failed ? [...flags, 'goods_returned'] : flags,
  };
  // A refund that failed gave no money back; the goods that it names were handed over all the same.
  const isVoid = failed && lines.length === 0;
  into.sales.push(writeSale(isVoid ? voided(draft) : { ...draft, adjustment: leftOver(draft) }));
}

function identityOf(entity: VendorFields, facts: TranslationFacts) {
  const version = Number(entity.text('version') ?? '1');
  if (!Number.isSafeInteger(version) || version < 1) {
    throw new Untranslatable(`${entity.path}.version must be an integer of at least 1.`);
  }
  return {
    externalId: entity.needText('externalId'),
    version,
    status: 'completed',
    businessDate: entity.text('businessDate'),
    currency: entity.text('currency') ?? facts.shop.currency,
  } as const;
}

function soldAt(entity: VendorFields, key: string) {
  const byTill = entity.needTime(key).date;
  return saleTime(byTill, entity.time('recordedAt')?.date ?? byTill);
}

function readLine(line: VendorFields, facts: TranslationFacts): DraftLine {
  const quantity = line.figure('quantity') ?? decimal('1');
  const total = line.figure('total') ?? zero;
  const itemId = line.text('itemExternalId');
  const sku = line.text('sku') ?? (itemId === null ? null : (facts.catalogue(itemId)?.sku ?? null));
  const name = line.text('name');
  return {
    externalProductId: itemId ?? (sku === null ? productByName(name) : null),
    sku,
    name,
    quantity,
    unitPrice: line.figure('unitPrice') ?? unitOf(total, quantity),
    total,
    modifiers: line.list('modifiers').map((modifier) => {
      const [count, price] = [modifier.figure('quantity'), modifier.figure('price')];
      return {
        name: modifier.text('name') ?? '?',
        ...(count === null ? {} : { quantity: count }),
        ...(price === null ? {} : { price }),
      };
    }),
  };
}

function readParts(entity: VendorFields, key: string): DraftPart[] {
  return entity
    .list(key)
    .map((part) => ({ name: part.text('name'), amount: part.figure('amount') ?? zero, rate: part.figure('rate') }));
}

const methods: Readonly<Record<string, TenderMethod>> = {
  card: 'card',
  cash: 'cash',
  gift_card: 'gift_card',
  wallet: 'wallet',
  house_account: 'house_account',
  other: 'other',
};

function methodOf(method: string | null, flags: string[]): TenderMethod {
  const known = method !== null && Object.hasOwn(methods, method) ? methods[method] : undefined;
  if (known === undefined) flags.push('unknown_tender');
  return known ?? 'other';
}

const size = (amount: Decimal): Decimal => (isNegative(amount) ? negate(amount) : amount);
