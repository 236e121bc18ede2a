// Clover's lists: filters with operators, an order that can be chosen, and offsets into whatever is there at the moment,
// so rows that change meanwhile shift the others.

import { allChanges, type ChangeWindow } from '../change-log.ts';
import type { Answer, Ask } from '../http-door.ts';
import { CloverRefusal } from './refusals.ts';

/** A row and its fields by the names that filters use. */
export interface ListedRow {
  readonly fields: Readonly<Record<string, string | number | boolean | undefined>>;
  readonly createdAt: number;
  render(expand: ReadonlySet<string>): unknown;
}

export interface Listing {
  /** All that were changed in the window; more does no harm. */
  readonly rows: (window: ChangeWindow) => Iterable<ListedRow>;
  readonly expands: readonly string[];
  readonly filterFields: readonly string[];
  /** Cut off in silence what the vendor does not go back to; `filters` are what was asked. */
  readonly heldTo?: (filters: readonly Filter[]) => ((row: ListedRow) => boolean) | undefined;
  readonly url: string;
}

export interface Filter {
  readonly field: string;
  readonly operator: '=' | '>=' | '<=' | '>' | '<' | '!=';
  readonly value: string;
}

const limitDefault = 100;
const limitMax = 1000;
const expandsMax = 3;

export function listAnswer(ask: Ask, listing: Listing): Answer {
  const filters = ask.query.getAll('filter').map((text) => readFilter(text, listing.filterFields));
  const expand = readExpand(ask.query, listing.expands);
  const limit = wholeNumber(ask.query.get('limit') ?? String(limitDefault), 'limit');
  const offset = wholeNumber(ask.query.get('offset') ?? '0', 'offset');
  const inReach = listing.heldTo?.(filters);
  const found = [...listing.rows(changesIn(filters))].filter(
    (row) => filters.every((filter) => fits(row, filter)) && (inReach === undefined || inReach(row)),
  );
  sortRows(found, ask.query.get('orderBy'));
  const page = found.slice(offset, offset + Math.min(limit, limitMax));
  return {
    status: 200,
    headers: { 'x-clover-allowed-filter-fields': listing.filterFields.join(', ') },
    body: { elements: page.map((row) => row.render(expand)), href: `${listing.url}${ask.path}?limit=${limit}` },
  };
}

function changesIn(filters: readonly Filter[]): ChangeWindow {
  const bounds = (operator: RegExp) =>
    filters
      .filter((each) => each.field === 'modifiedTime' && operator.test(each.operator))
      .map(({ value }) => Number(value));
  return {
    from: Math.max(allChanges.from, ...bounds(/^>/)),
    until: Math.min(allChanges.until, ...bounds(/^</)),
  };
}

/** What is to be expanded; more than three at a time are refused. */
export function readExpand(query: URLSearchParams, known: readonly string[]): ReadonlySet<string> {
  const asked = query.getAll('expand').flatMap((each) => each.split(',').filter(Boolean));
  if (asked.length > expandsMax) throw new CloverRefusal(400, `At most ${expandsMax} expansions a call`);
  const unknown = asked.find((each) => !known.includes(each));
  if (unknown !== undefined) throw new CloverRefusal(400, `Unknown expansion ${unknown}`);
  return new Set(asked);
}

function readFilter(text: string, fields: readonly string[]): Filter {
  const parts = /^([\w.]+)\s*(>=|<=|!=|=|>|<)\s*(.*)$/.exec(text);
  const [, field = '', operator = '=', value = ''] = parts ?? [];
  if (!parts || !fields.includes(field)) throw new CloverRefusal(400, `Filter not allowed: ${text}`);
  return { field, operator: operator as Filter['operator'], value };
}

function fits(row: ListedRow, { field, operator, value }: Filter): boolean {
  const have = row.fields[field];
  if (operator === '=') return String(have) === value;
  if (operator === '!=') return String(have) !== value;
  if (have === undefined) return false;
  const wanted = typeof have === 'number' ? Number(value) : value;
  if (operator === '>=') return have >= wanted;
  if (operator === '<=') return have <= wanted;
  return operator === '>' ? have > wanted : have < wanted;
}

/** Newest created first unless asked otherwise; equal stamps stay in the order of their arrival. */
function sortRows(rows: ListedRow[], orderBy: string | null): void {
  if (orderBy === null) return void rows.reverse().sort((a, b) => b.createdAt - a.createdAt);
  const [field = '', direction = 'ASC'] = orderBy.trim().split(/[ +]+/);
  const sign = direction.toUpperCase() === 'DESC' ? -1 : 1;
  rows.sort((a, b) => sign * (Number(a.fields[field] ?? 0) - Number(b.fields[field] ?? 0)));
}

function wholeNumber(text: string, name: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 0) throw new CloverRefusal(400, `${name} must be a whole number`);
  return value;
}

const daysKeptMs = 90 * 86_400_000;

/** The most recent ninety days of the asked range, by the field that the range is asked on. */
export function lastNinetyDays(field: string, now: () => number) {
  return (filters: readonly Filter[]) => {
    const ends = filters
      .filter((each) => each.field === field && /^<=?$/.test(each.operator))
      .map((each) => Number(each.value));
    const from = Math.min(now(), ...ends) - daysKeptMs;
    return (row: ListedRow) => Number(row.fields[field] ?? row.createdAt) >= from;
  };
}
