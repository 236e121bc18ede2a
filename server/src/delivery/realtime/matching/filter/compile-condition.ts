// A condition on a column as a test of its values, with SQL's three truths: a comparison with NULL is unknown, "not" leaves
// it unknown, and a row passes only where the truth is TRUE.
import { type ColumnType, type Comparison, columnType } from './column-type.ts';
import { compileLike } from './like-pattern.ts';
import { type Condition, FilterError, type FilterOperator } from './parse-filter.ts';
import { compilePattern } from './posix-pattern.ts';

/** null is SQL's "unknown". */
type Truth = boolean | null;
type Test = (value: unknown) => Truth;

export interface RowCondition {
  readonly column: string;
  /** Equal for conditions that mean the same. */
  readonly key: string;
  /** Null unless it holds for certain values alone. */
  readonly equality: KeyedEquality | null;
  /** A regular expression, which costs more than the others. */
  readonly isPattern: boolean;
  /** Whether the truth is TRUE. `undefined` is a column that the row does not show, about which nothing is true. */
  holds(value: unknown): boolean;
}

/** By what an index can find a condition: it holds for no row whose value has another key. */
export interface KeyedEquality {
  readonly keys: ReadonlySet<string>;
  /** Half of all rows may have the value. */
  readonly isCoarse: boolean;
  keyOf(value: unknown): string | undefined;
}

/** Throws FilterError where the column's type does not take the operator or the value. */
export function compileCondition(condition: Condition, typeName: string): RowCondition {
  const { column, negated, operator } = condition;
  const type = columnType(typeName);
  const test = compileTest(condition, typeName, type);
  return {
    column,
    equality: keyedEquality(condition, type),
    isPattern: operator === 'match' || operator === 'imatch',
    key: JSON.stringify([column, negated, operator, condition.values]),
    holds(value) {
      if (value === undefined) return false;
      return test(value) === !negated;
    },
  };
}

const comparisons: Partial<Record<FilterOperator, (order: number) => boolean>> = {
  eq: (order) => order === 0,
  neq: (order) => order !== 0,
  lt: (order) => order < 0,
  lte: (order) => order <= 0,
  gt: (order) => order > 0,
  gte: (order) => order >= 0,
};

const equalityOperators: readonly FilterOperator[] = ['eq', 'neq'];

export function isEquality({ negated, operator }: Condition): boolean {
  return !negated && (operator === 'eq' || operator === 'in');
}

function keyedEquality(condition: Condition, { keys, kind }: ColumnType): KeyedEquality | null {
  if (keys === null || !isEquality(condition)) return null;
  const wanted = condition.values.map((value) => keys.ofConstant(value)).filter((key) => key !== undefined);
  return { keys: new Set(wanted), isCoarse: kind === 'boolean', keyOf: keys.ofValue };
}

function compileTest({ operator, values }: Condition, typeName: string, type: ColumnType): Test {
  const [constant = ''] = values;
  const judge = comparisons[operator];
  if (judge !== undefined) {
    if (!type.isOrdered && !equalityOperators.includes(operator)) throw unservedBy(typeName, operator);
    return comparing(type.compareWith(constant), judge);
  }
  switch (operator) {
    case 'in':
      return oneOf(values.map((value) => type.compareWith(value)));
    case 'is':
      return compileIs(constant, type.kind === 'boolean');
    case 'isdistinct':
      return compileIsDistinct(constant, (text) => type.compareWith(text));
    default:
      if (type.kind !== 'text') throw unservedBy(typeName, operator);
      return onText(compileTextTest(operator, constant));
  }
}

function comparing(compare: Comparison, judge: (order: number) => boolean): Test {
  return (value) => {
    const order = value === null ? null : compare(value);
    return order === null ? null : judge(order);
  };
}

function oneOf(list: readonly Comparison[]): Test {
  return (value) => (value === null ? null : list.some((compare) => compare(value) === 0));
}

function compileIs(word: string, isBoolean: boolean): Test {
  if (word === 'null') return (value) => value === null;
  if (!isBoolean) throw new FilterError(`\`is\` ${word} needs a boolean column`);
  return word === 'unknown' ? (value) => value === null : (value) => value === (word === 'true');
}

/** Null-safe: NULL differs from every value, and not from NULL, which is written `isdistinct.null`. */
function compileIsDistinct(constant: string, compareWith: (text: string) => Comparison): Test {
  if (constant === 'null') return (value) => value !== null;
  const compare = compareWith(constant);
  return (value) => value === null || compare(value) !== 0;
}

function compileTextTest(operator: FilterOperator, pattern: string): (text: string) => Truth {
  const isFolded = operator === 'ilike' || operator === 'imatch';
  const isLike = operator === 'like' || operator === 'ilike';
  return isLike ? compileLike(pattern, isFolded) : compilePattern(pattern, isFolded);
}

function onText(test: (text: string) => Truth): Test {
  return (value) => (typeof value === 'string' ? test(value) : null);
}

function unservedBy(typeName: string, operator: string): FilterError {
  return new FilterError(`the operator ${operator} does not exist for type ${typeName}`);
}
