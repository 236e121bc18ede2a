// The filter grammar of postgres_changes, `column=op.value,column=not.op.value`: text to conditions. What a condition means for
// a column of some type is said in compile-condition.ts.

export const filterOperators = [
  'eq',
  'neq',
  'lt',
  'lte',
  'gt',
  'gte',
  'in',
  'like',
  'ilike',
  'is',
  'match',
  'imatch',
  'isdistinct',
] as const;

export type FilterOperator = (typeof filterOperators)[number];

/** One truth that a row must have. `values` has one element, except for `in`, which has as many as it lists. */
export interface Condition {
  readonly column: string;
  readonly negated: boolean;
  readonly operator: FilterOperator;
  readonly values: readonly string[];
}

/** Why a filter cannot be read, in the words that clients of the original know. */
export class FilterError extends Error {}

const inValuesMax = 100;
const filterCharactersMax = 16_384;
const isWords = ['null', 'true', 'false', 'unknown'];

/**
 * Reads a filter; blank means no condition. Throws FilterError with a sentence for the subscriber.
 */
export function parseFilter(text: string | null): Condition[] {
  if (text === null || text.trim() === '') return [];
  if (text.length > filterCharactersMax) {
    throw new FilterError(`filter is longer than ${filterCharactersMax} characters`);
  }
  return splitOutsideQuotes(text).map((segment) => parseCondition(segment.trim()));
}

function parseCondition(segment: string): Condition {
  if (segment === '') throw new FilterError('filter must not contain empty segments (check for extra commas)');
  const [column, test] = splitFirst(segment, '=');
  if (test === null || column === '') throw unreadable([segment]);
  const negated = test.startsWith('not.');
  const [name, value] = splitFirst(negated ? test.slice('not.'.length) : test, '.');
  if (value === null) throw unreadable([name]);
  const operator = filterOperators.find((known) => known === name);
  if (operator === undefined) throw unreadable([name, value]);
  return { column: unquote(column.trim()), negated, operator, values: parseValues(operator, value) };
}

function parseValues(operator: FilterOperator, value: string): string[] {
  if (operator === 'in') return parseList(value);
  const scalar = unquote(value);
  if (operator === 'is' && !isWords.includes(scalar)) {
    throw new FilterError(`\`is\` filter value must be one of ${isWords.join(', ')}`);
  }
  return [scalar];
}

function parseList(value: string): string[] {
  if (!value.startsWith('(') || !value.endsWith(')') || value.length < 2) {
    throw new FilterError('`in` filter value must be wrapped by parentheses');
  }
  const inner = value.slice(1, -1);
  const values = inner.trim() === '' ? [] : splitOutsideQuotes(inner).map((each) => unquote(each.trim()));
  if (values.length > inValuesMax) {
    throw new FilterError(`too many values for \`in\` filter. Maximum ${inValuesMax}`);
  }
  return values;
}

/**
 * Splits on commas outside parentheses and double quotes. A quote opens only at the start of a value (after `.`, `(` or
 * `,`, or at the very start), so that an inch sign inside a value stays a character.
 */
function splitOutsideQuotes(text: string): string[] {
  const segments: string[] = [];
  let start = 0;
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (quoted) {
      if (character === '\\') at++;
      else if (character === '"') quoted = false;
    } else if (character === '"' && (at === start || '.(,'.includes(text[at - 1] ?? ''))) {
      quoted = true;
    } else if (character === '(') depth++;
    else if (character === ')') depth = Math.max(0, depth - 1);
    else if (character === ',' && depth === 0) {
      segments.push(text.slice(start, at));
      start = at + 1;
    }
  }
  segments.push(text.slice(start));
  return segments;
}

function splitFirst(text: string, separator: string): [string, string | null] {
  const at = text.indexOf(separator);
  return at < 0 ? [text, null] : [text.slice(0, at), text.slice(at + separator.length)];
}

function unquote(text: string): string {
  if (text.length < 2 || !text.startsWith('"') || !text.endsWith('"')) return text;
  return text.slice(1, -1).replaceAll(/\\(.)/gs, '$1');
}

function unreadable(parts: string[]): FilterError {
  return new FilterError(`Error parsing \`filter\` params: [${parts.map((part) => JSON.stringify(part)).join(', ')}]`);
}
