// Arrays as parameters of the statements that work on hundreds of rows at once, where a statement costs more than a row.
import { type RawBuilder, sql } from 'kysely';
import { uuidArray } from './binary-arrays.ts';

/**
 * An array for PostgreSQL of values that hold no quotes, commas or braces: ids, figures, instants, our own words. pg
 * would look at every character of each, which for 2,000 movements takes longer than a round trip.
 */
export function unquoted(values: readonly (string | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/**
 * The first of all items that are alike in these parts, which hold no blanks, and for each item the place of its own like
 * among them, from 1.
 */
export function distinct<T>(
  items: readonly T[],
  ...parts: ((item: T) => string | null)[]
): { readonly first: readonly T[]; readonly places: readonly number[] } {
  const first: T[] = [];
  const placeOf = new Map<string, number>();
  const places: number[] = [];
  for (const [index, item] of items.entries()) {
    const before = items[index - 1];
    // Mostly they come together, and then need no key.
    let place = before !== undefined && parts.every((of) => of(item) === of(before)) ? places[index - 1] : undefined;
    if (place === undefined) {
      const key = parts.map((of) => of(item)).join(' ');
      place = placeOf.get(key) ?? first.push(item);
      placeOf.set(key, place);
    }
    places.push(place);
  }
  return { first, places };
}

const nobody = '00000000-0000-0000-0000-000000000000';

/**
 * What many rows share, sent once: the id at the place (from 1) that `place` says. Not by a join, of which the planner, who
 * knows no length of an array, would make every row try every other; and null goes as an id of nobody, because in an array
 * with nulls each look counts from the beginning.
 */
export function idAt(place: RawBuilder<unknown>, ids: readonly (string | null)[]): RawBuilder<string | null> {
  const shared = sql`(${uuidArray(ids.map((id) => id ?? nobody))}::uuid[])[${place}]`;
  return ids.includes(null) ? sql`nullif(${shared}, ${nobody}::uuid)` : sql<string>`${shared}`;
}
