// GET /v2/payments and GET /v2/refunds: the same parameters, with defaults that leave things out in silence.

import { allChanges, type ChangeWindow } from '../change-log.ts';
import { page } from './page.ts';
import { invalid } from './refusals.ts';
import { readInstant } from './search-orders.ts';

export interface ListedRow {
  readonly id: string;
  readonly locationId: string;
  readonly status: string;
  readonly createdAt: number;
  readonly modifiedAt: number;
  readonly total: number;
  /** Of an offline payment: the till's own time. */
  readonly offlineAt?: number;
}

export interface Listing<Row extends ListedRow> {
  /** All that were changed in the window; more does no harm. */
  readonly rows: (window: ChangeWindow) => Iterable<Row>;
  readonly now: number;
  /** Where no location is asked for; undefined is all of them. */
  readonly locationDefault: string | undefined;
  readonly knownLocations: ReadonlySet<string>;
}

const limitMax = 100;
const yearMs = 365 * 86_400_000;

export function listRows<Row extends ListedRow>(
  query: URLSearchParams,
  listing: Listing<Row>,
): { readonly rows: readonly Row[]; readonly cursor: string | undefined } {
  const byUpdate = (query.get('sort_field') ?? 'CREATED_AT') === 'UPDATED_AT';
  const limit = Number(query.get('limit') ?? limitMax);
  if (!Number.isInteger(limit) || limit < 1) throw invalid('INVALID_VALUE', 'limit must be 1 to 100', 'limit');
  const changes: ChangeWindow = {
    from: readInstant(query.get('updated_at_begin_time') ?? undefined, 'updated_at_begin_time') ?? allChanges.from,
    until: readInstant(query.get('updated_at_end_time') ?? undefined, 'updated_at_end_time') ?? allChanges.until,
  };
  const asked = new URLSearchParams(query);
  asked.delete('cursor');
  asked.sort();
  return page({
    query: asked.toString(),
    cursor: query.get('cursor') ?? undefined,
    end: listing.now,
    limit: Math.min(limit, limitMax),
    ascending: (query.get('sort_order') ?? 'DESC') === 'ASC',
    keyOf: (row) => (byUpdate ? row.modifiedAt : row.createdAt),
    rows: (end) => matching(listing.rows(changes), readFilter(query, listing, end)),
  });
}

type Filter = (row: ListedRow) => boolean;

function* matching<Row extends ListedRow>(rows: Iterable<Row>, filter: Filter): Generator<Row, void, undefined> {
  for (const row of rows) if (filter(row)) yield row;
}

function readFilter(query: URLSearchParams, listing: Listing<ListedRow>, now: number): Filter {
  const instant = (name: string) => readInstant(query.get(name) ?? undefined, name);
  const location = query.get('location_id') ?? listing.locationDefault;
  if (location !== undefined && !listing.knownLocations.has(location)) {
    throw invalid('INVALID_VALUE', `No location ${location} of this merchant`, 'location_id');
  }
  const createdFrom = instant('begin_time') ?? now - yearMs;
  const createdTo = instant('end_time') ?? now;
  const modifiedFrom = instant('updated_at_begin_time') ?? Number.NEGATIVE_INFINITY;
  const modifiedTo = instant('updated_at_end_time') ?? Number.POSITIVE_INFINITY;
  const offlineFrom = instant('offline_begin_time');
  const offlineTo = instant('offline_end_time');
  const onlyOffline = query.get('is_offline_payment') === 'true' || offlineFrom !== undefined;
  const status = query.get('status');
  const total = query.get('total');
  return (row) =>
    (location === undefined || row.locationId === location) &&
    row.createdAt >= createdFrom &&
    row.createdAt <= createdTo &&
    row.modifiedAt >= modifiedFrom &&
    row.modifiedAt <= modifiedTo &&
    (!onlyOffline || row.offlineAt !== undefined) &&
    (offlineFrom === undefined || (row.offlineAt ?? 0) >= offlineFrom) &&
    (offlineTo === undefined || (row.offlineAt ?? 0) <= offlineTo) &&
    (status === null || row.status === status) &&
    (total === null || row.total === Number(total));
}
