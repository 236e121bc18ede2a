// Readers for the fields of a sale. Each takes a value out of parsed JSON and returns it checked, or refuses the sale
// with a code and a sentence that names the field; a path is e.g. `lines[0].quantity`.
import { type Decimal, type DecimalKind, parseDecimal } from '../../platform/decimal.ts';
import type { ErrorFactory } from '../../platform/errors.ts';
import type { JsonObject, JsonValue } from '../../platform/parse-json-exact.ts';
import { holdsCardNumber, isMaskedCardNumber, maskCardNumbers } from './card-number.ts';
import { cardNumberAsId, invalidText, malformedSale, numberOutOfRange, unknownField } from './errors.ts';

/** Thrown inside the parser alone: one refused element, never a refused request. */
export class SaleRefused extends Error {
  readonly code: string;

  constructor(reason: ErrorFactory, detail: string) {
    super(detail);
    this.code = reason.definition.code;
  }
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The object at `path` (the sale itself where it is empty), all of whose keys are in `known`. */
export function readObject(value: JsonValue | undefined, path: string, known: ReadonlySet<string>): JsonObject {
  if (!isObject(value)) throw new SaleRefused(malformedSale, `${path || 'The sale'} must be an object.`);
  for (const key in value) {
    if (!known.has(key)) {
      const name = maskCardNumbers(key.length > 40 ? `${key.slice(0, 40)}…` : key);
      throw new SaleRefused(unknownField, `There is no field ${path === '' ? name : `${path}.${name}`}.`);
    }
  }
  return value;
}

/** A text of 1 to `charactersMax` characters that is not blank. */
export function readText(value: JsonValue | undefined, path: string, charactersMax: number): string {
  if (typeof value !== 'string') throw new SaleRefused(malformedSale, `${path} must be a text.`);
  if (value.length > charactersMax || value.trim() === '') {
    throw new SaleRefused(invalidText, `${path} must have 1 to ${charactersMax} characters.`);
  }
  return value;
}

export function readOptionalText(value: JsonValue | undefined, path: string, charactersMax: number): string | null {
  return value === undefined || value === null ? null : readText(value, path, charactersMax);
}

/**
 * A text by which something is looked up. One that looks like a card number can be neither kept nor masked: masked it
 * would be another id, and all masked ids would be one. Hence also the refusal of what a replay reads in its place.
 */
export function readId(value: JsonValue | undefined, path: string, charactersMax: number): string {
  const text = readText(value, path, charactersMax);
  if (holdsCardNumber(text) || isMaskedCardNumber(text)) {
    throw new SaleRefused(cardNumberAsId, `${path} looks like the number of a payment card.`);
  }
  return text;
}

export function readOptionalId(value: JsonValue | undefined, path: string, charactersMax: number): string | null {
  return value === undefined || value === null ? null : readId(value, path, charactersMax);
}

/** A text that people read and nothing is looked up by: card numbers in it are overwritten. */
export function readOptionalProse(value: JsonValue | undefined, path: string, charactersMax: number): string | null {
  const text = readOptionalText(value, path, charactersMax);
  return text === null ? null : maskCardNumbers(text);
}

/** An exact figure: a number, or a decimal as text. */
export function readFigure(value: JsonValue | undefined, path: string, kind: DecimalKind): Decimal {
  const parsed = parseDecimal(kind, value);
  if (parsed.ok) return parsed.value;
  const reason = parsed.reason === 'not_a_number' ? malformedSale : numberOutOfRange;
  throw new SaleRefused(reason, `${path} ${parsed.message}.`);
}
