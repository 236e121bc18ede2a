// Exact decimals for money and quantities. A float would lose a cent somewhere in a million sales, so figures come in
// as checked text or as numbers of at most 15 significant digits (which doubles carry exactly), are computed with by
// big.js, and leave the same way. Nothing is ever rounded unless the caller says `roundTo`.
import { Big as SharedBig } from 'big.js';
import { defineError } from './errors.ts';

// A constructor of our own, strict: it refuses numbers, so that no arithmetic can mix an inexact one in, and turns an
// implicit conversion (`a + b`, `a < b` on two decimals) into an error.
const Exact = SharedBig();
Exact.strict = true;
// toString and JSON write plain digits, never an exponent, whatever the magnitude.
Exact.NE = -1e6;
Exact.PE = 1e6;

/** An exact decimal; made by this file only. Treat as immutable. */
export type Decimal = InstanceType<typeof Exact>;

/** What a column of one of the database's numeric domains can hold. */
export interface DecimalKind {
  /** With its article, as messages need it. */
  readonly name: string;
  /** Digits in all. */
  readonly precision: number;
  /** Digits after the point. */
  readonly scale: number;
}

/** numeric(15,2): prices and totals, in the currency of their document. */
export const money: DecimalKind = Object.freeze({ name: 'an amount of money', precision: 15, scale: 2 });
/** numeric(15,4): pieces, kilograms, litres; the product says which. */
export const quantity: DecimalKind = Object.freeze({ name: 'a quantity', precision: 15, scale: 4 });
/** numeric(15,6): what one unit costs, where averages need more than cents. */
export const unitCost: DecimalKind = Object.freeze({ name: 'a unit cost', precision: 15, scale: 6 });

export const significantDigitsMax = 15;

export const amountOutOfRange = defineError('decimal.amount_out_of_range', {
  status: 422,
  title: 'A computed figure is outside the range that can be kept exactly',
  advice:
    'A sum or product of the request needs more digits than are kept. Check the quantities and prices; split the ' +
    'document if they are right. The figure is never rounded to make it fit.',
});

export type ParsedDecimal =
  | { readonly ok: true; readonly value: Decimal }
  /** `message` completes a sentence about the field: "must be …, got …". */
  | {
      readonly ok: false;
      readonly reason: 'not_a_number' | 'too_many_digits' | 'out_of_range';
      readonly message: string;
    };

// Decimal strings are plain: no exponent, no blanks, no leading "+", and short enough to be echoed in a message.
const plainDecimal = /^-?(?:0|[1-9]\d{0,29})(?:\.\d{1,30})?$/;

/**
 * Reads a figure from JSON: a number (exact only if it came through parseJsonExact, which has checked its digits in the
 * source text) or a decimal string such as "12.50". Refused: anything else, more than 15 significant digits, more
 * digits before or after the point than the kind holds. Zeros at the end of the fraction do not count.
 */
export function parseDecimal(kind: DecimalKind, input: unknown): ParsedDecimal {
  const text = typeof input === 'number' ? numberText(input) : input;
  if (typeof text !== 'string' || !plainDecimal.test(text)) {
    const message = `must be a number or a decimal string such as "12.50", got ${describe(input)}`;
    return { ok: false, reason: 'not_a_number', message };
  }
  const value = new Exact(text);
  if (significantDigits(value) > significantDigitsMax) {
    const message = `must have at most ${significantDigitsMax} significant digits, got ${text}`;
    return { ok: false, reason: 'too_many_digits', message };
  }
  if (fractionDigits(value) > kind.scale) {
    const message = `must have at most ${kind.scale} digits after the point as ${kind.name}, got ${text}`;
    return { ok: false, reason: 'too_many_digits', message };
  }
  if (integerDigits(value) > kind.precision - kind.scale) {
    const message = `must have at most ${kind.precision - kind.scale} digits before the point as ${kind.name}, got ${text}`;
    return { ok: false, reason: 'out_of_range', message };
  }
  // "-0" means 0, and compares and prints as it.
  return { ok: true, value: value.eq(zero) ? zero : value };
}

/** A decimal from text that is known to be one: a numeric column, or a literal of ours. Throws on anything else. */
export function decimal(text: string): Decimal {
  return new Exact(text);
}

export const zero: Decimal = new Exact('0');
const one = new Exact('1');

export const add = (a: Decimal, b: Decimal): Decimal => a.plus(b);
export const subtract = (a: Decimal, b: Decimal): Decimal => a.minus(b);
export const multiply = (a: Decimal, b: Decimal): Decimal => a.times(b);
export const negate = (a: Decimal): Decimal => (a.eq(zero) ? zero : a.neg());
/** Below, at or above 0 as `a` is smaller than, equal to or greater than `b`. */
export const compare = (a: Decimal, b: Decimal): -1 | 0 | 1 => a.cmp(b);
export const isZero = (a: Decimal): boolean => a.eq(zero);
export const isNegative = (a: Decimal): boolean => a.lt(zero);

export function sum(values: Iterable<Decimal>): Decimal {
  let total = zero;
  for (const value of values) total = total.plus(value);
  return total;
}

/** Rounds half away from zero to the kind's scale, as tills do; together with `roundUp` the only rounding there is. */
export function roundTo(kind: DecimalKind, value: Decimal): Decimal {
  return fit(kind, value.round(kind.scale, SharedBig.roundHalfUp));
}

/** The smallest whole number that is not below the value. */
export function roundUp(value: Decimal): Decimal {
  const truncated = value.round(0, SharedBig.roundDown);
  return truncated.lt(value) ? truncated.plus(one) : truncated;
}

/** The value itself if a column of this kind holds it exactly, else `decimal.amount_out_of_range`. */
export function fit(kind: DecimalKind, value: Decimal): Decimal {
  if (fractionDigits(value) > kind.scale || integerDigits(value) > kind.precision - kind.scale) {
    throw amountOutOfRange(
      `${plain(value)} does not fit ${kind.name} (${kind.precision} digits, ${kind.scale} after the point).`,
    );
  }
  return value;
}

/** Plain digits without exponent, for SQL parameters and messages: "12.5", "-0.001", "0". */
export function plain(value: Decimal): string {
  return value.eq(zero) ? '0' : value.toFixed();
}

/** The number that JSON carries; throws `decimal.amount_out_of_range` where a double would not give it back exactly. */
export function toJsonNumber(value: Decimal | string): number {
  const exact = typeof value === 'string' ? new Exact(value) : value;
  const number = Number(plain(exact));
  if (significantDigits(exact) > significantDigitsMax || !Number.isFinite(number)) {
    throw amountOutOfRange(`${plain(exact)} has more than ${significantDigitsMax} significant digits.`);
  }
  return number;
}

// big.js keeps `c` without zeros at either end, and the point behind the digit of index `e`.
const significantDigits = (value: Decimal): number => value.c.length;
const fractionDigits = (value: Decimal): number => Math.max(0, value.c.length - 1 - value.e);
const integerDigits = (value: Decimal): number => (value.eq(zero) ? 0 : Math.max(0, value.e + 1));

// String(1e21) and String(1e-7) have exponents; a figure that large or small is out of range for every kind, but the
// message should say so in digits, so they are written out.
function numberText(input: number): string | null {
  if (!Number.isFinite(input)) return null;
  const text = String(input);
  return text.includes('e') ? new Exact(text).toFixed() : text;
}

function describe(input: unknown): string {
  if (typeof input === 'string')
    return input.length > 40 ? `a text of ${input.length} characters` : JSON.stringify(input);
  if (typeof input === 'number') return String(input);
  if (input === null) return 'null';
  return Array.isArray(input) ? 'an array' : `a value of type ${typeof input}`;
}
