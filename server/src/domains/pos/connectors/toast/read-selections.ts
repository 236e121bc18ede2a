// The lines of a Toast check. Modifiers are selections within selections, to any depth; whether a selection's price has
// theirs in it is not documented, and is read off the check's own amount.
import { add, type Decimal, decimal, isZero, subtract, sum, zero } from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import { type DraftLine, type DraftModifier, type DraftPart, productByName, unitOf } from '../sale-draft.ts';
import { Untranslatable, type VendorFields } from '../vendor-json.ts';

export interface ToastLine {
  readonly selection: VendorFields;
  readonly draft: DraftLine;
  readonly discounts: readonly DraftPart[];
  /** Gift cards sold and the like: money, but no sales yet. */
  readonly isDeferred: boolean;
}

interface ReadSelection {
  readonly line: ToastLine;
  /** What its modifiers cost besides, if their prices are not in its own. */
  readonly beside: Decimal;
}

const depthMax = 20;

/** `goods`: what the check says its selections come to, before discounts on the whole and without charges and taxes. */
export function readSelections(
  check: VendorFields,
  {
    goods,
    currency,
    facts,
  }: { readonly goods: Decimal | null; readonly currency: string; readonly facts: TranslationFacts },
): ToastLine[] {
  const read = check
    .list('selections')
    .filter((selection) => !selection.isTrue('voided') && !selection.isTrue('deleted'))
    .map((selection) => readSelection(selection, currency, facts));
  const within = sum(read.map(({ line }) => line.draft.total));
  const beside = sum(read.map((each) => each.beside));
  const isBeside = goods !== null && !within.eq(goods) && add(within, beside).eq(goods);
  return isBeside ? read.map(withModifiers) : read.map(({ line }) => line);
}

function withModifiers({ line, beside }: ReadSelection): ToastLine {
  const { draft } = line;
  const unitPrice = add(draft.unitPrice, unitOf(beside, draft.quantity));
  return { ...line, draft: { ...draft, unitPrice, total: add(draft.total, beside) } };
}

function readSelection(selection: VendorFields, currency: string, facts: TranslationFacts): ReadSelection {
  const quantity = selection.figure('quantity') ?? decimal('1');
  const discounts = readDiscounts(selection, currency);
  const off = sum(discounts.map(({ amount }) => amount));
  const gross = selection.major('preDiscountPrice', currency);
  const net = selection.major('price', currency) ?? subtract(gross ?? zero, off);
  const modifiers: DraftModifier[] = [];
  const beside = readModifiers(selection, { currency, modifiers, depth: 0 });
  const externalProductId = selection.child('item')?.text('guid') ?? null;
  const name = selection.text('displayName');
  const plu = selection.text('plu');
  const item = externalProductId === null ? null : facts.catalogue(externalProductId);
  return {
    beside,
    line: {
      selection,
      discounts,
      isDeferred: selection.isTrue('deferred'),
      draft: {
        externalProductId: externalProductId ?? productByName(name),
        sku: externalProductId === null ? null : (item?.sku ?? plu),
        name,
        quantity: keptQuantity(quantity),
        unitPrice: unitOf(gross ?? add(net, off), quantity),
        total: net,
        modifiers,
      },
    },
  };
}

/** Doubles at Toast: a weight of 0.1 + 0.2 is one of 0.3. Never rounded to nothing, which no line can be. */
function keptQuantity(exact: Decimal): Decimal {
  const kept = decimal(exact.toFixed(4));
  return isZero(kept) && !isZero(exact) ? decimal('0.0001') : kept;
}

export function readDiscounts(fields: VendorFields, currency: string): DraftPart[] {
  return fields.list('appliedDiscounts').map((discount) => ({
    name: discount.text('name'),
    amount: discount.major('discountAmount', currency) ?? zero,
  }));
}

/** Flattens them into `modifiers`, deeper ones under the name of those above; returns what they cost together. */
function readModifiers(
  selection: VendorFields,
  {
    currency,
    modifiers,
    depth,
    above = '',
  }: { currency: string; modifiers: DraftModifier[]; depth: number; above?: string },
): Decimal {
  if (depth > depthMax) throw new Untranslatable(`${selection.path} has modifiers more than ${depthMax} deep.`);
  let cost = zero;
  for (const modifier of selection.list('modifiers')) {
    if (modifier.isTrue('voided')) continue;
    const name = `${above}${modifier.text('displayName') ?? '?'}`;
    const price = modifier.major('price', currency) ?? zero;
    const quantity = modifier.figure('quantity') ?? decimal('1');
    modifiers.push({ name, quantity: keptQuantity(quantity), price: unitOf(price, quantity) });
    cost = add(cost, price);
    cost = add(cost, readModifiers(modifier, { currency, modifiers, depth: depth + 1, above: `${name}: ` }));
  }
  return cost;
}
