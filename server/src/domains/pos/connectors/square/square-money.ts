// Amounts, tenders and goods as Square writes them in orders, payments and refunds alike.
import { add, type Decimal, decimal, isZero, multiply, subtract, sum, zero } from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import { type DraftLine, type DraftPart, productByName, type TenderMethod, unitOf } from '../sale-draft.ts';
import type { VendorFields } from '../vendor-json.ts';

/** The `{amount, currency}` of that name; null where it is absent. */
export function moneyIn(fields: VendorFields | null, key: string, currency: string): Decimal | null {
  return fields?.child(key)?.minor('amount', currency) ?? null;
}

export function moneyOrZero(fields: VendorFields | null, key: string, currency: string): Decimal {
  return moneyIn(fields, key, currency) ?? zero;
}

const methods: Readonly<Record<string, TenderMethod>> = {
  CARD: 'card',
  THIRD_PARTY_CARD: 'card',
  CASH: 'cash',
  SQUARE_GIFT_CARD: 'gift_card',
  WALLET: 'wallet',
  SQUARE_ACCOUNT: 'wallet',
  BANK_ACCOUNT: 'other',
  BUY_NOW_PAY_LATER: 'other',
  EXTERNAL: 'other',
  OTHER: 'other',
  NO_SALE: 'other',
};

/** A kind of tender that came after this was written is another one, and flagged. */
export function methodOf(type: string | null, flags: string[]): TenderMethod {
  const method = type === null ? undefined : methods[type];
  if (method === undefined) flags.push('unknown_tender');
  return method ?? 'other';
}

interface LineKeys {
  readonly gross: 'gross_sales_money' | 'gross_return_money';
}

interface LineTerms {
  readonly currency: string;
  readonly facts: TranslationFacts;
  /** Of its sale. */
  readonly flags: string[];
}

/** Square counts five digits behind the point, where we keep four: the money is exact all the same. */
function quantityIn(fields: VendorFields, flags: string[]): Decimal {
  const exact = fields.figure('quantity') ?? decimal('1');
  const kept = decimal(exact.toFixed(4));
  if (kept.eq(exact)) return kept;
  flags.push('quantity_rounded');
  // Never to nothing, which no line can be.
  return isZero(kept) ? decimal('0.0001') : kept;
}

/** A line sold or returned: what it cost after discounts, without the taxes that come on top. */
export function readLine(
  line: VendorFields,
  { gross: grossKey, currency, facts, flags }: LineKeys & LineTerms,
): DraftLine {
  const quantity = quantityIn(line, flags);
  const modifiers = line.list('modifiers').map((modifier) => {
    const price = moneyIn(modifier, 'base_price_money', currency);
    return {
      name: modifier.text('name') ?? '?',
      quantity: quantityIn(modifier, flags),
      ...(price === null ? {} : { price }),
      all: moneyOrZero(modifier, 'total_price_money', currency),
    };
  });
  const base = moneyOrZero(line, 'base_price_money', currency);
  const gross =
    moneyIn(line, grossKey, currency) ?? add(multiply(base, quantity), sum(modifiers.map(({ all }) => all)));
  const externalProductId = line.text('catalog_object_id');
  const name = nameOf(line);
  // Money, but no sale yet.
  if (line.text('item_type') === 'GIFT_CARD') flags.push('deferred');
  return {
    externalProductId: externalProductId ?? productByName(name),
    sku: externalProductId === null ? null : (facts.catalogue(externalProductId)?.sku ?? null),
    name,
    quantity,
    unitPrice: isZero(quantity) ? base : unitOf(gross, quantity),
    total: subtract(gross, moneyOrZero(line, 'total_discount_money', currency)),
    modifiers: modifiers.map(({ name, quantity, price }) => ({
      name,
      quantity,
      ...(price === undefined ? {} : { price }),
    })),
  };
}

/** As on the receipt, with the variation where it says more than that there is only one. */
function nameOf(line: VendorFields): string | null {
  const name = line.text('name');
  const variation = line.text('variation_name');
  if (variation === null || variation === 'Regular') return name;
  return name === null ? variation : `${name}, ${variation}`;
}

export function readParts(list: readonly VendorFields[], currency: string): DraftPart[] {
  return list.map((part) => ({
    name: part.text('name'),
    amount: moneyIn(part, 'applied_money', currency) ?? moneyOrZero(part, 'amount_money', currency),
    rate: part.figure('percentage'),
  }));
}

/** What taxes add on top: all, less those that are within the prices. */
export function taxOnTop(total: Decimal, taxes: readonly VendorFields[], currency: string): Decimal {
  const within = taxes
    .filter((tax) => tax.text('type') === 'INCLUSIVE')
    .map((tax) => moneyOrZero(tax, 'applied_money', currency));
  return subtract(total, sum(within));
}
