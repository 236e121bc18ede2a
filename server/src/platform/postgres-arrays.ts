// Arrays as parameters of the statements that work on hundreds of rows at once, where a statement costs more than a row.
import { type RawBuilder, sql } from 'kysely';

/**
 * An array for PostgreSQL of values that hold no quotes, commas or braces: ids, figures, instants, our own words. pg
 * would look at every character of each, which for 2,000 movements takes longer than a round trip.
 */
export function unquoted(values: readonly (string | null)[]): string {
  return `{${values.map((value) => value ?? 'NULL').join(',')}}`;
}

/** The first item of each key, and for each item the place of its own key's among them, from 1. */
export function distinct<T>(
  items: readonly T[],
  keyOf: (item: T) => string,
): { readonly first: readonly T[]; readonly places: readonly string[] } {
  const first: T[] = [];
  const placeOf = new Map<string, string>();
  const places = items.map((item) => {
    const key = keyOf(item);
    const place = placeOf.get(key) ?? String(first.push(item));
    placeOf.set(key, place);
    return place;
  });
  return { first, places };
}

const nobody = '00000000-0000-0000-0000-000000000000';

/**
 * What many rows share, sent once: the id at the place (from 1) that `place` says. Not by a join, of which the planner, who
 * knows no length of an array, would make every row try every other; and null goes as an id of nobody, because in an array
 * with nulls each look counts from the beginning.
 */
export function idAt(place: RawBuilder<unknown>, ids: readonly (string | null)[]): RawBuilder<string | null> {
  return sql`nullif((${unquoted(ids.map((id) => id ?? nobody))}::uuid[])[${place}], ${nobody}::uuid)`;
}
