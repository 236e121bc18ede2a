// The unmodified supabase-js client against the gateway with everything real around it, on both serializers.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { withdrawApiKey } from '../../identity/revoke-api-key.ts';
import { type Listener, type ListenOptions, listen, versions } from './test/listening-client.ts';
import {
  type Ground,
  type LiveGateway,
  layGround,
  makeKey,
  makePerson,
  notificationEvent,
  openLiveGateway,
  saleEvent,
} from './test/live-gateway.ts';

let live: LiveGateway;
let ground: Ground;
let brandKey: string;
const listeners: Listener[] = [];

beforeAll(async () => {
  // The clock is moved by a day below, which is no reason to take the sockets for dead.
  live = await openLiveGateway({ idleMs: Number.POSITIVE_INFINITY });
  ground = await layGround(live);
  brandKey = (await makeKey(live, ground.brand)).key;
});

afterEach(async () => {
  await Promise.all(listeners.splice(0).map((listener) => listener.close()));
  expect(live.failures).toEqual([]);
});

afterAll(() => live.close());

describe.each(versions)('serializer %s', (vsn) => {
  function listenTo(options: Partial<ListenOptions> & { topic: string }): Listener {
    const listener = listen({ url: live.url, apiKey: brandKey, vsn, ...options });
    listeners.push(listener);
    return listener;
  }

  async function joined(options: Partial<ListenOptions> & { topic: string }): Promise<Listener> {
    const listener = listenTo(options);
    await listener.status('SUBSCRIBED');
    return listener;
  }

  test('a key alone joins a channel without any wish', async () => {
    const listener = await joined({ topic: 'room' });
    expect(listener.statuses).toEqual(['SUBSCRIBED']);
  });

  test('an INSERT and an UPDATE come with their rows, the columns of the feed and nothing else', async () => {
    const { own } = ground;
    const filter = `location_id=eq.${own.locationId}`;
    const listener = await joined({ topic: 'sales', wishes: [{ table: 'pos_transactions', filter }] });
    await live.append(saleEvent(own, 'new'), saleEvent(own, 'changed', 'UPDATE'));
    expect(await listener.sale('changed')).toEqual(['new', 'changed']);
    const [inserted, updated] = listener.heard[0] ?? [];
    expect(inserted).toMatchObject({ schema: 'public', table: 'pos_transactions', eventType: 'INSERT', errors: null });
    expect(inserted?.old).toEqual({});
    expect(inserted?.commit_timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect(inserted?.new).toMatchObject({ location_id: own.locationId, total_amount: 12.5, metadata: { table: 7 } });
    expect(inserted?.new).not.toHaveProperty('raw_body');
    expect(updated).toMatchObject({ eventType: 'UPDATE', old: { total_amount: 10 }, new: { total_amount: 12.5 } });
    expect(listener.system).toMatchObject([{ status: 'ok', message: 'Subscribed to PostgreSQL', channel: 'sales' }]);
  });

  test('each of several bindings hears its own, in one channel', async () => {
    const { own, firm } = ground;
    const shops = `location_id=in.(${own.locationId},${firm.locationId})`;
    const listener = await joined({
      topic: 'mixed',
      wishes: [
        { event: 'INSERT', table: 'pos_transactions', filter: shops },
        { event: 'UPDATE', table: 'pos_transactions', filter: `location_id=eq.${own.locationId}` },
        { table: 'pos_transactions', select: ['total_amount'] },
        {},
      ],
    });
    await live.append(saleEvent(own, 'a'), saleEvent(firm, 'b'), saleEvent(own, 'c', 'UPDATE'), saleEvent(firm, 'd'));
    await listener.signal.until('everything', () => listener.heard[3]?.length === 8);
    expect(await listener.sale('d')).toEqual(['a', 'b', 'd']);
    expect(await listener.sale('c', 1)).toEqual(['c']);
    expect(listener.heard[2]?.map((change) => Object.keys(change.new).sort())).toEqual(
      Array.from({ length: 4 }, () => ['id', 'total_amount']),
    );
    // The last wish, the whole schema, hears each event as the row of its table and as the row of the log.
    expect(listener.heard[3]?.map((change) => change.table)).toEqual(
      Array.from({ length: 4 }, () => ['pos_transactions', 'sync_events']).flat(),
    );
  });

  test("the sketch's filter, entity_id = the franchise, means the franchise's events", async () => {
    const { brand, own, foreign } = ground;
    const filter = `entity_id=eq.${brand.franchiseId}`;
    const topic = `franchise:${brand.franchiseId}`;
    const listener = await joined({ topic, wishes: [{ table: 'sync_events', filter }] });
    await live.append(saleEvent(foreign, 'foreign'), saleEvent(own, 'own'));
    await listener.sale('pos.transaction');
    expect(listener.heard[0]).toHaveLength(1);
    expect(listener.heard[0]?.[0]?.new).toMatchObject({
      event_type: 'pos.transaction',
      entity_type: 'pos_transaction',
      location_id: own.locationId,
      change_data: { externalId: 'own' },
      source_system: 'pos',
    });
  });

  test('a filter that cannot be served is explained, and the other bindings live', async () => {
    const { own } = ground;
    const listener = await joined({
      topic: 'partly',
      wishes: [
        { table: 'pos_transactions', filter: 'colour=eq.red' },
        { table: 'pos_transactions', filter: 'total_amount=gt.few' },
        { table: 'pos_transactions', filter: `location_id=eq.${own.locationId}` },
      ],
    });
    await listener.signal.until('two explanations', () => listener.system.length === 2);
    expect(listener.system.map(({ status }) => status)).toEqual(['error', 'error']);
    expect(listener.system[0]?.message).toMatch(/invalid column for filter colour$/);
    expect(listener.system[1]?.message).toMatch(/invalid input syntax for type numeric: "few"$/);
    await live.append(saleEvent(own, 'heard'));
    expect(await listener.sale('heard', 2)).toEqual(['heard']);
    expect(listener.heard.slice(0, 2)).toEqual([[], []]);
    expect(listener.statuses).toEqual(['SUBSCRIBED']);
  });

  test('named topics are open to those whose place they are', async () => {
    const { brand, own, firm, foreign } = ground;
    const manager = await makePerson(live, { role: 'location_manager', locationId: own.locationId });
    const owner = await makePerson(live, { role: 'franchisee', franchiseeId: firm.franchiseeId });
    const cases: [string, (() => string) | undefined, boolean][] = [
      [`franchise:${brand.franchiseId}`, undefined, true],
      [`franchisee:${firm.franchiseeId}`, undefined, true],
      [`location:${firm.locationId}`, undefined, true],
      [`location:${foreign.locationId}`, undefined, false],
      [`franchise:${foreign.franchiseId}`, undefined, false],
      [`user:${manager.userId}`, undefined, false],
      [`location:${own.locationId}`, () => manager.token, true],
      [`user:${manager.userId}`, () => manager.token, true],
      [`user:${owner.userId}`, () => manager.token, false],
      [`location:${firm.locationId}`, () => manager.token, false],
      [`franchise:${brand.franchiseId}`, () => manager.token, false],
      [`franchisee:${firm.franchiseeId}`, () => owner.token, true],
      [`location:${firm.locationId}`, () => owner.token, true],
      [`location:${own.locationId}`, () => owner.token, false],
      [`franchise:${brand.franchiseId}`, () => owner.token, false],
    ];
    for (const [topic, token, isOpen] of cases) {
      const listener = listenTo({ topic, ...(token && { token }) });
      const refusal = `CHANNEL_ERROR: Unauthorized: You do not have permissions to read from this Channel topic: ${topic}`;
      await listener.status(isOpen ? 'SUBSCRIBED' : 'CHANNEL_ERROR');
      expect(listener.statuses[0]).toBe(isOpen ? 'SUBSCRIBED' : refusal);
    }
  });

  test('a notification reaches the screens of its person and nobody else, the brand included', async () => {
    const { own } = ground;
    const person = await makePerson(live, { role: 'location_manager', locationId: own.locationId });
    const wishes = [{ table: 'notification_queue' }, { table: 'sync_events' }];
    const topic = `user:${person.userId}`;
    const theirs = await joined({ topic, token: () => person.token, wishes });
    const brand = await joined({ topic: 'everything', wishes });
    const [id] = await live.append(notificationEvent(own, person.userId, 'Café is out of milk'));
    await live.append(saleEvent(own, 'after'));
    await theirs.signal.until('the broadcast', () => theirs.broadcasts.length === 1);
    expect(theirs.broadcasts[0]).toMatchObject({
      event: 'notification',
      payload: { recipient_id: person.userId, title: 'Café is out of milk' },
      meta: { id },
    });
    expect(theirs.heard[0]?.[0]?.new).toMatchObject({ title: 'Café is out of milk' });
    expect(await brand.sale('pos.transaction', 1)).not.toContain('notification.queued');
    expect(brand.heard[0]).toEqual([]);
  });

  test('a revoked key hears nothing more, and why', async () => {
    const { brand, own } = ground;
    const { key, row } = await makeKey(live, brand);
    const listener = await joined({ topic: 'leak', apiKey: key, wishes: [{ table: 'pos_transactions' }] });
    await live.append(saleEvent(own, 'before'));
    await listener.sale('before');
    await withdrawApiKey({ ...live, db: live.database.db }, brand.admin, row.id);
    await listener.status('CHANNEL_ERROR');
    await live.append(saleEvent(own, 'after'));
    await listener.status('CHANNEL_ERROR', 2);
    expect(listener.system.at(-1)?.message).toMatch(/^identity\.key_revoked: /);
    expect(listener.statuses.at(-1)).toMatch(/^CHANNEL_ERROR: identity\.key_revoked: /);
    expect(await listener.sale('before')).toEqual(['before']);
  });
});
