// What a sale's total is made of besides its lines, and how it was paid: the optional part of a sale's wire shape. A till
// that sends none of these fields gets none stored.
import {
  add,
  type Decimal,
  isZero,
  money,
  plain,
  subtract,
  sum,
  toJsonNumber,
  unitCost,
  zero,
} from '../../platform/decimal.ts';
import type { JsonObject, JsonValue } from '../../platform/parse-json-exact.ts';
import { malformedSale } from './errors.ts';
import { readFigure, readObject, readOptionalId, readOptionalProse, readText, SaleRefused } from './sale-fields.ts';

export const breakdownKeys = [
  'discount',
  'serviceCharge',
  'tax',
  'tip',
  'adjustment',
  'tenders',
  'discounts',
  'serviceCharges',
  'taxes',
  'flags',
] as const;

/** How often each figure counts towards the total, which is Σ lines and these. */
const figures = { discount: -1, serviceCharge: 1, tax: 1, tip: 1, adjustment: 1 } as const;

export const partsMax = 50;
const flagPattern = /^[a-z][a-z_]{0,39}$/;
const tenderKeys = new Set(['externalId', 'method', 'amount', 'tip']);
const partKeys = new Set(['name', 'amount', 'rate']);

export interface ReadBreakdown {
  /** As it is stored; null where the till says nothing. */
  readonly breakdown: JsonObject | null;
  /** What it adds to Σ lines. */
  readonly beyondLines: Decimal;
}

/** Throws SaleRefused. `fields` are those of the sale, `total` its total, which the tenders are compared with. */
export function readBreakdown(fields: JsonObject, total: Decimal): ReadBreakdown {
  if (!breakdownKeys.some((key) => fields[key] !== undefined && fields[key] !== null)) {
    return { breakdown: null, beyondLines: zero };
  }
  const breakdown: JsonObject = {};
  let beyondLines = zero;
  for (const [key, sign] of Object.entries(figures)) {
    const figure = readOptionalMoney(fields[key], key);
    beyondLines = sign < 0 ? subtract(beyondLines, figure) : add(beyondLines, figure);
    breakdown[key] = toJsonNumber(figure);
  }
  const { tenders, paid } = readTenders(fields['tenders']);
  breakdown['tenders'] = tenders;
  // What nobody paid, or paid too much: a sale on account, or a till whose figures do not agree. Shown, never refused.
  if (tenders.length > 0) breakdown['unpaid'] = toJsonNumber(subtract(total, paid));
  for (const key of ['discounts', 'serviceCharges', 'taxes'] as const) {
    const parts = readParts(fields[key], key);
    if (parts.length > 0) breakdown[key] = parts;
  }
  const flags = readFlags(fields['flags']);
  if (flags.length > 0) breakdown['flags'] = flags;
  return { breakdown, beyondLines };
}

function readOptionalMoney(value: JsonValue | undefined, path: string): Decimal {
  return value === undefined || value === null ? zero : readFigure(value, path, money);
}

function readTenders(value: JsonValue | undefined): { tenders: JsonObject[]; paid: Decimal } {
  const paid: Decimal[] = [];
  const tenders = readArray(value, 'tenders').map((entry, index) => {
    const path = `tenders[${index}]`;
    const fields = readObject(entry, path, tenderKeys);
    const amount = readFigure(fields['amount'], `${path}.amount`, money);
    const tip = readOptionalMoney(fields['tip'], `${path}.tip`);
    paid.push(amount, tip);
    readText(fields['method'], `${path}.method`, 50);
    return {
      externalId: readOptionalId(fields['externalId'], `${path}.externalId`, 200),
      method: readOptionalProse(fields['method'], `${path}.method`, 50),
      amount: toJsonNumber(amount),
      ...(isZero(tip) ? {} : { tip: toJsonNumber(tip) }),
    };
  });
  return { tenders, paid: sum(paid) };
}

function readParts(value: JsonValue | undefined, key: string): JsonObject[] {
  return readArray(value, key).map((entry, index) => {
    const path = `${key}[${index}]`;
    const fields = readObject(entry, path, partKeys);
    const rate = fields['rate'];
    return {
      name: readOptionalProse(fields['name'], `${path}.name`, 200),
      amount: toJsonNumber(readFigure(fields['amount'], `${path}.amount`, money)),
      ...(rate === undefined || rate === null ? {} : { rate: plain(readFigure(rate, `${path}.rate`, unitCost)) }),
    };
  });
}

function readFlags(value: JsonValue | undefined): string[] {
  return readArray(value, 'flags').map((entry, index) => {
    if (typeof entry === 'string' && flagPattern.test(entry)) return entry;
    throw new SaleRefused(malformedSale, `flags[${index}] must be 1 to 40 small letters and underscores.`);
  });
}

function readArray(value: JsonValue | undefined, path: string): JsonValue[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value) && value.length <= partsMax) return value;
  throw new SaleRefused(malformedSale, `${path} must be an array of at most ${partsMax}.`);
}
