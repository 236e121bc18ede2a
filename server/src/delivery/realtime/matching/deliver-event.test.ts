// Who is owed what, and at what cost: matching, rights and framing, without clients.
import { PassThrough } from 'node:stream';
import { v7 as uuidv7 } from 'uuid';
import { beforeEach, describe, expect, test } from 'vitest';
import type { StoredEvent } from '../../../events/index.ts';
import { parseJoinConfig } from '../protocol/join-config.ts';
import { serializerV1 } from '../protocol/serializer-v1.ts';
import { serializerV2 } from '../protocol/serializer-v2.ts';
import { storedEvent } from '../test/stored-event.ts';
import { BatchedWriter, WriteScheduler } from '../writing/batched-writer.ts';
import type { Audience } from './audience.ts';
import { Audiences } from './audiences.ts';
import { bindingIds } from './binding-id.ts';
import { changesOf } from './change.ts';
import { compileBinding } from './compile-binding.ts';
import { deliverEvent, type Hall } from './deliver-event.ts';
import { tablesOfTheFeed } from './feed.ts';
import { Owing } from './owing.ts';
import type { Reach } from './reach.ts';
import { SubscriptionIndex } from './subscription-index.ts';

const franchise = uuidv7();
const otherFranchise = uuidv7();
const franchisee = uuidv7();
const [shop, sister, product, person] = [uuidv7(), uuidv7(), uuidv7(), uuidv7()];
const scheduler = new WriteScheduler({ queueBytesMax: 100_000_000, nowMs: () => 0 });
let hall: Hall;

function deliverEvents(events: StoredEvent[]): number {
  const owed = events.reduce((sum, each) => sum + deliverEvent(hall, each), 0);
  hall.owing.settle();
  return owed;
}

beforeEach(() => {
  const index = new SubscriptionIndex();
  const tables = new Map(tablesOfTheFeed.map((table) => [table.name, table]));
  hall = { tables, index, audiences: new Audiences(index), owing: new Owing(), changeBytesMax: 1_048_576 };
});

const nobody: Reach = { franchiseIds: new Set(), franchiseeIds: new Set(), locationIds: new Set(), userId: null };
const ofBrand: Reach = { ...nobody, franchiseIds: new Set([franchise]) };
const ofFirm: Reach = { ...nobody, franchiseeIds: new Set([franchisee]) };
const ofShop: Reach = { ...nobody, locationIds: new Set([shop]) };

interface Member {
  readonly writer: BatchedWriter;
  readonly audience: Audience;
  /** The ids and rows of the changes that arrived, and all else as it came. */
  arrived(): { ids: number[]; table: string; record: Record<string, unknown> }[];
  leave(): void;
}

function enter(reach: Reach, wishes: object[], { topic = 'realtime:t', serializer = serializerV2 } = {}): Member {
  const { bindings: asked } = parseJoinConfig({ config: { postgres_changes: wishes } });
  const ids = bindingIds(asked);
  const bindings = asked.map((binding, at) => compileBinding(binding, ids[at] ?? 0, tablesOfTheFeed));
  const stream = new PassThrough({ highWaterMark: 100_000_000 });
  const writer = new BatchedWriter(stream, scheduler, { isOpen: () => true, overflowed: () => undefined });
  const audience = hall.audiences.enter(writer, { topic, serializer, reach, bindings });
  return {
    writer,
    audience,
    leave: () => hall.audiences.leave(writer, audience),
    arrived() {
      writer.flush();
      return framesOf(stream.read() as Buffer | null).map((text) => {
        const { ids: matched, data } = JSON.parse(text)[4];
        return { ids: matched, table: data.table, record: data.record };
      });
    },
  };
}

function framesOf(bytes: Buffer | null): string[] {
  const texts: string[] = [];
  for (let at = 0; bytes !== null && at < bytes.length; ) {
    const short = bytes[at + 1] ?? 0;
    const length = short === 126 ? bytes.readUInt16BE(at + 2) : short;
    const start = at + (short === 126 ? 4 : 2);
    texts.push(bytes.toString('utf8', start, start + length));
    at = start + length;
  }
  return texts;
}

const event = (parts: Partial<StoredEvent> = {}): StoredEvent =>
  storedEvent({
    scope_id: shop,
    franchise_id: franchise,
    franchisee_id: franchisee,
    location_id: shop,
    record: { location_id: shop, product_id: product, current_stock: 3 },
    ...parts,
  });

describe('rights', () => {
  const everything = [{ schema: 'public' }];
  const foreign = event({ franchise_id: otherFranchise, franchisee_id: null, location_id: uuidv7() });
  const ofSister = event({ location_id: sister });
  const ofTheBrandItself = event({ franchisee_id: null, location_id: null });
  const ofTheFirmItself = event({ location_id: null });
  const toPerson = event({ table_name: 'notification_queue', record: { recipient_id: person } });

  test.each<[string, Reach, StoredEvent[]]>([
    ['the brand sees its own, places and all', ofBrand, [event(), ofSister, ofTheBrandItself, ofTheFirmItself]],
    ['a franchisee sees its shops and itself', ofFirm, [event(), ofSister, ofTheFirmItself]],
    ['a shop sees itself', ofShop, [event()]],
    ['a person sees what is for them', { ...nobody, userId: person }, [toPerson]],
    ['nobody sees nothing', nobody, []],
  ])('%s', (_, reach, seen) => {
    const member = enter(reach, everything);
    const all = [foreign, event(), ofSister, ofTheBrandItself, ofTheFirmItself, toPerson];
    deliverEvents(all);
    const owners = (events: StoredEvent[]) => events.flatMap(({ table_name }) => [table_name, 'sync_events']);
    expect(member.arrived().map(({ table }) => table)).toEqual(owners(seen));
  });

  test('hold for filters of every kind', () => {
    const wishes = [
      { table: 'inventory_items', filter: `product_id=eq.${product}` },
      { table: 'sync_events', filter: `entity_id=eq.${otherFranchise}` },
      { table: 'sync_events', filter: 'event_type=eq.inventory.update' },
      { table: 'notification_queue', filter: `recipient_id=eq.${person}` },
    ];
    const member = enter(ofShop, wishes);
    deliverEvents([foreign, ofSister, toPerson]);
    expect(member.arrived()).toEqual([]);
    deliverEvents([event()]);
    expect(member.arrived().map(({ table }) => table)).toEqual(['inventory_items', 'sync_events']);
  });
});

describe('filters', () => {
  test('all conditions must hold, of whatever kind the first is', () => {
    const member = enter(ofBrand, [
      { table: 'inventory_items', filter: `location_id=eq.${shop},product_id=in.(${product},${person})` },
      { table: 'inventory_items', filter: `location_id=eq.${shop},product_id=eq.${person}` },
      { table: 'sync_events', filter: `event_type=in.(stock.alert,inventory.update),location_id=eq.${shop}` },
      { table: 'inventory_items', filter: 'product_id=in.()' },
    ]);
    const [first, , third] = member.audience.bindings.map(({ id }) => id);
    deliverEvents([event()]);
    expect(member.arrived().map(({ ids }) => ids)).toEqual([[first], [third]]);
  });

  test('a franchise as entity_id means all its events, and an entity still itself', () => {
    const one = event();
    const franchiseItself = event({ entity_id: franchise });
    const member = enter(ofBrand, [
      { table: 'sync_events', filter: `entity_id=eq.${franchise}` },
      { table: 'sync_events', filter: `entity_id=eq.${one.entity_id}` },
    ]);
    const [all, single] = member.audience.bindings.map(({ id }) => id);
    deliverEvents([one, event(), franchiseItself]);
    expect(member.arrived().map(({ ids }) => ids.sort())).toEqual([[all, single].sort(), [all], [all]]);
  });

  test('a subscription that stands under several values of one event is told once', () => {
    const reach = { ...ofBrand, franchiseeIds: new Set([franchisee]), locationIds: new Set([shop]), userId: person };
    const member = enter(reach, [{ table: 'inventory_items' }]);
    deliverEvents([event(), event({ table_name: 'notification_queue', record: { recipient_id: person } })]);
    expect(member.arrived()).toHaveLength(1);
  });
});

describe('audiences', () => {
  const wish = [{ table: 'inventory_items', filter: `location_id=eq.${shop}` }];

  test('members with the same topic, bindings and rights share one frame', () => {
    const [a, b] = [enter(ofShop, wish), enter(ofShop, wish)];
    const others = [
      enter(ofBrand, wish),
      enter(ofShop, wish, { topic: 'realtime:u' }),
      enter(ofShop, wish, { serializer: serializerV1 }),
    ];
    expect(b.audience).toBe(a.audience);
    for (const other of others) expect(other.audience).not.toBe(a.audience);
    expect(deliverEvents([event()])).toBe(5);
  });

  test('who left is owed nothing, and the last one leaves no trace in the index', () => {
    const [a, b] = [enter(ofShop, wish), enter(ofShop, wish)];
    a.leave();
    expect(deliverEvents([event()])).toBe(1);
    b.leave();
    expect(deliverEvents([event()])).toBe(0);
    const change = changesOf(event(), hall.tables, () => true)[0];
    if (change === undefined) throw new Error('an event is a change');
    expect(hall.index.match(change)).toEqual([]);
    expect([...hall.audiences.onTopic('realtime:t')]).toEqual([]);
  });

  test('what is told goes no further than the columns of the feed', () => {
    const member = enter(ofShop, wish);
    deliverEvents([event({ record: { location_id: shop, current_stock: 1, secret: 'x' } })]);
    expect(member.arrived()[0]?.record).toEqual({ location_id: shop, current_stock: 1 });
  });
});

test('ten thousand subscriptions to other shops are not looked at', () => {
  const member = enter(ofBrand, [{ table: 'inventory_items', filter: `location_id=eq.${shop}` }]);
  for (let n = 0; n < 10_000; n++) {
    const other = uuidv7();
    const reach = n % 2 === 0 ? ofBrand : { ...nobody, locationIds: new Set([other]) };
    const filter = n % 2 === 0 ? `location_id=eq.${other},current_stock=lt.5` : 'current_stock=lt.5';
    enter(reach, [{ table: 'inventory_items', filter }], { topic: `realtime:${n}` });
  }
  const before = hall.index.visits;
  expect(deliverEvents([event()])).toBe(1);
  expect(member.arrived()).toHaveLength(1);
  expect(hall.index.visits - before).toBe(1);
});

describe('two people with the same places', () => {
  const [anna, ben] = [uuidv7(), uuidv7()].map((userId): Reach => ({ ...ofShop, userId })) as [Reach, Reach];
  const toAnna = event({ table_name: 'notification_queue', record: { recipient_id: anna.userId } });

  test('are one audience for what belongs to places', () => {
    const wishes = [{ table: 'inventory_items' }];
    const members = [enter(anna, wishes), enter(ben, wishes), enter(ofShop, wishes)];
    expect(new Set(members.map(({ audience }) => audience)).size).toBe(1);
    expect(deliverEvents([event(), toAnna])).toBe(3);
    for (const member of members) expect(member.arrived()).toHaveLength(1);
  });

  test.each(['notification_queue', 'sync_events'])('each see their own alone in %s', (table) => {
    const [ofAnna, ofBen] = [enter(anna, [{ table }]), enter(ben, [{ table }])];
    expect(deliverEvents([toAnna])).toBe(1);
    expect(ofAnna.arrived()).toHaveLength(1);
    expect(ofBen.arrived()).toEqual([]);
  });
});
