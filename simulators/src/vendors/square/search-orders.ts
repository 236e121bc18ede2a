// POST /v2/orders/search: both ends of the window inclusive, the sort tied to the filter, the cursor tied to the query.

import { allChanges, type ChangeWindow } from '../change-log.ts';
import { recordOf, textOf, textsOf } from '../http-door.ts';
import { page } from './page.ts';
import { invalid } from './refusals.ts';

/** One order or return order, as far as searching needs to know it. */
export interface OrderRow {
  readonly id: string;
  readonly locationId: string;
  readonly state: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly closedAt: number | undefined;
  readonly version: number | undefined;
}

export interface OrdersSearch<Row extends OrderRow> {
  /** All that were changed in the window; more does no harm. */
  readonly rows: (window: ChangeWindow) => Iterable<Row>;
  readonly now: number;
  readonly knownLocations: ReadonlySet<string>;
  readonly needsLocations: boolean;
}

type Field = 'updated_at' | 'created_at' | 'closed_at';

const sortFields: Readonly<Record<string, Field>> = {
  UPDATED_AT: 'updated_at',
  CREATED_AT: 'created_at',
  CLOSED_AT: 'closed_at',
};
const fields = Object.values(sortFields);
const closedStates = new Set(['COMPLETED', 'CANCELED']);

const limitDefault = 500;
const limitMax = 1000;

const instantOfRow: Readonly<Record<Field, (row: OrderRow) => number | undefined>> = {
  updated_at: (row) => row.modifiedAt,
  created_at: (row) => row.createdAt,
  closed_at: (row) => row.closedAt,
};

/** Answers one page and the cursor of the next. Throws a SquareRefusal for whatever Square refuses. */
export function searchOrders<Row extends OrderRow>(
  body: Readonly<Record<string, unknown>>,
  search: OrdersSearch<Row>,
): { readonly rows: readonly Row[]; readonly cursor: string | undefined } {
  const locations = readLocations(body, search);
  const filter = recordOf(recordOf(body['query'])?.['filter']) ?? {};
  const states = textsOf(recordOf(filter['state_filter'])?.['states']);
  const sort = readSort(recordOf(recordOf(body['query'])?.['sort']) ?? {});
  const window = readWindow(recordOf(filter['date_time_filter']) ?? {}, sort.field);
  if (sort.field === 'closed_at' && !states?.every((state) => closedStates.has(state))) {
    throw invalid('BAD_REQUEST', 'CLOSED_AT needs a state filter of closed states', 'query.sort.sort_field');
  }
  const limit = body['limit'] ?? limitDefault;
  if (typeof limit !== 'number' || !Number.isInteger(limit) || limit < 1 || limit > limitMax) {
    throw invalid('VALUE_TOO_HIGH', `limit must be 1 to ${limitMax}`, 'limit');
  }
  const { cursor, ...query } = body;
  return page({
    query: JSON.stringify(query),
    cursor: textOf(cursor),
    // Without an end the first page's instant is it, and the cursor keeps it.
    end: window.end ?? search.now,
    limit,
    ascending: sort.ascending,
    keyOf: (row) => instantOfRow[sort.field](row),
    rows(end) {
      const changes = sort.field === 'updated_at' ? { from: window.start, until: end } : allChanges;
      return matching(search.rows(changes), { locations, states, window: { ...window, end }, field: sort.field });
    },
  });
}

function* matching<Row extends OrderRow>(
  rows: Iterable<Row>,
  wanted: {
    readonly locations: ReadonlySet<string> | undefined;
    readonly states: readonly string[] | undefined;
    readonly window: { readonly start: number; readonly end: number };
    readonly field: Field;
  },
): Generator<Row, void, undefined> {
  for (const row of rows) {
    const at = instantOfRow[wanted.field](row);
    if (at === undefined || at < wanted.window.start || at > wanted.window.end) continue;
    if (wanted.locations && !wanted.locations.has(row.locationId)) continue;
    if (wanted.states && !wanted.states.includes(row.state)) continue;
    yield row;
  }
}

function readLocations(body: Readonly<Record<string, unknown>>, search: OrdersSearch<OrderRow>) {
  const ids = textsOf(body['location_ids']);
  if (!ids?.length) {
    if (!search.needsLocations) return undefined;
    throw invalid('MISSING_REQUIRED_PARAMETER', 'At least one location_id is needed', 'location_ids');
  }
  if (ids.length > 10) throw invalid('ARRAY_LENGTH_TOO_LONG', 'At most 10 location_ids', 'location_ids');
  const unknown = ids.find((id) => !search.knownLocations.has(id));
  if (unknown !== undefined) throw invalid('INVALID_VALUE', `No location ${unknown} of this merchant`, 'location_ids');
  return new Set(ids);
}

function readSort(sort: Readonly<Record<string, unknown>>): { field: Field; ascending: boolean } {
  const field = sortFields[String(sort['sort_field'] ?? 'CREATED_AT')];
  if (!field) throw invalid('INVALID_ENUM_VALUE', 'Unknown sort_field', 'query.sort.sort_field');
  const order = sort['sort_order'] ?? 'DESC';
  if (order !== 'ASC' && order !== 'DESC') throw invalid('INVALID_SORT_ORDER', 'ASC or DESC', 'query.sort.sort_order');
  return { field, ascending: order === 'ASC' };
}

function readWindow(filter: Readonly<Record<string, unknown>>, sortField: Field) {
  const given = fields.filter((field) => filter[field] !== undefined);
  if (given.length > 1)
    throw invalid('CONFLICTING_PARAMETERS', 'One date_time_filter only', 'query.filter.date_time_filter');
  const [field] = given;
  if (field === undefined) return { start: Number.NEGATIVE_INFINITY, end: undefined };
  if (field !== sortField) {
    throw invalid('BAD_REQUEST', `Sort by the filtered field ${field}`, 'query.sort.sort_field');
  }
  const range = recordOf(filter[field]) ?? {};
  return {
    start: readInstant(range['start_at'], 'start_at') ?? Number.NEGATIVE_INFINITY,
    end: readInstant(range['end_at'], 'end_at'),
  };
}

/** An RFC 3339 instant with an offset, or undefined where none is given. */
export function readInstant(value: unknown, field: string): number | undefined {
  if (value === undefined || value === null) return undefined;
  const text = textOf(value) ?? '';
  const instant = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/.test(text)
    ? Date.parse(text)
    : Number.NaN;
  if (Number.isNaN(instant)) throw invalid('INVALID_TIME', `${field} is no RFC 3339 instant`, field);
  return instant;
}
