// JSON as it was meant: JSON.parse rounds 16 digits silently, takes the last of two equal keys and lets text through
// that PostgreSQL cannot store. Every request body and every sale comes in through here instead, so whatever is behind
// may trust that a number is what its source text said and that a text can be stored and sent again.
import { significantDigitsMax } from './decimal.ts';

export type JsonValue = null | boolean | number | string | JsonValue[] | JsonObject;
export type JsonObject = { [key: string]: JsonValue };

export type JsonProblemKind =
  | 'syntax'
  | 'not_utf8'
  | 'too_deep'
  | 'duplicate_key'
  | 'forbidden_key'
  | 'number_out_of_range'
  | 'unstorable_text';

export interface JsonProblem {
  readonly kind: JsonProblemKind;
  /** A full sentence saying what is wrong, where, and what would be right. */
  readonly message: string;
  /** Where in the value, e.g. `lines[0].quantity`; empty at the top, and where the text breaks off. */
  readonly path: string;
  /** Offset into the bytes given at which it was noticed: a number, text or key behind its last byte. */
  readonly position: number;
}

export type ParsedJson =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly problem: JsonProblem };

export interface JsonLimits {
  /** Arrays and objects within each other. */
  readonly depthMax?: number;
}

const depthMaxDefault = 32;

/**
 * Parses one JSON document. Numbers come back as numbers, and only if a double carries exactly what the text says: at
 * most 15 significant digits, no overflow ("1e400") and no underflow. Strings and keys hold neither NUL nor lone
 * surrogates; keys are unique and never `__proto__`. A text that is not JSON is always reported as that, whatever else
 * is wrong with it before the place where it breaks.
 */
export function parseJsonExact(bytes: Uint8Array, limits: JsonLimits = {}): ParsedJson {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    const message = 'The text is not valid UTF-8; send JSON encoded as UTF-8.';
    return { ok: false, problem: { kind: 'not_utf8', message, path: '', position: 0 } };
  }
  const bomBytes = bytes[0] === 0xef ? 3 : 0;
  const parser = new Parser(text, limits.depthMax ?? depthMaxDefault);
  try {
    const value = parser.document();
    if (parser.refusal === null) return { ok: true, value };
    return { ok: false, problem: located(parser.refusal, text, bomBytes) };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, problem: located(error, text, bomBytes) };
    throw error;
  }
}

/** A problem found while parsing; `index` counts UTF-16 units of the decoded text. */
class Refusal extends Error {
  readonly kind: JsonProblemKind;
  readonly path: string;
  readonly index: number;

  constructor(kind: JsonProblemKind, message: string, at: { path: string; index: number }) {
    super(message);
    this.kind = kind;
    this.path = at.path;
    this.index = at.index;
  }
}

function located(refusal: Refusal, text: string, bomBytes: number): JsonProblem {
  const position = bomBytes + Buffer.byteLength(text.slice(0, refusal.index));
  const message = refusal.kind === 'syntax' ? `${refusal.message} at byte ${position}.` : refusal.message;
  return { kind: refusal.kind, message, path: refusal.path, position };
}

const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

const quoteCode = 0x22;
const backslashCode = 0x5c;
const blankCode = 0x20;

const literals: readonly [string, JsonValue][] = [
  ['true', true],
  ['false', false],
  ['null', null],
];

class Parser {
  /** The first thing that is JSON but cannot be taken; parsing goes on, since a syntax error further on outranks it. */
  refusal: Refusal | null = null;
  readonly #text: string;
  readonly #depthMax: number;
  /** One entry for each open array or object: the index or key being read. */
  readonly #path: (string | number)[] = [];
  #index = 0;

  constructor(text: string, depthMax: number) {
    this.#text = text;
    this.#depthMax = depthMax;
  }

  document(): JsonValue {
    const value = this.#value();
    this.#skipWhitespace();
    if (this.#index < this.#text.length) throw this.#syntax('There is more text after the end of the JSON document');
    return value;
  }

  #value(): JsonValue {
    this.#skipWhitespace();
    const char = this.#text[this.#index];
    if (char === '{') return this.#object();
    if (char === '[') return this.#array();
    if (char === '"') return this.#string();
    if (char === undefined) throw this.#syntax('The JSON text ends where a value should be');
    if (char === '-' || (char >= '0' && char <= '9')) return this.#number();
    for (const [literal, value] of literals) {
      if (this.#text.startsWith(literal, this.#index)) {
        this.#index += literal.length;
        return value;
      }
    }
    throw this.#syntax('The JSON text has no value');
  }

  #object(): JsonObject {
    const level = this.#descend('');
    const result: JsonObject = {};
    if (!this.#takes('}')) {
      do {
        this.#skipWhitespace();
        if (this.#text[this.#index] !== '"') throw this.#syntax('The JSON text lacks a key in double quotes');
        const key = this.#string();
        this.#path[level] = key;
        if (!this.#takes(':')) throw this.#syntax('The JSON text lacks a ":" after a key');
        const value = this.#value();
        // Assigning to __proto__ would set the prototype instead of a member.
        if (key === '__proto__') this.#refuse('forbidden_key', 'The key "__proto__" is not allowed.');
        else if (Object.hasOwn(result, key)) this.#refuse('duplicate_key', `The key "${shown(key)}" appears twice.`);
        else result[key] = value;
      } while (this.#takes(','));
      if (!this.#takes('}')) throw this.#syntax('The JSON text lacks a "," or "}"');
    }
    this.#path.pop();
    return result;
  }

  #array(): JsonValue[] {
    const level = this.#descend(0);
    const result: JsonValue[] = [];
    if (!this.#takes(']')) {
      do {
        this.#path[level] = result.length;
        result.push(this.#value());
      } while (this.#takes(','));
      if (!this.#takes(']')) throw this.#syntax('The JSON text lacks a "," or "]"');
    }
    this.#path.pop();
    return result;
  }

  #string(): string {
    const start = this.#index;
    this.#index += 1;
    this.#skipPlainText();
    let escaped = false;
    while (this.#text.charCodeAt(this.#index) === backslashCode) {
      escaped = true;
      if (this.#match(escapeSequence) === '') throw this.#syntax('The JSON text has a wrong escape in a string');
      this.#skipPlainText();
    }
    if (this.#index >= this.#text.length) throw this.#syntax('The JSON text has a string without an end');
    if (this.#text.charCodeAt(this.#index) !== quoteCode) {
      throw this.#syntax('The JSON text has an unescaped control character in a string');
    }
    this.#index += 1;
    // The escapes have just been checked, so JSON.parse cannot fail; decoding them is its business.
    if (escaped) return this.#storable(JSON.parse(this.#text.slice(start, this.#index)) as string);
    return this.#storable(this.#text.slice(start + 1, this.#index - 1));
  }

  #number(): number {
    const source = this.#match(number);
    // "-" alone, and "012" or "1.": the digits that are left over turn up as a missing comma.
    if (source === '') throw this.#syntax('The JSON text has a malformed number');
    const value = Number(source);
    if (!isExact(source, value)) {
      const message =
        `The number ${shown(source)} cannot be kept exactly: numbers have at most ${significantDigitsMax} significant ` +
        'digits and a magnitude that a double holds. Send identifiers as text.';
      this.#refuse('number_out_of_range', message);
    }
    return value;
  }

  #storable(text: string): string {
    if (!text.isWellFormed())
      this.#refuse('unstorable_text', 'A text holds half a surrogate pair (such as "\\ud800").');
    else if (text.includes('\0')) this.#refuse('unstorable_text', 'A text holds the character NUL ("\\u0000").');
    return text;
  }

  /** Steps into an array or object; returns the place of its index or key in the path. */
  #descend(first: string | number): number {
    if (this.#path.length >= this.#depthMax) {
      const message = `The JSON text is nested more than ${this.#depthMax} deep.`;
      throw new Refusal('too_deep', message, { path: formatPath(this.#path), index: this.#index });
    }
    this.#index += 1;
    return this.#path.push(first) - 1;
  }

  #takes(char: string): boolean {
    this.#skipWhitespace();
    if (this.#text[this.#index] !== char) return false;
    this.#index += 1;
    return true;
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#index;
    const end = pattern.test(this.#text) ? pattern.lastIndex : this.#index;
    const matched = this.#text.slice(this.#index, end);
    this.#index = end;
    return matched;
  }

  #skipWhitespace(): void {
    for (;;) {
      const code = this.#text.charCodeAt(this.#index);
      if (code !== blankCode && code !== 0x0a && code !== 0x0d && code !== 0x09) return;
      this.#index += 1;
    }
  }

  /** To the next quote, backslash, control character or the end. A loop: no regular expression is safe over 4 MiB. */
  #skipPlainText(): void {
    const text = this.#text;
    let index = this.#index;
    for (; index < text.length; index++) {
      const code = text.charCodeAt(index);
      if (code === quoteCode || code === backslashCode || code < blankCode) break;
    }
    this.#index = index;
  }

  #refuse(kind: JsonProblemKind, message: string): void {
    this.refusal ??= new Refusal(kind, message, { path: formatPath(this.#path), index: this.#index });
  }

  #syntax(message: string): Refusal {
    return new Refusal('syntax', message, { path: '', index: this.#index });
  }
}

/** True where `value`, printed again, has the digits of `source`. */
function isExact(source: string, value: number): boolean {
  if (source.length <= significantDigitsMax && !/[eE]/.test(source)) return true;
  const mantissa = source.replace(/[eE].*$/, '').replace(/[-.]/g, '');
  const significant = mantissa.replace(/^0+/, '').replace(/0+$/, '');
  if (significant === '') return true;
  // 15 digits survive a double only where it has its full precision, which it loses below 2.2e-308.
  const magnitude = Math.abs(value);
  return significant.length <= significantDigitsMax && magnitude >= 1e-307 && magnitude <= Number.MAX_VALUE;
}

function shown(text: string): string {
  return text.length <= 40 ? text : `${text.slice(0, 40)}…`;
}

/** Writes a path the way `errors[].path` has it: `lines[0].quantity`. */
export function formatPath(path: readonly (string | number)[]): string {
  let text = '';
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`;
    else text += text === '' ? shown(step) : `.${shown(step)}`;
  }
  return text;
}
