// The franchises, franchisees and locations that a caller sees, by name: row security decides which those are.
import { z } from 'zod';
import type { Database, Tx } from '../platform/database.ts';
import { decodeCursor, type ListQuery, makePage, type Page } from '../platform/http-lists.ts';
import type { Caller } from './caller.ts';
import { locationNotFound } from './errors.ts';
import { narrowTo } from './permissions.ts';
import {
  type FranchiseeRow,
  type FranchiseRow,
  findLocation,
  type LocationRow,
  listFranchisees,
  listFranchises,
  listLocations,
  type PlacesPage,
} from './queries.ts';

interface PlaceRows {
  readonly franchises: FranchiseRow;
  readonly franchisees: FranchiseeRow;
  readonly locations: LocationRow;
}

/** The lists, each with its query; the name goes into the cursor. */
const lists: { readonly [K in keyof PlaceRows]: (tx: Tx, page: PlacesPage) => Promise<PlaceRows[K][]> } = {
  franchises: listFranchises,
  franchisees: listFranchisees,
  locations: listLocations,
};

const cursorKey = z.tuple([z.string(), z.uuid()]);

export interface PlacesRequest<K extends keyof PlaceRows> {
  readonly kind: K;
  readonly query: ListQuery;
}

/** One page; throws `request.invalid_cursor` or `identity.forbidden`. */
export async function listPlaces<K extends keyof PlaceRows>(
  db: Database,
  caller: Caller,
  { kind, query }: PlacesRequest<K>,
): Promise<Page<PlaceRows[K]>> {
  const reader = narrowTo(caller, 'locations.read');
  const last = decodeCursor(kind, query.after, cursorKey);
  const after = last && { name: last[0], id: last[1] };
  const rows = await db.transaction(reader, (tx) => lists[kind](tx, { rowsMax: query.limit + 1, after }));
  return makePage(rows, query.limit, { list: kind, keyOf: ({ name, id }) => [name, id] });
}

/** Throws `identity.location_not_found`, also for a location that the caller does not see. */
export async function readLocation(db: Database, caller: Caller, id: string): Promise<LocationRow> {
  const reader = narrowTo(caller, 'locations.read');
  const location = await db.transaction(reader, (tx) => findLocation(tx, id));
  if (!location) throw locationNotFound(`There is no location ${id}.`);
  return location;
}
