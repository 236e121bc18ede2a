// One element of a sales request, read from its own bytes: either a sale in exact figures or the reason why it is none.
// Pure, and the only place that knows the wire shape of a sale; what comes out needs no further checks to be stored.
import { hash } from 'node:crypto';
import { currencyProblem } from '../../platform/currencies.ts';
import {
  add,
  compare,
  type Decimal,
  decimal,
  isNegative,
  isZero,
  money,
  plain,
  quantity,
  subtract,
  toJsonNumber,
  unitCost,
  zero,
} from '../../platform/decimal.ts';
import {
  type JsonObject,
  type JsonProblemKind,
  type JsonValue,
  parseJsonExact,
} from '../../platform/parse-json-exact.ts';
import { holdsCardNumber } from './card-number.ts';
import {
  invalidLines,
  invalidQuantity,
  invalidText,
  invalidTime,
  invalidVersion,
  malformedSale,
  numberOutOfRange,
  timeOutOfRange,
  wrongCurrency,
} from './errors.ts';
import { breakdownKeys, readBreakdown } from './parse-breakdown.ts';
import { readInstant } from './read-instant.ts';
import type { Refusal, Sale, SaleKind, SaleLine, SaleStatus } from './sale.ts';
import { saleKinds, saleStatuses } from './sale.ts';
import {
  isObject,
  readFigure,
  readId,
  readObject,
  readOptionalId,
  readOptionalProse,
  readText,
  SaleRefused,
} from './sale-fields.ts';

export interface SaleTerms {
  /**
   * The one currency that is taken. Left out on every way to the books: which it must be is known under the shop's lock
   * alone, where its sale may be found booked in another than the shop takes today (plan-bookings.ts).
   */
  readonly currency?: string;
  readonly now: Date;
}

export type ParsedSale = { readonly ok: true; readonly sale: Sale } | { readonly ok: false; readonly refusal: Refusal };

export const externalIdCharactersMax = 200;
export const linesMax = 500;
export const aheadMsMax = 3_600_000;
/** Nothing was sold before it; a till that lost its battery says 1970. */
export const occurredAtFloor = new Date('2000-01-01T00:00:00Z');
/** Above it a quantity is a slip of the finger or a barcode in the wrong field. */
export const quantityMax = decimal('10000000');
const modifiersMax = 50;
const proseCharactersMax = 200;

/** What may be kept beside a sale: small facts about the till and the order. Everything else is left out. */
export const metadataKeys: ReadonlySet<string> = new Set([
  'channel',
  'deviceId',
  'employeeId',
  'guestCount',
  'orderNumber',
  'orderType',
  'receiptNumber',
  'registerId',
  'shiftId',
  'tableNumber',
  'terminalId',
]);

const saleKeys: ReadonlySet<string> = new Set([
  ...breakdownKeys,
  'kind',
  'refundOf',
  'businessDate',
  'externalId',
  'version',
  'status',
  'occurredAt',
  'total',
  'currency',
  'paymentMethod',
  'metadata',
  'lines',
]);
const lineKeys = new Set(['sku', 'externalProductId', 'name', 'quantity', 'unitPrice', 'total', 'modifiers']);
const modifierKeys = new Set(['name', 'quantity', 'price']);
const modifierFigures = [
  ['quantity', quantity],
  ['price', unitCost],
] as const;

const jsonProblems: Record<JsonProblemKind, typeof malformedSale> = {
  syntax: malformedSale,
  not_utf8: invalidText,
  too_deep: malformedSale,
  duplicate_key: malformedSale,
  forbidden_key: malformedSale,
  number_out_of_range: numberOutOfRange,
  unstorable_text: invalidText,
};

/** Never throws for anything that the bytes hold. */
export function parseSale(bytes: Uint8Array, terms: SaleTerms): ParsedSale {
  const parsed = parseJsonExact(bytes);
  if (!parsed.ok) {
    const { kind, path, message } = parsed.problem;
    const detail = path === '' ? message : `${path}: ${message}`;
    return refused(identityIn(bytes), jsonProblems[kind].definition.code, detail);
  }
  const identity: Identity = { externalId: null, version: null };
  try {
    return { ok: true, sale: readSale(parsed.value, terms, identity) };
  } catch (error) {
    if (error instanceof SaleRefused) return refused(identity, error.code, error.message);
    throw error;
  }
}

/** Filled in as it is read, so that a refusal further on can still say which sale it was. */
interface Identity {
  externalId: string | null;
  version: number | null;
  kind?: SaleKind;
}

/** The identity of an element that cannot be booked, as far as plain JSON can read it: people look for the receipt. */
function identityIn(bytes: Uint8Array): Identity {
  const identity: Identity = { externalId: null, version: null };
  try {
    const value: JsonValue = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (!isObject(value)) return identity;
    const externalId = readId(value['externalId'], 'externalId', externalIdCharactersMax);
    // The very text may be why: PostgreSQL stores no NUL, and half a surrogate pair has no UTF-8.
    if (externalId.includes('\0') || !externalId.isWellFormed()) return identity;
    identity.externalId = externalId;
    identity.kind = readKind(value['kind']);
    identity.version = readVersion(value['version']);
  } catch {
    // Not even that: it is found by its place in the request, and by its bytes.
  }
  return identity;
}

function refused(identity: Identity, code: string, detail: string): ParsedSale {
  return { ok: false, refusal: { ...identity, code, detail } };
}

function readSale(value: JsonValue, terms: SaleTerms, identity: Identity): Sale {
  // The identity first, even of an object with unknown fields: it is what people look for in the list of errors.
  if (isObject(value)) {
    identity.externalId = readId(value['externalId'], 'externalId', externalIdCharactersMax);
    identity.kind = readKind(value['kind']);
    identity.version = readVersion(value['version']);
  }
  const fields = readObject(value, '', saleKeys);
  const kind = readKind(fields['kind']);
  const status = readStatus(fields['status'], kind);
  const occurredAt = readOccurredAt(fields['occurredAt'], terms.now);
  const currency = readCurrency(fields['currency'], terms.currency);
  const total = readFigure(fields['total'], 'total', money);
  const paymentMethod = readOptionalProse(fields['paymentMethod'], 'paymentMethod', 50);
  const metadata = readMetadata(fields['metadata']);
  if (kind === 'refund' && compare(total, zero) > 0) {
    throw new SaleRefused(malformedSale, `The total of a refund is what was given back, as at most 0.`);
  }
  const refundOf = readOptionalId(fields['refundOf'], 'refundOf', externalIdCharactersMax);
  const businessDate = readBusinessDate(fields['businessDate']);
  const { lines, sum } = readLines(fields['lines'], kind === 'refund' ? kind : status);
  const { breakdown, beyondLines } = readBreakdown(fields, total);
  const state = {
    status,
    occurredAt,
    currency,
    total: plain(total),
    discrepancy: plain(readDiscrepancy(total, add(sum, beyondLines))),
    paymentMethod,
    metadata,
    lines,
  };
  const further = { kind, refundOf, businessDate, breakdown };
  const hasFurther = kind !== 'sale' || refundOf !== null || businessDate !== null || breakdown !== null;
  return {
    externalId: identity.externalId ?? '',
    version: identity.version ?? 1,
    ...state,
    ...further,
    // Over what is kept, so that "9" and 9.00 are the same sale. Keeping more of a sale one day (a key of the metadata)
    // changes the hash of what is sent again from before: hence later fields count only where a till sends them.
    contentHash: hash('sha256', JSON.stringify(hasFurther ? { ...state, ...further } : state), 'buffer'),
  };
}

function readKind(value: JsonValue | undefined): SaleKind {
  if (value === undefined || value === null) return 'sale';
  const kind = saleKinds.find((known) => known === value);
  if (kind === undefined) throw new SaleRefused(malformedSale, `kind must be one of ${saleKinds.join(', ')}.`);
  return kind;
}

function readBusinessDate(value: JsonValue | undefined): string | null {
  if (value === undefined || value === null) return null;
  // A day that the calendar lacks, such as 30 February, comes back as another.
  if (typeof value === 'string' && /^20\d\d-\d\d-\d\d$/.test(value)) {
    const day = new Date(`${value}T00:00:00Z`);
    if (!Number.isNaN(day.getTime()) && day.toISOString().startsWith(value)) return value;
  }
  throw new SaleRefused(invalidTime, 'businessDate must be a day of the calendar such as 2026-03-08.');
}

function readVersion(value: JsonValue | undefined): number {
  if (value === undefined || value === null) return 1;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 1) return value;
  throw new SaleRefused(invalidVersion, 'version must be an integer of at least 1.');
}

function readStatus(value: JsonValue | undefined, kind: SaleKind): SaleStatus {
  if (value === undefined || value === null) return 'completed';
  const status = saleStatuses.find((known) => known === value);
  if (status === undefined) throw new SaleRefused(malformedSale, `status must be one of ${saleStatuses.join(', ')}.`);
  if (kind === 'refund' && status === 'refunded') {
    throw new SaleRefused(malformedSale, 'A refund is completed, or voided where it did not come about.');
  }
  return status;
}

function readOccurredAt(value: JsonValue | undefined, now: Date): Date {
  if (typeof value !== 'string') throw new SaleRefused(malformedSale, 'occurredAt must be a text.');
  const instant = readInstant(value);
  if (instant === null) {
    const detail = 'occurredAt must be a time of the calendar with an offset, such as 2026-03-08T09:30:00-05:00.';
    throw new SaleRefused(invalidTime, detail);
  }
  if (instant.getTime() > now.getTime() + aheadMsMax) {
    const detail = `occurredAt ${instant.toISOString()} lies more than an hour ahead of the server's ${now.toISOString()}.`;
    throw new SaleRefused(timeOutOfRange, detail);
  }
  if (instant < occurredAtFloor) {
    throw new SaleRefused(
      timeOutOfRange,
      `occurredAt ${instant.toISOString()} lies before ${occurredAtFloor.toISOString()}.`,
    );
  }
  return instant;
}

function readCurrency(value: JsonValue | undefined, expected: string | undefined): string {
  if (typeof value !== 'string') throw new SaleRefused(malformedSale, 'currency must be a text such as "USD".');
  if (expected !== undefined && value !== expected) {
    throw new SaleRefused(wrongCurrency, `currency must be the shop's ${expected}.`);
  }
  const problem = expected === undefined ? currencyProblem(value) : null;
  if (problem !== null) throw new SaleRefused(wrongCurrency, `currency ${problem}.`);
  return value;
}

// What is not on the list, not a small scalar, or looks like a card number is left out instead of refused: a sale has
// happened, and what a till writes beside it is no reason to lose it.
function readMetadata(value: JsonValue | undefined): JsonObject {
  if (value === undefined || value === null) return {};
  if (!isObject(value)) throw new SaleRefused(malformedSale, 'metadata must be an object.');
  const kept: JsonObject = {};
  // Sorted, because the order of keys is no difference in content.
  for (const key of Object.keys(value).sort()) {
    const entry = value[key];
    if (entry === undefined || entry === null || typeof entry === 'object' || !metadataKeys.has(key)) continue;
    const text = String(entry);
    if (text.length <= proseCharactersMax && !holdsCardNumber(text)) kept[key] = entry;
  }
  return kept;
}

/** What the lines belong to decides their sign: those of a refund count downwards. */
type LinesOf = SaleStatus | 'refund';

function readLines(value: JsonValue | undefined, status: LinesOf): { lines: SaleLine[]; sum: Decimal } {
  if (!Array.isArray(value)) throw new SaleRefused(malformedSale, 'lines must be an array.');
  const least = status === 'completed' ? 1 : 0;
  if (value.length < least || value.length > linesMax) {
    throw new SaleRefused(invalidLines, `A ${status} sale has ${least} to ${linesMax} lines, got ${value.length}.`);
  }
  let sum = zero;
  const lines = value.map((entry, index) => {
    const { line, total } = readLine(entry, `lines[${index}]`, status);
    sum = add(sum, total);
    return line;
  });
  return { lines, sum };
}

function readLine(value: JsonValue, path: string, status: LinesOf): { line: SaleLine; total: Decimal } {
  const fields = readObject(value, path, lineKeys);
  const sku = readOptionalId(fields['sku'], `${path}.sku`, 100);
  const externalProductId = readOptionalId(fields['externalProductId'], `${path}.externalProductId`, 200);
  if (sku === null && externalProductId === null) {
    throw new SaleRefused(invalidLines, `${path} must have a sku or an externalProductId.`);
  }
  const sold = readFigure(fields['quantity'], `${path}.quantity`, quantity);
  checkQuantity(sold, `${path}.quantity`, status);
  const total = readFigure(fields['total'], `${path}.total`, money);
  const line = {
    sku,
    externalProductId,
    name: readOptionalProse(fields['name'], `${path}.name`, proseCharactersMax),
    quantity: plain(sold),
    unitPrice: plain(readFigure(fields['unitPrice'], `${path}.unitPrice`, unitCost)),
    totalPrice: plain(total),
    modifiers: readModifiers(fields['modifiers'], `${path}.modifiers`),
  };
  return { line, total };
}

function checkQuantity(sold: Decimal, path: string, status: LinesOf): void {
  const isRefund = status === 'refund';
  const size = isRefund ? subtract(zero, sold) : sold;
  const isPossible = status === 'completed' ? compare(size, zero) > 0 : !isNegative(size);
  if (isPossible && compare(size, quantityMax) <= 0) return;
  const range = isRefund
    ? `at most 0 and at least -${plain(quantityMax)}`
    : `${status === 'completed' ? 'above 0' : 'at least 0'} and at most ${plain(quantityMax)}`;
  const what = isRefund ? 'refund' : `${status} sale`;
  throw new SaleRefused(invalidQuantity, `${path} of a ${what} must be ${range}, got ${plain(sold)}.`);
}

/** Each is a text, or `{name, quantity?, price?}`. */
function readModifiers(value: JsonValue | undefined, path: string): JsonValue[] {
  if (value === undefined || value === null) return [];
  if (!Array.isArray(value) || value.length > modifiersMax) {
    throw new SaleRefused(malformedSale, `${path} must be an array of at most ${modifiersMax}.`);
  }
  return value.map((entry, index) => {
    const place = `${path}[${index}]`;
    if (typeof entry === 'string') return readOptionalProse(entry, place, proseCharactersMax);
    const fields = readObject(entry, place, modifierKeys);
    const modifier: JsonObject = { name: maskedName(fields['name'], place) };
    for (const [key, kind] of modifierFigures) {
      const figure = fields[key];
      if (figure !== undefined) modifier[key] = toJsonNumber(readFigure(figure, `${place}.${key}`, kind));
    }
    return modifier;
  });
}

function maskedName(value: JsonValue | undefined, place: string): JsonValue {
  readText(value, `${place}.name`, proseCharactersMax);
  return readOptionalProse(value, `${place}.name`, proseCharactersMax);
}

function readDiscrepancy(total: Decimal, sum: Decimal): Decimal {
  const discrepancy = subtract(total, sum);
  const size = isNegative(discrepancy) ? subtract(zero, discrepancy) : discrepancy;
  if (!isZero(size) && compare(size, decimal('9999999999999.99')) > 0) {
    throw new SaleRefused(numberOutOfRange, 'The total and the sum of the lines are too far apart to be kept exactly.');
  }
  return discrepancy;
}
