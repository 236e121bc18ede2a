// A line of a Clover order. There is no quantity: two apples are two lines, and what is weighed has its weight.
import {
  add,
  type Decimal,
  decimal,
  isNegative,
  multiply,
  negate,
  subtract,
  sum,
  zero,
} from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import { fromFloat } from '../minor-units.ts';
import { type DraftLine, type DraftPart, productByName } from '../sale-draft.ts';
import type { VendorFields } from '../vendor-json.ts';

const one = decimal('1');
const perThousand = decimal('0.001');
const perCent = decimal('0.01');
/** Of a percentageDecimal: percent times ten thousand. */
const perTenThousandth = decimal('0.0001');

export function elementsOf(fields: VendorFields, key: string): VendorFields[] {
  return fields.child(key)?.list('elements') ?? [];
}

/** Discounts are documented as negative and seen as positive: their size counts. */
export function sizeOf(amount: Decimal): Decimal {
  return isNegative(amount) ? negate(amount) : amount;
}

/** What a discount or charge takes of `base`, by its amount or its share. */
export function partOf(part: VendorFields, base: Decimal, currency: string): DraftPart {
  const name = part.text('name');
  const amount = part.minor('amount', currency);
  if (amount !== null) return { name, amount: sizeOf(amount) };
  const exact = part.figure('percentageDecimal');
  const rate = exact === null ? (part.figure('percentage') ?? zero) : multiply(exact, perTenThousandth);
  return { name, amount: fromFloat(multiply(multiply(base, sizeOf(rate)), perCent), currency), rate: sizeOf(rate) };
}

export function isFee(line: VendorFields): boolean {
  return line.isTrue('isOrderFee');
}

export interface CloverLine {
  readonly id: string;
  readonly draft: DraftLine;
  readonly discounts: readonly DraftPart[];
}

export function readLine(line: VendorFields, currency: string, facts: TranslationFacts): CloverLine {
  const price = line.minor('price', currency) ?? zero;
  const weight = line.figure('unitQty');
  const quantity = weight === null ? one : multiply(weight, perThousand);
  const modifiers = elementsOf(line, 'modifications').map((modification) => ({
    name: modification.text('name') ?? '?',
    price: modification.minor('amount', currency) ?? zero,
  }));
  const unitPrice = add(price, sum(modifiers.map((modifier) => modifier.price)));
  const gross = fromFloat(multiply(unitPrice, quantity), currency);
  const discounts = elementsOf(line, 'discounts').map((discount) => partOf(discount, gross, currency));
  const summed = line.minor('discountAmount', currency);
  const off = discounts.length === 0 && summed !== null ? sizeOf(summed) : sum(discounts.map(({ amount }) => amount));
  const externalProductId = line.child('item')?.text('id') ?? null;
  const name = line.text('name');
  return {
    id: line.text('id') ?? '',
    discounts,
    draft: {
      externalProductId: externalProductId ?? productByName(name),
      sku: externalProductId === null ? null : (facts.catalogue(externalProductId)?.sku ?? null),
      name,
      quantity,
      unitPrice,
      total: subtract(gross, off),
      modifiers,
    },
  };
}
