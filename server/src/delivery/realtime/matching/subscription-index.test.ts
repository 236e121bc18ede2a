// What an event costs that matches none of a thousand subscriptions of one brand, by the kind of column that tells them
// apart; and that an index by values finds exactly what the filters let through.
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { describe, expect, test } from 'vitest';
import type { StoredEvent } from '../../../events/index.ts';
import { parseJoinConfig } from '../protocol/join-config.ts';
import { serializerV2 } from '../protocol/serializer-v2.ts';
import { storedEvent } from '../test/stored-event.ts';
import type { Audience } from './audience.ts';
import { changesOf, passes } from './change.ts';
import { compileJoin } from './compile-join.ts';
import { tablesOfTheFeed } from './feed.ts';
import type { Reach } from './reach.ts';
import { SubscriptionIndex } from './subscription-index.ts';

const franchise = uuidv7();
const ofBrand: Reach = {
  franchiseIds: new Set([franchise]),
  franchiseeIds: new Set(),
  locationIds: new Set(),
  userId: null,
};
const tables = new Map(tablesOfTheFeed.map((table) => [table.name, table]));

function subscribe(index: SubscriptionIndex, table: string, filter: string): Audience {
  const { bindings: asked } = parseJoinConfig({ config: { postgres_changes: [{ table, filter }] } });
  const { bindings, complaints } = compileJoin(asked, tablesOfTheFeed);
  expect(complaints).toEqual([]);
  const audience = { topic: 'realtime:t', serializer: serializerV2, reach: ofBrand, bindings, members: new Set([]) };
  index.add(audience);
  return audience;
}

function match(index: SubscriptionIndex, event: StoredEvent): Audience[] {
  return changesOf(event, tables, () => true).flatMap((change) => index.match(change).map(({ audience }) => audience));
}

const sale = (record: Record<string, unknown>) =>
  storedEvent({
    franchise_id: franchise,
    event_type: 'pos.transaction',
    entity_type: 'pos_transaction',
    table_name: 'pos_transactions',
    record: { id: uuidv7(), ...record },
  });

describe('a thousand subscribers of one brand, of whom an event is for one', () => {
  test.each<[string, string, (n: number) => string]>([
    ['an id', 'pos_transactions', (n) => `pos_system_id=eq.${n === 0 ? franchise : uuidv7()}`],
    ['a text', 'pos_transactions', (n) => `external_transaction_id=eq.sale-${n}`],
    ['one of several texts', 'pos_transactions', (n) => `external_transaction_id=in.(sale-${n},other-${n},"a,${n}")`],
    [
      'a text beside a coarse one',
      'pos_transactions',
      (n) => `status=eq.completed,external_transaction_id=eq.sale-${n}`,
    ],
    [
      'a text of the brand',
      'pos_transactions',
      (n) => `franchise_id=eq.${franchise},external_transaction_id=eq.sale-${n}`,
    ],
    ['a figure', 'pos_transactions', (n) => `version=eq.${n}`],
    ['a kind of event', 'sync_events', (n) => `event_type=eq.${n === 0 ? 'pos.transaction' : 'stock.alert'}`],
    ['a moment', 'pos_transactions', (n) => `transaction_timestamp=eq.${new Date(n).toISOString()}`],
  ])('%s', (_, table, filterOf) => {
    const index = new SubscriptionIndex();
    const audiences = Array.from({ length: 1_000 }, (_, n) => subscribe(index, table, filterOf(n)));
    const event = sale({
      external_transaction_id: 'sale-0',
      pos_system_id: franchise,
      status: 'completed',
      version: 0,
      transaction_timestamp: '1970-01-01T00:00:00+00:00',
    });
    expect(match(index, event)).toEqual([audiences[0]]);
    expect(index.visits).toBe(1);
    for (const audience of audiences) index.remove(audience);
    expect(match(index, event)).toEqual([]);
    expect(index.isWatched(table)).toBe(false);
  });
});

test('what is found by value is what the filters let through', () => {
  const value = fc.constantFrom('a', 'b', 'A', 'a b', '', 'null', '1', '01', 'true', 't');
  const condition = fc.oneof(
    value.map((text) => `external_transaction_id=eq."${text}"`),
    fc.uniqueArray(value, { minLength: 1 }).map((texts) => `status=in.(${texts.map((text) => `"${text}"`).join()})`),
    fc.constantFrom('1', '01', '+1', '2').map((figure) => `version=eq.${figure}`),
    value.map((text) => `status=not.eq."${text}"`),
    fc.constant(`franchise_id=eq.${franchise}`),
  );
  const filter = fc.array(condition, { minLength: 1, maxLength: 3 }).map((parts) => parts.join());
  const row = fc.record(
    {
      external_transaction_id: fc.oneof(value, fc.constant(null)),
      status: fc.oneof(value, fc.constant(null)),
      version: fc.constantFrom(1, 2, null),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(fc.array(filter, { maxLength: 20 }), row, (filters, record) => {
      const index = new SubscriptionIndex();
      const audiences = filters.map((each) => subscribe(index, 'pos_transactions', each));
      const event = sale(record);
      const [change] = changesOf(event, tables, (table) => table === 'pos_transactions');
      if (change === undefined) throw new Error('the feed has no sales');
      const expected = audiences.filter(({ bindings }) => bindings.every((binding) => passes(binding, change)));
      expect(new Set(match(index, event))).toEqual(new Set(expected));
    }),
  );
});
