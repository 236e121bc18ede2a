// Which audiences an event is for, at a cost that follows the matches: a subscription stands under (table, column, value)
// of an equality that names an id, or under its subscriber's places when it has none, and an event looks only under its
// own values. Ten thousand subscriptions to other shops are ten thousand entries that nobody visits.
import type { Audience } from './audience.ts';
import { type Change, columnIds, passes } from './change.ts';
import type { CompiledBinding, Equality } from './compile-binding.ts';
import type { FeedTable } from './feed.ts';
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
}

// Pseudo columns: the owner of the event itself, whatever columns its row has.
const [franchise, franchisee, location, recipient] = ['@franchise', '@franchisee', '@location', '@recipient'] as const;

// What whole parts of the tree have in common: a place to stand under only where there is no narrower one.
const broadColumns = ['franchise_id', 'franchisee_id'];

export class SubscriptionIndex {
  readonly #tables = new Map<string, Map<string, Map<string, Set<Subscription>>>>();
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
    for (const [column, values] of columns) {
      for (const value of valuesAt(change, column)) {
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

  #at({ table, column, value }: Place): Set<Subscription> {
    const columns = getOrMake(this.#tables, table, () => new Map<string, Map<string, Set<Subscription>>>());
    const values = getOrMake(columns, column, () => new Map<string, Set<Subscription>>());
    return getOrMake(values, value, () => new Set<Subscription>());
  }

  #removeAt({ table, column, value }: Place, subscription: Subscription): void {
    const columns = this.#tables.get(table);
    const values = columns?.get(column);
    const subscriptions = values?.get(value);
    subscriptions?.delete(subscription);
    if (subscriptions?.size === 0) values?.delete(value);
    if (values?.size === 0) columns?.delete(column);
    if (columns?.size === 0) this.#tables.delete(table);
  }
}

function isFor({ audience, binding }: Subscription, change: Change): boolean {
  return binding.operations.has(change.operation) && sees(audience.reach, change.event) && passes(binding, change);
}

function placesOf(binding: CompiledBinding, table: FeedTable, reach: Reach): Place[] {
  const narrow = narrowest(binding.equalities);
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
