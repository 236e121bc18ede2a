// A sale or refund on its way from a vendor's shape to ours: gathered in exact figures, then written down as one element
// of the sales route, whose parser has the last word. What is only for reading (names, modifiers, lists of taxes) is
// cut to what is kept, because a sale must not be refused for a long name.
import {
  add,
  compare,
  type Decimal,
  decimal,
  isZero,
  negate,
  plain,
  subtract,
  sum,
  zero,
} from '../../../platform/decimal.ts';
import { partsMax } from '../parse-breakdown.ts';
import type { TranslatedSale } from './connector.ts';

export interface DraftModifier {
  readonly name: string;
  readonly quantity?: Decimal;
  /** For one unit of the line. */
  readonly price?: Decimal;
}

export interface DraftLine {
  /** The vendor's own id of the item, else nothing is known but a name. */
  readonly externalProductId: string | null;
  readonly sku: string | null;
  readonly name: string | null;
  readonly quantity: Decimal;
  /** Of one unit, with its modifiers, before discounts. */
  readonly unitPrice: Decimal;
  /** After discounts, without taxes that come on top. */
  readonly total: Decimal;
  readonly modifiers: readonly DraftModifier[];
}

export interface DraftTender {
  readonly externalId: string | null;
  readonly method: TenderMethod;
  /** Without the tip. */
  readonly amount: Decimal;
  readonly tip: Decimal;
}

/** What all makes' kinds of payment come down to, so that days can be added up by tender over all shops. */
export type TenderMethod = 'card' | 'cash' | 'gift_card' | 'wallet' | 'house_account' | 'exchange' | 'other';

export interface DraftPart {
  readonly name: string | null;
  readonly amount: Decimal;
  /** In percent. */
  readonly rate?: Decimal | null;
}

/** All figures are positive, of refunds too: `writeSale` turns those. Its parts are added up into the total's. */
export interface SaleDraft {
  readonly kind: 'sale' | 'refund';
  readonly externalId: string;
  /** µs since 1970 at which the vendor last changed it. */
  readonly version: number;
  readonly status: 'completed' | 'voided';
  readonly refundOf?: string | null;
  readonly occurredAt: Date;
  /** Where the vendor says so. */
  readonly businessDate?: string | null;
  readonly currency: string;
  /** As the vendor says it. */
  readonly total: Decimal;
  readonly lines: readonly DraftLine[];
  /** Off the whole sale, and not in any line's total. */
  readonly discount?: Decimal;
  readonly serviceCharge?: Decimal;
  readonly tax?: Decimal;
  readonly tip?: Decimal;
  readonly adjustment?: Decimal;
  readonly tenders: readonly DraftTender[];
  readonly taxes?: readonly DraftPart[];
  readonly discounts?: readonly DraftPart[];
  readonly serviceCharges?: readonly DraftPart[];
  readonly flags?: readonly string[];
  readonly metadata?: Readonly<Record<string, string | null>>;
}

/** What a sale of which nothing is left looks like: the vendor took it back before it was settled. */
export function voided(draft: SaleDraft): SaleDraft {
  const { kind, externalId, version, refundOf, occurredAt, businessDate, currency, flags, metadata } = draft;
  return {
    kind,
    externalId,
    version,
    status: 'voided',
    refundOf: refundOf ?? null,
    occurredAt,
    businessDate: businessDate ?? null,
    currency,
    total: zero,
    lines: [],
    tenders: [],
    ...(flags === undefined ? {} : { flags }),
    ...(metadata === undefined ? {} : { metadata }),
  };
}

/** The part of a total that its lines and other parts leave over. */
export function leftOver(draft: SaleDraft): Decimal {
  const { discount = zero, serviceCharge = zero, tax = zero, tip = zero, adjustment = zero } = draft;
  const parts = sum([...draft.lines.map((line) => line.total), serviceCharge, tax, tip, adjustment]);
  return subtract(draft.total, subtract(parts, discount));
}

const namePrefix = 'name:';

/** What is sold under a mere name can be mapped by that name. */
export function productByName(name: string | null): string {
  return namePrefix + (name ?? 'amount').slice(0, 190);
}

export function writeSale(given: SaleDraft): TranslatedSale {
  const draft = given.status === 'completed' && given.kind === 'sale' ? withCountedLines(given) : given;
  const turn = draft.kind === 'refund' ? negate : (amount: Decimal) => amount;
  const write = (amount: Decimal | undefined) => (amount === undefined ? undefined : plain(turn(amount)));
  const parts = (list: readonly DraftPart[] = []) =>
    list.slice(0, partsMax).map(({ name, amount, rate }) => ({
      name: short(name, 200),
      amount: plain(turn(amount)),
      ...(rate === undefined || rate === null ? {} : { rate: plain(rate) }),
    }));
  const element = {
    kind: draft.kind,
    externalId: draft.externalId,
    version: draft.version,
    status: draft.status,
    refundOf: draft.refundOf ?? null,
    occurredAt: draft.occurredAt.toISOString(),
    businessDate: draft.businessDate ?? null,
    currency: draft.currency,
    total: plain(turn(draft.total)),
    discount: write(draft.discount),
    serviceCharge: write(draft.serviceCharge),
    tax: write(draft.tax),
    tip: write(draft.tip),
    adjustment: write(draft.adjustment),
    paymentMethod: methodOf(draft.tenders),
    metadata: draft.metadata ?? {},
    lines: mergeLines(draft.lines).map((line) => writeLine(line, turn)),
    tenders: mergeTenders(draft.tenders).map(({ externalId, method, amount, tip }) => ({
      externalId,
      method,
      amount: plain(turn(amount)),
      ...(isZero(tip) ? {} : { tip: plain(turn(tip)) }),
    })),
    taxes: parts(draft.taxes),
    discounts: parts(draft.discounts),
    serviceCharges: parts(draft.serviceCharges),
    flags: [...new Set(draft.flags)],
  };
  return { externalId: draft.externalId, bytes: Buffer.from(JSON.stringify(element)) };
}

/** A sale of a mere amount has one line that says so; one of nothing at all is no sale any more. */
function withSomeLine(draft: SaleDraft): SaleDraft {
  if (draft.lines.some(({ quantity }) => !isZero(quantity))) return draft;
  if (isZero(draft.total)) return voided(draft);
  const amount = leftOver({ ...draft, lines: [] });
  const line = {
    externalProductId: productByName(null),
    sku: null,
    name: null,
    quantity: decimal('1'),
    unitPrice: amount,
    total: amount,
    modifiers: [],
  };
  return { ...draft, lines: [line] };
}

/** What costs something and is counted by nothing (a fee, say) is no line of ours: its money is kept, beside the lines. */
function withCountedLines(given: SaleDraft): SaleDraft {
  const draft = withSomeLine(given);
  const uncounted = draft.lines.filter(({ quantity, total }) => isZero(quantity) && !isZero(total));
  if (uncounted.length === 0) return draft;
  return {
    ...draft,
    lines: draft.lines.filter(({ quantity }) => !isZero(quantity)),
    adjustment: sum([draft.adjustment ?? zero, ...uncounted.map(({ total }) => total)]),
    flags: [...(draft.flags ?? []), 'line_without_quantity'],
  };
}

function methodOf(tenders: readonly DraftTender[]): string | null {
  const methods = [...new Set(tenders.map(({ method }) => method))];
  return methods.length > 1 ? 'split' : (methods[0] ?? null);
}

// One make writes ten coffees as ten lines, and orders of hundreds of lines would pass the limit of a sale.
function mergeLines(lines: readonly DraftLine[]): DraftLine[] {
  const merged = new Map<string, DraftLine>();
  for (const line of lines) {
    if (isZero(line.quantity) && isZero(line.total)) continue;
    const { externalProductId, sku, name, unitPrice, modifiers } = line;
    const written = modifiers.map(writeModifier);
    const key = JSON.stringify([externalProductId, sku, name, plain(unitPrice), written]);
    const same = merged.get(key);
    merged.set(key, {
      ...line,
      quantity: add(same?.quantity ?? zero, line.quantity),
      total: add(same?.total ?? zero, line.total),
    });
  }
  return [...merged.values()];
}

function mergeTenders(tenders: readonly DraftTender[]): DraftTender[] {
  if (tenders.length <= partsMax) return [...tenders];
  const merged = new Map<TenderMethod, DraftTender>();
  for (const { method, amount, tip } of tenders) {
    const same = merged.get(method);
    const sums = { amount: add(same?.amount ?? zero, amount), tip: add(same?.tip ?? zero, tip) };
    merged.set(method, { externalId: null, method, ...sums });
  }
  return [...merged.values()];
}

const modifiersMax = 50;

function writeLine(line: DraftLine, turn: (amount: Decimal) => Decimal) {
  return {
    sku: line.sku,
    externalProductId: line.externalProductId ?? (line.sku === null ? productByName(line.name) : null),
    name: short(line.name, 200),
    quantity: plain(turn(line.quantity)),
    unitPrice: plain(line.unitPrice),
    total: plain(turn(line.total)),
    modifiers: line.modifiers.slice(0, modifiersMax).map(writeModifier),
  };
}

const writeModifier = ({ name, quantity, price }: DraftModifier) => ({
  name: short(name, 200) ?? '?',
  ...(quantity === undefined ? {} : { quantity: plain(quantity) }),
  ...(price === undefined ? {} : { price: plain(price) }),
});

function short(text: string | null, charactersMax: number): string | null {
  if (text === null || text.trim() === '') return null;
  if (text.length <= charactersMax) return text;
  // Not through the middle of a surrogate pair: that could not be stored.
  return Array.from(text.slice(0, charactersMax - 1))
    .slice(0, -1)
    .join('');
}

/** `a / b` to six digits after the point, half up; zero where b is. */
export function unitOf(a: Decimal, b: Decimal): Decimal {
  return compare(b, zero) === 0 ? zero : decimal(a.div(b).toFixed(6));
}
