// A vendor's JSON, read so that no figure changes: every number comes back as the text it was written as, since vendors
// send integers above 2^53 and sums of floats with 17 digits, which platform/parse-json-exact rightly refuses from tills
// that speak to us alone. What is unknown passes through; only what a translation needs is looked at.
import { type Decimal, decimal } from '../../../platform/decimal.ts';
import { fromFloat, fromMinor } from './minor-units.ts';
import { readUnixMs, readVendorTime, type VendorTime } from './vendor-time.ts';

/** Thrown while reading a document: it can become nothing, and is kept with this sentence. */
export class Untranslatable extends Error {
  override readonly name = 'Untranslatable';
}

type Value = null | boolean | number | string | Value[] | { readonly [key: string]: Value };

// The context is part of the language, but not yet of TypeScript's description of it, to which it is further arguments.
function numberText(_key: string, value: unknown, ...[context]: { readonly source?: string }[]): unknown {
  return typeof value === 'number' ? context?.source : value;
}

/** Throws Untranslatable where the bytes are no JSON object in UTF-8. */
export function readVendorObject(bytes: Uint8Array, name: string): VendorFields {
  return readObject(bytes, name, numberText);
}

/**
 * As above, of a message of which only ids are read: its figures may be rounded. Looking at every number of an order that
 * comes along takes ten times as long as the rest, while the vendor waits for an answer.
 */
export function readVendorMessage(bytes: Uint8Array, name: string): VendorFields {
  return readObject(bytes, name);
}

function readObject(bytes: Uint8Array, name: string, look?: typeof numberText): VendorFields {
  let value: Value;
  try {
    value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes), look);
  } catch (error) {
    const cause = error instanceof TypeError ? 'not UTF-8' : 'no JSON';
    throw new Untranslatable(`The ${name} is ${cause}.`);
  }
  return new VendorFields(asObject(value, name), name);
}

function asObject(value: Value | undefined, path: string): { readonly [key: string]: Value } {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  throw new Untranslatable(`${path} is no object.`);
}

const number = /^-?\d{1,40}(?:\.\d{1,40})?(?:[eE][+-]?\d{1,2})?$/;
const listMax = 10_000;

/** The fields of one object of a vendor. All readers throw Untranslatable, naming the place, for what is of another kind. */
export class VendorFields {
  readonly #object: { readonly [key: string]: Value };
  readonly path: string;

  constructor(object: { readonly [key: string]: Value }, path: string) {
    this.#object = object;
    this.path = path;
  }

  has(key: string): boolean {
    const value = this.#object[key];
    return value !== undefined && value !== null;
  }

  /** Null where it is absent or blank; a number comes as its text. */
  text(key: string): string | null {
    const value = this.#object[key];
    if (value === undefined || value === null) return null;
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') throw new Untranslatable(`${this.path}.${key} is no text.`);
    return value.trim() === '' ? null : value;
  }

  needText(key: string): string {
    const text = this.text(key);
    if (text === null) throw new Untranslatable(`${this.path}.${key} is missing.`);
    return text;
  }

  isTrue(key: string): boolean {
    return this.#object[key] === true;
  }

  /** True unless it is `false`, for what is so by default. */
  isNotFalse(key: string): boolean {
    return this.#object[key] !== false;
  }

  /** Exact, of at most 40 digits before and after the point. */
  figure(key: string): Decimal | null {
    const text = this.text(key);
    if (text === null) return null;
    if (!number.test(text)) throw new Untranslatable(`${this.path}.${key} is no number: ${text.slice(0, 60)}.`);
    return decimal(text);
  }

  /** Whole minor units, as an amount in main units. */
  minor(key: string, currency: string): Decimal | null {
    const amount = this.figure(key);
    if (amount === null) return null;
    if (!amount.eq(amount.round(0))) throw new Untranslatable(`${this.path}.${key} is no whole number.`);
    return fromMinor(amount, currency);
  }

  /** Main units that may have been floats. */
  major(key: string, currency: string): Decimal | null {
    const amount = this.figure(key);
    return amount === null ? null : fromFloat(amount, currency);
  }

  /** RFC 3339 or nearly. */
  time(key: string): VendorTime | null {
    return this.#timeBy(key, readVendorTime);
  }

  needTime(key: string): VendorTime {
    return this.time(key) ?? this.#missing(key);
  }

  /** Milliseconds since 1970. */
  unixMs(key: string): VendorTime | null {
    return this.#timeBy(key, readUnixMs);
  }

  needUnixMs(key: string): VendorTime {
    return this.unixMs(key) ?? this.#missing(key);
  }

  child(key: string): VendorFields | null {
    const value = this.#object[key];
    if (value === undefined || value === null) return null;
    return new VendorFields(asObject(value, `${this.path}.${key}`), `${this.path}.${key}`);
  }

  needChild(key: string): VendorFields {
    return this.child(key) ?? this.#missing(key);
  }

  /** Empty where it is absent. */
  list(key: string): VendorFields[] {
    const value = this.#object[key];
    if (value === undefined || value === null) return [];
    if (!Array.isArray(value)) throw new Untranslatable(`${this.path}.${key} is no list.`);
    if (value.length > listMax) throw new Untranslatable(`${this.path}.${key} has more than ${listMax} elements.`);
    return value.map((entry, index) => {
      const place = `${this.path}.${key}[${index}]`;
      return new VendorFields(asObject(entry, place), place);
    });
  }

  #timeBy(key: string, read: (text: string) => VendorTime | null): VendorTime | null {
    const text = this.text(key);
    if (text === null) return null;
    const time = read(text);
    if (time === null) throw new Untranslatable(`${this.path}.${key} is no time: ${text.slice(0, 60)}.`);
    return time;
  }

  #missing(key: string): never {
    throw new Untranslatable(`${this.path}.${key} is missing.`);
  }
}
