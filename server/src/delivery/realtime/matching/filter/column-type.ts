// How the values of a column compare, by its PostgreSQL type: the constant of a filter is cast to the type once, at join, and
// values of rows (as the log's JSON carries them) are read for each comparison. What PostgreSQL would refuse as input is
// refused here in the same words, so that a filter never silently compares texts.
import { compare as compareDecimals, decimal } from '../../../../platform/decimal.ts';
import { parseArray } from './array-literal.ts';
import { canonicalJson } from './canonical-json.ts';
import { parseDate, parseInstant } from './instant.ts';
import { FilterError } from './parse-filter.ts';

/** Below, at or above 0 as the row's value is smaller than, equal to or greater than the constant; null: not of the type. */
export type Comparison = (value: unknown) => number | null;

export interface ColumnType {
  readonly kind: 'text' | 'boolean' | 'other';
  /** False where only equality is served, as for JSON. */
  readonly isOrdered: boolean;
  /** Casts the constant; throws FilterError where the type has no such value. */
  compareWith(constant: string): Comparison;
  /** Null where equal values have no spelling in common. */
  readonly keys: ValueKeys | null;
}

/** A text for each value, the same for equal ones alone; undefined for what is no value of the type. */
export interface ValueKeys {
  ofConstant(constant: string): string | undefined;
  ofValue(value: unknown): string | undefined;
}

interface TypeRules<V> {
  readonly kind?: ColumnType['kind'];
  readonly isOrdered?: boolean;
  /** Undefined where the text is no value of the type. */
  readonly parse: (text: string) => V | undefined;
  /** A value out of a row; undefined where it is none of the type. */
  readonly read: (value: unknown) => V | undefined;
  readonly compare: (a: V, b: V) => number;
  /** Left out where equal values have no spelling in common. */
  readonly key?: (value: V) => string;
}

/** The type of PostgreSQL's `typname`. A type that is not known compares as text, and for equality only. */
export function columnType(name: string): ColumnType {
  const known = types[name] ?? (name.startsWith('_') ? arrayType : undefined);
  return known?.(name) ?? columnTypeOf(name, { ...text, kind: 'other', isOrdered: false });
}

function columnTypeOf<V>(name: string, rules: TypeRules<V>): ColumnType {
  const { key } = rules;
  return {
    kind: rules.kind ?? 'other',
    isOrdered: rules.isOrdered ?? true,
    keys: key === undefined ? null : keysOf({ ...rules, key }),
    compareWith(constant) {
      const bound = rules.parse(constant);
      if (bound === undefined)
        throw new FilterError(`invalid input syntax for type ${name}: "${constant.slice(0, 100)}"`);
      return (value) => {
        const own = rules.read(value);
        return own === undefined ? null : rules.compare(own, bound);
      };
    },
  };
}

function keysOf<V>({ parse, read, key }: TypeRules<V> & { readonly key: (value: V) => string }): ValueKeys {
  const ofKnown = (value: V | undefined) => (value === undefined ? undefined : key(value));
  return { ofConstant: (constant) => ofKnown(parse(constant)), ofValue: (value) => ofKnown(read(value)) };
}

const parsed =
  <V>(parse: (text: string) => V | undefined) =>
  (value: unknown): V | undefined =>
    typeof value === 'string' ? parse(value) : undefined;

const natural = <V extends string | number | bigint>(a: V, b: V): number => (a < b ? -1 : a > b ? 1 : 0);

// By code point, as `collate "C"` has it: the same on every server, whatever its locale.
const text: TypeRules<string> = {
  kind: 'text',
  parse: (given) => given,
  read: (value) => (typeof value === 'object' || value === undefined ? undefined : String(value)),
  compare: (a, b) => (a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b))),
  key: (value) => value,
};

const uuid: TypeRules<string> = { parse: parseUuid, read: parsed(parseUuid), compare: natural };

/** Upper case, braces and missing hyphens are PostgreSQL's own licence. */
export function parseUuid(given: string): string | undefined {
  const digits = given
    .toLowerCase()
    .replace(/^\{(.*)\}$/, '$1')
    .replaceAll('-', '');
  if (!/^[0-9a-f]{32}$/.test(digits)) return undefined;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function integer(bits: bigint): TypeRules<bigint> {
  const max = 2n ** (bits - 1n) - 1n;
  const parse = (given: string) => {
    const value = /^\s*[+-]?\d{1,30}\s*$/.test(given) ? BigInt(given.trim().replace('+', '')) : undefined;
    return value !== undefined && value >= -max - 1n && value <= max ? value : undefined;
  };
  return {
    parse,
    read: (value) => (typeof value === 'number' && Number.isSafeInteger(value) ? BigInt(value) : parsed(parse)(value)),
    compare: natural,
    key: String,
  };
}

// Exact: 0.1 + 0.2 is not asked for, but 12.30 equals 12.3, and the 20th digit of a constant counts.
const numeric: TypeRules<ReturnType<typeof decimal>> = {
  parse: parseNumeric,
  read: (value) => parseNumeric(typeof value === 'number' ? String(value) : value),
  compare: compareDecimals,
};

function parseNumeric(given: unknown) {
  const isNumber =
    typeof given === 'string' && /^\s*[+-]?(\d{1,100}(\.\d{0,100})?|\.\d{1,100})(e[+-]?\d{1,3})?\s*$/i.test(given);
  // big.js wants a digit on both sides of the point.
  return isNumber
    ? decimal(
        given
          .trim()
          .replace('+', '')
          .replace(/^(-?)\./, '$10.')
          .replace(/\.(?=e|$)/i, ''),
      )
    : undefined;
}

const float: TypeRules<number> = {
  parse: (given) => {
    const value = given.trim() === '' ? Number.NaN : Number(given);
    return Number.isNaN(value) ? undefined : value;
  },
  read: (value) => (typeof value === 'number' ? value : undefined),
  compare: natural,
};

const bool: TypeRules<boolean> = {
  kind: 'boolean',
  parse(given) {
    const word = given.trim().toLowerCase();
    if (word === '') return undefined;
    if (['true', 'yes'].some((full) => full.startsWith(word)) || word === 'on' || word === '1') return true;
    const isFalse =
      ['false', 'no'].some((full) => full.startsWith(word)) || word === 'of' || word === 'off' || word === '0';
    return isFalse ? false : undefined;
  },
  read: (value) => (typeof value === 'boolean' ? value : undefined),
  compare: (a, b) => Number(a) - Number(b),
  key: String,
};

const json: TypeRules<string> = {
  isOrdered: false,
  parse: (given) => {
    try {
      return canonicalJson(JSON.parse(given));
    } catch {
      return undefined;
    }
  },
  read: canonicalJson,
  compare: natural,
};

function instantType(parse: (given: string) => bigint | undefined): TypeRules<bigint> {
  return {
    parse,
    read: (value) => parsed(parse)(value instanceof Date ? value.toISOString() : value),
    compare: natural,
    key: String,
  };
}

const types: Readonly<Record<string, (name: string) => ColumnType>> = {
  text: (name) => columnTypeOf(name, text),
  varchar: (name) => columnTypeOf(name, text),
  bpchar: (name) => columnTypeOf(name, text),
  uuid: (name) => columnTypeOf(name, uuid),
  int2: (name) => columnTypeOf(name, integer(16n)),
  int4: (name) => columnTypeOf(name, integer(32n)),
  int8: (name) => columnTypeOf(name, integer(64n)),
  numeric: (name) => columnTypeOf(name, numeric),
  float4: (name) => columnTypeOf(name, float),
  float8: (name) => columnTypeOf(name, float),
  bool: (name) => columnTypeOf(name, bool),
  json: (name) => columnTypeOf(name, json),
  jsonb: (name) => columnTypeOf(name, json),
  date: (name) => columnTypeOf(name, instantType(parseDate)),
  timestamp: (name) => columnTypeOf(name, instantType(parseInstant)),
  timestamptz: (name) => columnTypeOf(name, instantType(parseInstant)),
};

/** Equality of one-dimensional arrays, element by element in the element's own type: `{a,b}`, `{1.0,2}`. */
function arrayType(name: string): ColumnType {
  const element = columnType(name.slice(1));
  return {
    kind: 'other',
    isOrdered: false,
    keys: null,
    compareWith(constant) {
      const elements = parseArray(constant);
      if (elements === undefined) throw new FilterError(`malformed array literal: "${constant.slice(0, 100)}"`);
      const comparisons = elements.map((each) => (each === null ? null : element.compareWith(each)));
      return (value) => {
        if (!Array.isArray(value)) return null;
        if (value.length !== comparisons.length) return 1;
        const isEqual = comparisons.every((compare, at) =>
          compare === null ? value[at] === null : value[at] !== null && compare(value[at]) === 0,
        );
        return isEqual ? 0 : 1;
      };
    },
  };
}
