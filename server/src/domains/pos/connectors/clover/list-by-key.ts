// Clover's lists by key instead of by offset: after each page the next one begins at the last stamp seen, so that a row
// changed meanwhile, which moves to the end, lets no neighbour slip through. Stamps have a grain of a second, so a page
// may hold one stamp alone: only through such a group offsets are counted.
import { askVendor } from '../ask-vendor.ts';
import type { Connection } from '../connector.ts';
import { type AnswerObject, objectsIn, readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { authorised, merchantPath } from './clover-settings.ts';

export interface KeyList {
  /** Behind the merchant's path, e.g. `/orders`. */
  readonly path: string;
  /** The field that is filtered and sorted by. */
  readonly key: 'modifiedTime' | 'createdTime';
  readonly filters?: readonly string[];
  readonly expand?: string;
  /** Rows of a page. */
  readonly limit?: number;
}

/** Where a page begins: rows of `fromMs` and later, without the first `offset`. */
export interface KeyPlace {
  readonly fromMs: number;
  readonly offset: number;
}

export interface KeyPage {
  readonly rows: readonly AnswerObject[];
  /** Null behind the last page. */
  readonly next: KeyPlace | null;
}

const pageLimit = 200;

export async function readKeyPage(
  connection: Connection,
  list: KeyList,
  { place, toMs }: { readonly place: KeyPlace; readonly toMs: number },
): Promise<KeyPage> {
  const limit = list.limit ?? pageLimit;
  const query = new URLSearchParams([
    ['filter', `${list.key}>=${place.fromMs}`],
    ['filter', `${list.key}<=${toMs}`],
    ...(list.filters ?? []).map((filter) => ['filter', filter]),
    ['orderBy', `${list.key} ASC`],
    ['limit', String(limit)],
    ['offset', String(place.offset)],
    ...(list.expand === undefined ? [] : [['expand', list.expand]]),
  ]);
  const rows = await readElements(connection, `${list.path}?${query}`);
  if (rows.length < limit) return { rows, next: null };
  const lastMs = Number(textIn(rows.at(-1), list.key));
  if (!Number.isSafeInteger(lastMs)) throw new VendorFailure('malformed', `A row of ${list.path} lacks ${list.key}.`);
  const isOneStamp = lastMs === place.fromMs;
  return { rows, next: { fromMs: lastMs, offset: isOneStamp ? place.offset + rows.length : 0 } };
}

/** The `elements` behind a path of the merchant's. */
export async function readElements(connection: Connection, path: string): Promise<AnswerObject[]> {
  const { body } = await askVendor(connection, {
    path: merchantPath(connection) + path,
    headers: authorised(connection),
  });
  const { elements } = readAnswerObject(body);
  // An error in a good answer's clothes is no empty list: what it hides would be passed over.
  if (!Array.isArray(elements)) {
    throw new VendorFailure('malformed', `Clover's answer to ${path.split('?')[0]} has no list of elements.`);
  }
  return objectsIn(elements);
}

/** Null where Clover does not know it. */
export async function readObject(connection: Connection, path: string): Promise<AnswerObject | null> {
  try {
    const { body } = await askVendor(connection, {
      path: merchantPath(connection) + path,
      headers: authorised(connection),
    });
    return readAnswerObject(body);
  } catch (error) {
    if (error instanceof VendorFailure && error.kind === 'not_found') return null;
    throw error;
  }
}
