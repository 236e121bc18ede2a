// Which audiences an event is for, at a cost that follows the matches: a subscription stands under (table, column, value)
// of an equality that names an id, or under its subscriber's places when it has none, and an event looks only under its
// own values. Ten thousand subscriptions to other shops are ten thousand entries that nobody visits. An equality of
// another type narrows a place that many share: ten thousand of one brand who wait for other kinds of event cost nothing
// either.
import type { Audience } from './audience.ts';
import { type Change, columnIds, columnValue, passes } from './change.ts';
import type { CompiledBinding, Equality } from './compile-binding.ts';
import type { FeedTable } from './feed.ts';
import type { KeyedEquality } from './filter/compile-condition.ts';
import { personalTable, type Reach, recipientOf, sees } from './reach.ts';

export interface Subscription {
  readonly audience: Audience;
  readonly binding: CompiledBinding;
  /** The last match that found it: it may stand under several of one event's values, and must answer once. */
  lastMatch: number;
}

interface Place {
  readonly table: string;
  readonly column: string;
  readonly value: string;
  /** What the row must have besides, where the place alone is too broad. */
  readonly narrowing?: Narrowing & { readonly key: string };
}

interface Narrowing {
  readonly column: string;
  readonly equality: KeyedEquality;
}

/** The places of one column, and how an event's values there are read. */
interface Column {
  readonly valuesOf: (change: Change) => string[];
  readonly values: Map<string, Set<Subscription>>;
}

// Pseudo columns: the owner of the event itself, whatever columns its row has.
const [franchise, franchisee, location, recipient] = ['@franchise', '@franchisee', '@location', '@recipient'] as const;

// What whole parts of the tree have in common: a place to stand under only where there is no narrower one.
const broadColumns = ['franchise_id', 'franchisee_id'];
// Columns in which rows by the thousand have the same value: of two equalities the other one narrows more.
const coarseColumns = ['event_type', 'entity_type', 'table_name', 'operation', 'source_system', 'status'];
/** Entries that one binding may take in the index by being narrowed; with more it stands under its places alone. */
const narrowedPlacesMax = 1_000;

export class SubscriptionIndex {
  readonly #tables = new Map<string, Map<string, Column>>();
  readonly #places = new Map<Audience, [Place, Subscription][]>();
  #matches = 0;
  /** Subscriptions looked at since the start: what matching has cost. */
  visits = 0;

  add(audience: Audience): void {
    const entries = audience.bindings.flatMap((binding) => {
      const subscription: Subscription = { audience, binding, lastMatch: 0 };
      const places = binding.tables.flatMap((table) => placesOf(binding, table, audience.reach));
      return places.map((place): [Place, Subscription] => [place, subscription]);
    });
    for (const [place, subscription] of entries) this.#at(place).add(subscription);
    this.#places.set(audience, entries);
  }

  remove(audience: Audience): void {
    for (const [place, subscription] of this.#places.get(audience) ?? []) this.#removeAt(place, subscription);
    this.#places.delete(audience);
  }

  /** Whether anybody has subscribed to the table at all. */
  isWatched(table: string): boolean {
    return this.#tables.has(table);
  }

  /** Every subscription that the change is for, once; rights are looked up with it. */
  match(change: Change): Subscription[] {
    const columns = this.#tables.get(change.table.name);
    if (columns === undefined) return [];
    const match = ++this.#matches;
    const found: Subscription[] = [];
    for (const { valuesOf, values } of columns.values()) {
      for (const value of valuesOf(change)) {
        for (const subscription of values.get(value) ?? []) {
          // Stamped before it is tested: a subscription that fails under one value fails under all.
          this.visits++;
          if (subscription.lastMatch === match) continue;
          subscription.lastMatch = match;
          if (isFor(subscription, change)) found.push(subscription);
        }
      }
    }
    return found;
  }

  #at(place: Place): Set<Subscription> {
    const columns = getOrMake(this.#tables, place.table, () => new Map<string, Column>());
    const column = getOrMake(columns, columnName(place), () => ({ valuesOf: readerOf(place), values: new Map() }));
    return getOrMake(column.values, placeKey(place), () => new Set<Subscription>());
  }

  #removeAt(place: Place, subscription: Subscription): void {
    const columns = this.#tables.get(place.table);
    const values = columns?.get(columnName(place))?.values;
    const subscriptions = values?.get(placeKey(place));
    subscriptions?.delete(subscription);
    if (subscriptions?.size === 0) values?.delete(placeKey(place));
    if (values?.size === 0) columns?.delete(columnName(place));
    if (columns?.size === 0) this.#tables.delete(place.table);
  }
}

// Columns and ids have no blanks, so what is put together by one is unmistakable.
const columnName = ({ column, narrowing }: Place) => (narrowing ? `${column} ${narrowing.column}` : column);
const placeKey = ({ value, narrowing }: Place) => (narrowing ? `${value} ${narrowing.key}` : value);

function readerOf({ column, narrowing }: Place): Column['valuesOf'] {
  if (narrowing === undefined) return (change) => valuesAt(change, column);
  const { equality } = narrowing;
  return (change) => {
    const key = equality.keyOf(columnValue(change, narrowing.column));
    return key === undefined ? [] : valuesAt(change, column).map((value) => `${value} ${key}`);
  };
}

function isFor({ audience, binding }: Subscription, change: Change): boolean {
  return binding.operations.has(change.operation) && sees(audience.reach, change.event) && passes(binding, change);
}

function placesOf(binding: CompiledBinding, table: FeedTable, reach: Reach): Place[] {
  const narrow = narrowest(binding.equalities);
  const places = broadPlacesOf(narrow, table, reach);
  if (narrow !== null && !broadColumns.includes(narrow.column)) return places;
  const narrowing = narrowingOf(binding);
  if (narrowing === null || places.length * narrowing.equality.keys.size > narrowedPlacesMax) return places;
  return places.flatMap((place) =>
    [...narrowing.equality.keys].map((key) => ({ ...place, narrowing: { ...narrowing, key } })),
  );
}

/** Of the conditions that can be looked up, the one that lets the fewest rows through, as far as that can be told. */
function narrowingOf({ conditions }: CompiledBinding): Narrowing | null {
  const rank = ({ column, equality }: Narrowing) =>
    equality.keys.size + (equality.isCoarse || coarseColumns.includes(column) ? 1_000 : 0);
  const candidates = conditions.flatMap(({ column, equality }) => (equality === null ? [] : [{ column, equality }]));
  return candidates.sort((a, b) => rank(a) - rank(b))[0] ?? null;
}

function broadPlacesOf(narrow: Equality | null, table: FeedTable, reach: Reach): Place[] {
  if (narrow !== null) {
    return [...narrow.values].map((value) => ({ table: table.name, column: narrow.column, value }));
  }
  const at = (column: string) => (value: string) => ({ table: table.name, column, value });
  const person = reach.userId === null ? [] : [at(recipient)(reach.userId)];
  if (table.name === personalTable) return person;
  return [
    ...[...reach.franchiseIds].map(at(franchise)),
    ...[...reach.franchiseeIds].map(at(franchisee)),
    ...[...reach.locationIds].map(at(location)),
    ...person,
  ];
}

/** The equality to stand under: the one with the fewest values, those that whole brands have in common last. */
function narrowest(equalities: readonly Equality[]): Equality | null {
  const rank = ({ column, values }: Equality) => values.size + (broadColumns.includes(column) ? 1_000 : 0);
  const [best] = [...equalities].sort((a, b) => rank(a) - rank(b));
  return best ?? null;
}

function valuesAt(change: Change, column: string): string[] {
  const { event } = change;
  switch (column) {
    case franchise:
      return [event.franchise_id];
    case franchisee:
      return event.franchisee_id === null ? [] : [event.franchisee_id];
    case location:
      return event.location_id === null ? [] : [event.location_id];
    case recipient:
      return recipientOf(event);
    default:
      return columnIds(change, column);
  }
}

function getOrMake<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  const found = map.get(key);
  if (found !== undefined) return found;
  const made = make();
  map.set(key, made);
  return made;
}
