// From a binding that a client asked for to what the index can hold: tables, kinds of change, conditions, columns. What
// cannot be served is a sentence for the subscriber (`system`), never a changed binding: the client would give up.

import type { Binding } from '../protocol/join-config.ts';
import type { FeedTable, Operation } from './feed.ts';
import { parseUuid } from './filter/column-type.ts';
import { compileCondition, isEquality, type RowCondition } from './filter/compile-condition.ts';
import { type Condition, FilterError, parseFilter } from './filter/parse-filter.ts';

/** A truth of a row that the index looks up: the column, an id, has one of the values, in lower case. */
export interface Equality {
  readonly column: string;
  readonly values: ReadonlySet<string>;
}

export interface CompiledBinding {
  readonly id: number;
  readonly tables: readonly FeedTable[];
  readonly operations: ReadonlySet<Operation>;
  readonly equalities: readonly Equality[];
  /** What must be true of the row besides, tested one by one. */
  readonly conditions: readonly RowCondition[];
  /** The visible columns; null means all. */
  readonly select: ReadonlySet<string> | null;
}

const allOperations: readonly Operation[] = ['INSERT', 'UPDATE', 'DELETE'];
const feedSchema = 'public';

/** Why a binding cannot be served, with the parameters it came with. */
export class BindingError extends Error {}

/**
 * Compiles one binding against the tables of the feed. Throws BindingError with the text for a `system` message, which
 * names what was asked and what is possible.
 */
export function compileBinding(binding: Binding, id: number, feed: readonly FeedTable[]): CompiledBinding {
  try {
    if (binding.unread !== null) throw new BindingError(`${binding.unread} must be a text`);
    const tables = chooseTables(binding, feed);
    return {
      id,
      tables,
      operations: chooseOperations(binding.event),
      ...compileConditions(parseFilter(binding.filter), tables),
      select: compileSelect(binding.select, tables),
    };
  } catch (error) {
    if (!(error instanceof BindingError || error instanceof FilterError)) throw error;
    throw new BindingError(`${describe(binding)} ${error.message}`);
  }
}

function chooseTables({ schema, table }: Binding, feed: readonly FeedTable[]): readonly FeedTable[] {
  if (schema === null && table === null) throw new BindingError('name a schema or a table');
  if (schema !== null && schema !== '*' && schema !== feedSchema) {
    throw new BindingError(`the feed has the schema ${feedSchema} only`);
  }
  if (table === null || table === '*') return feed;
  const found = feed.find((each) => each.name === table);
  if (found !== undefined) return [found];
  throw new BindingError(`the feed has no table ${table}; it has ${feed.map((each) => each.name).join(', ')}`);
}

function chooseOperations(event: string): ReadonlySet<Operation> {
  const asked = allOperations.filter((operation) => operation === event.toUpperCase());
  return new Set(asked.length > 0 ? asked : allOperations);
}

function compileConditions(asked: readonly Condition[], tables: readonly FeedTable[]) {
  const equalities: Equality[] = [];
  const conditions: RowCondition[] = [];
  for (const condition of asked) {
    const [table] = tables;
    if (table === undefined || tables.length > 1) {
      throw new BindingError('a filter needs one table; name it, or leave the filter out');
    }
    const type = table.columns.find(({ name }) => name === condition.column)?.type;
    if (type === undefined) throw new BindingError(`invalid column for filter ${condition.column}`);
    const compiled = compileCondition(condition, type);
    if (type === 'uuid' && isEquality(condition)) equalities.push(toEquality(condition));
    else conditions.push(compiled);
  }
  return { equalities, conditions };
}

function toEquality({ column, values }: Condition): Equality {
  return { column, values: new Set(values.map((value) => parseUuid(value) ?? '')) };
}

function compileSelect(select: unknown, tables: readonly FeedTable[]): ReadonlySet<string> | null {
  if (select === null || (Array.isArray(select) && select.length === 0)) return null;
  if (!Array.isArray(select) || !select.every((each) => typeof each === 'string')) {
    throw new BindingError('select must be an array of column names');
  }
  const [table] = tables;
  if (table === undefined || tables.length > 1) {
    throw new BindingError('Column selection is not supported for wildcard subscriptions; name one table');
  }
  const unknown = select.find((name) => !table.columns.some((column) => column.name === name));
  if (unknown !== undefined) throw new BindingError(`invalid column for select ${unknown}`);
  return new Set(['id', ...select]);
}

function describe({ event, schema, table, filter, select }: Binding): string {
  const given = { event, schema, table, filters: filter, select: JSON.stringify(select) };
  // Cut, because it is sent back: a message must not cost the server more than it cost the client.
  const parameters = Object.entries(given).map(([name, value]) => `${name}: ${String(value).slice(0, 200)}`);
  return `Unable to subscribe to changes with given parameters. [${parameters.join(', ')}]`;
}
