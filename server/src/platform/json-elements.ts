// Cuts the elements of one top-level array out of a JSON body, as their exact bytes and without parsing them: a sale that
// is not JSON must not cost the other 499 of its request, and is kept as it came. Each element is parsed by itself
// later (parse-json-exact), so this scanner only follows strings, brackets and commas.
import { parseJsonExact } from './parse-json-exact.ts';

/** Bytes from `start` up to, not including, `end`; without the whitespace around the element. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

export type ScannedElements =
  | {
      readonly ok: true;
      readonly elements: readonly ByteRange[];
      /** The names of the other top-level keys, which a route refuses unless it knows them. */
      readonly otherKeys: readonly string[];
    }
  | { readonly ok: false; readonly problem: ScanProblem };

export interface ScanProblem {
  readonly kind: 'syntax' | 'missing' | 'not_an_array' | 'duplicate_key' | 'too_many_elements' | 'too_deep';
  /** A full sentence for the client. */
  readonly message: string;
  /** Offset into the bytes given. */
  readonly position: number;
}

export interface ScanLimits {
  readonly elementsMax: number;
  /**
   * Brackets within each other, in the whole body. Far above parseJsonExact's limit of a single element, which refuses
   * that one alone; this one only bounds what is remembered here.
   */
  readonly depthMax?: number;
}

const depthMaxDefault = 100_000;
const otherKeysMax = 100;

/**
 * Finds the elements of the array `name` in a body of the form `{"name": […], …}`, in one pass. What is between two
 * commas of the array is an element, whatever it holds (`NaN`, control characters, wrong escapes); what makes the
 * borders uncertain (brackets that do not match, a string without an end, nothing between two commas) refuses the body.
 */
export function scanJsonElements(body: Uint8Array, name: string, limits: ScanLimits): ScannedElements {
  try {
    return { ok: true, ...new Scanner(body, limits).document(name) };
  } catch (error) {
    if (error instanceof ScanRefusal) {
      return { ok: false, problem: { kind: error.kind, message: error.message, position: error.position } };
    }
    throw error;
  }
}

class ScanRefusal extends Error {
  readonly kind: ScanProblem['kind'];
  readonly position: number;

  constructor(kind: ScanProblem['kind'], message: string, position: number) {
    super(message);
    this.kind = kind;
    this.position = position;
  }
}

const quote = 0x22;
const backslash = 0x5c;
const comma = 0x2c;
const colon = 0x3a;
const openBrace = 0x7b;
const closeBrace = 0x7d;
const openBracket = 0x5b;
const closeBracket = 0x5d;

class Scanner {
  readonly #bytes: Uint8Array;
  readonly #elementsMax: number;
  readonly #depthMax: number;
  #index: number;

  constructor(bytes: Uint8Array, limits: ScanLimits) {
    this.#bytes = bytes;
    this.#elementsMax = limits.elementsMax;
    this.#depthMax = limits.depthMax ?? depthMaxDefault;
    const hasBom = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;
    this.#index = hasBom ? 3 : 0;
  }

  document(name: string): { elements: ByteRange[]; otherKeys: string[] } {
    let elements: ByteRange[] | null = null;
    const otherKeys: string[] = [];
    this.#expect(openBrace, 'a JSON object "{…}"');
    if (!this.#takes(closeBrace)) {
      do {
        const keyPosition = this.#index;
        const key = this.#key();
        this.#expect(colon, '":" after a key');
        if (key !== name) {
          if (otherKeys.length < otherKeysMax) otherKeys.push(key);
          this.#skipValue();
        } else if (elements === null) {
          elements = this.#elements(name);
        } else {
          throw new ScanRefusal('duplicate_key', `The key "${name}" appears twice.`, keyPosition);
        }
      } while (this.#takes(comma));
      this.#expect(closeBrace, '"," or "}"');
    }
    this.#skipWhitespace();
    if (this.#index < this.#bytes.length) throw this.#unexpected('the end of the body');
    if (elements === null) throw new ScanRefusal('missing', `The key "${name}" is missing.`, this.#index);
    return { elements, otherKeys };
  }

  #key(): string {
    this.#skipWhitespace();
    const start = this.#index;
    if (this.#bytes[start] !== quote) throw this.#unexpected('a key in double quotes');
    this.#skipString();
    const parsed = parseJsonExact(this.#bytes.subarray(start, this.#index));
    if (!parsed.ok || typeof parsed.value !== 'string') {
      throw new ScanRefusal('syntax', `The key at byte ${start} is not a JSON string.`, start);
    }
    return parsed.value;
  }

  #elements(name: string): ByteRange[] {
    this.#skipWhitespace();
    if (this.#bytes[this.#index] !== openBracket) {
      throw new ScanRefusal('not_an_array', `"${name}" must be an array.`, this.#index);
    }
    this.#index += 1;
    const elements: ByteRange[] = [];
    if (this.#takes(closeBracket)) return elements;
    do {
      if (elements.length >= this.#elementsMax) {
        const message = `"${name}" has more than ${this.#elementsMax} elements; send them in several requests.`;
        throw new ScanRefusal('too_many_elements', message, this.#index);
      }
      elements.push(this.#skipValue());
    } while (this.#takes(comma));
    this.#expect(closeBracket, '"," or "]"');
    return elements;
  }

  /** To the comma or bracket that ends the value; what is in between is not looked at more than it takes to find that. */
  #skipValue(): ByteRange {
    this.#skipWhitespace();
    const bytes = this.#bytes;
    const start = this.#index;
    const closers: number[] = [];
    for (; this.#index < bytes.length; this.#index++) {
      const byte = bytes[this.#index];
      if (byte === quote) {
        this.#skipString();
        // Stay on the closing quote; the loop steps over it.
        this.#index -= 1;
      } else if (byte === openBrace || byte === openBracket) {
        if (closers.length >= this.#depthMax) throw this.#tooDeep();
        closers.push(byte === openBrace ? closeBrace : closeBracket);
      } else if (byte === closeBrace || byte === closeBracket) {
        if (closers.length === 0) break;
        if (closers.pop() !== byte) throw this.#unexpected('the bracket that closes the last one opened');
      } else if (byte === comma && closers.length === 0) {
        break;
      }
    }
    if (closers.length > 0) throw this.#unexpected('the bracket that closes the last one opened');
    let end = this.#index;
    while (end > start && isWhitespace(bytes[end - 1])) end -= 1;
    if (end === start) throw this.#unexpected('a value');
    return { start, end };
  }

  /** From the opening quote to behind the closing one. */
  #skipString(): void {
    const bytes = this.#bytes;
    const start = this.#index;
    let index = start + 1;
    while (index < bytes.length && bytes[index] !== quote) index += bytes[index] === backslash ? 2 : 1;
    if (index >= bytes.length) {
      throw new ScanRefusal('syntax', `The string that begins at byte ${start} has no end.`, start);
    }
    this.#index = index + 1;
  }

  #takes(byte: number): boolean {
    this.#skipWhitespace();
    if (this.#bytes[this.#index] !== byte) return false;
    this.#index += 1;
    return true;
  }

  #expect(byte: number, what: string): void {
    if (!this.#takes(byte)) throw this.#unexpected(what);
  }

  #skipWhitespace(): void {
    while (isWhitespace(this.#bytes[this.#index])) this.#index += 1;
  }

  #unexpected(expected: string): ScanRefusal {
    const where = this.#index < this.#bytes.length ? `At byte ${this.#index}` : 'Where the body ends';
    return new ScanRefusal('syntax', `${where} there should be ${expected}.`, this.#index);
  }

  #tooDeep(): ScanRefusal {
    return new ScanRefusal('too_deep', `The body is nested more than ${this.#depthMax} deep.`, this.#index);
  }
}

function isWhitespace(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}
