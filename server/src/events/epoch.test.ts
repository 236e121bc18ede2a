// A new epoch begun under everything that runs: writers, a relay, a durable follower.
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { eventually } from '../../test/harness/eventually.ts';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import { asOwner } from '../platform/owner-connection.ts';
import { append } from './append.ts';
import { type Batch, createInProcessBus } from './bus.ts';
import { beginEpoch, ensureEpoch } from './epoch.ts';
import { epochPendingError, resyncError } from './errors.ts';
import { createFollower } from './follower.ts';
import { samePosition } from './position.ts';
import { currentPosition, readPage } from './read-log.ts';
import { createRelay } from './relay.ts';

const system = backgroundActor('test');
const owner = { franchiseId: uuidv7(), franchiseeId: null, locationId: null };

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase({ connectionsMax: 16 });
});
afterEach(() => database.close());

const write = (count = 1) =>
  database.db.transaction(system, (tx) =>
    append(
      tx,
      Array.from({ length: count }, (_, n) => sampleEvent(owner, owner.franchiseId, n)),
    ),
  );
const newEpoch = () => asOwner(database.ownerUrl, beginEpoch);

/** A relay and what it published, batch by batch. */
function followLive() {
  const batches: Batch[] = [];
  const errors: unknown[] = [];
  const pending = vi.fn();
  const bus = createInProcessBus();
  bus.subscribe((batch) => batches.push(batch));
  const relay = createRelay({
    db: database.db,
    bus,
    intervalMs: 10,
    onError: (error) => errors.push(error),
    onEpochPending: pending,
  });
  const ids = () => batches.flatMap(({ events }) => events.map(({ id }) => id));
  const breaks = () =>
    batches.flatMap((batch, at) => {
      const before = batches[at - 1];
      return before && !samePosition(before.to, batch.from) ? [batch.from.epoch] : [];
    });
  return { relay, batches, errors, pending, ids, breaks };
}

test('a running relay goes on in the new epoch, breaks its chain once and sends nothing of the past again', async () => {
  const live = followLive();
  await live.relay.start();
  await eventually(async () => {
    await write();
    expect(live.ids()).not.toEqual([]);
  });
  const before = await write(3);
  await eventually(() => expect(live.ids().slice(-3)).toEqual(before));
  const seen = live.ids().length;
  const epoch = await newEpoch();
  await eventually(() => expect(live.breaks()).toEqual([epoch]));
  const after = [...(await write(2)), ...(await write(1))];
  await eventually(() => expect(live.ids().slice(seen)).toEqual(after));
  await live.relay.stop();
  expect(live.breaks()).toEqual([epoch]);
  expect(live.errors.length).toBeGreaterThan(0);
  expect(live.errors.every(resyncError.is)).toBe(true);
});

test('a follower takes every event once, over three epochs that begin while others write', async () => {
  const handled: string[] = [];
  let failures = 2;
  const options = {
    name: 'steady',
    db: database.db,
    pageSize: 7,
    onError: () => undefined,
    handle: async (_tx: unknown, events: readonly { id: string }[]) => {
      // Now and then a page fails, and is read again.
      if (handled.length > 20 && failures-- > 0) throw new Error('not now');
      handled.push(...events.map(({ id }) => id));
    },
  };
  const follower = createFollower(options);
  await follower.start();
  await eventually(async () => expect(await database.rows('select from follower_positions')).toHaveLength(1));
  const written: string[] = [];
  let epochs = 0;
  const writing = Array.from({ length: 6 }, async () => {
    while (epochs < 3 || written.length < 200) written.push(...(await write(3)));
  });
  for (; epochs < 3; epochs++) {
    const so = written.length + 40;
    await eventually(() => expect(written.length).toBeGreaterThan(so));
    await newEpoch();
  }
  await Promise.all(writing);
  await eventually(() => expect(handled.length).toBeGreaterThanOrEqual(written.length));
  await follower.stop();
  expect(handled.toSorted()).toEqual(written.toSorted());
  expect(new Set(handled).size).toBe(handled.length);
}, 60_000);

test('a follower that was stopped in the middle of its pages goes on over the change of the epoch', async () => {
  const handled: string[] = [];
  const follow = (pages: number) =>
    createFollower({
      name: 'halting',
      db: database.db,
      pageSize: 5,
      onError: () => undefined,
      handle: async (_tx, events) => {
        if (handled.length >= pages * 5) throw new Error('enough');
        handled.push(...events.map(({ id }) => id));
      },
    });
  const first = follow(2);
  await first.start();
  await eventually(async () => expect(await database.rows('select from follower_positions')).toHaveLength(1));
  const written = await write(23);
  await eventually(() => expect(handled).toHaveLength(10));
  await first.stop();
  written.push(...(await write(4)));
  await newEpoch();
  await newEpoch();
  written.push(...(await write(4)));
  const second = follow(100);
  await second.start();
  await eventually(() => expect(handled).toHaveLength(written.length));
  await second.stop();
  expect(handled).toEqual(written);
});

test('a new epoch waits for who has written and not committed, and the event is of the epoch before', async () => {
  let begun = false;
  let beginning: Promise<unknown> = Promise.resolve();
  const [id] = await database.db.transaction(system, async (tx) => {
    const ids = await append(tx, [sampleEvent(owner, owner.franchiseId, 1)]);
    beginning = newEpoch().then(() => {
      begun = true;
    });
    await eventually(async () => {
      const waiting = await database.rows(
        `select from pg_stat_activity where datname = current_database() and query like 'lock table%' and wait_event_type = 'Lock'`,
      );
      expect(waiting).toHaveLength(1);
    });
    expect(begun).toBe(false);
    return ids;
  });
  await beginning;
  const [event] = await database.rows<{ old: boolean }>(
    'select e.epoch = feed.epoch - 1 as old from sync_events e, feed where id = $1',
    [id],
  );
  expect(event).toEqual({ old: true });
});

test('on a server of another timeline reads are refused until the epoch has begun, which the relay asks for', async () => {
  const position = await database.db.transaction(system, currentPosition);
  const live = followLive();
  await live.relay.start();
  await eventually(async () => {
    await write();
    expect(live.ids()).not.toEqual([]);
  });
  // What a promotion changes, seen from the row of feed: its timeline is not the server's any more.
  await database.rows('update feed set timeline = timeline + 1000');
  await eventually(() => expect(live.pending).toHaveBeenCalled());
  const read = database.db.transaction(system, (tx) => readPage(tx, position, { limit: 10 }));
  await expect(read).rejects.toSatisfy(epochPendingError.is);
  const epoch = await asOwner(database.ownerUrl, ensureEpoch);
  expect(epoch).toBe(position.epoch + 1);
  await eventually(() => expect(live.breaks()).toEqual([epoch]));
  await live.relay.stop();
  expect(await asOwner(database.ownerUrl, ensureEpoch)).toBe(epoch);
});

test('a new epoch that cannot have its lock leaves the old one as it was', async () => {
  const stranger = new pg.Client({ connectionString: database.ownerUrl });
  await stranger.connect();
  const [before] = await database.rows('select * from feed');
  await stranger.query('begin; lock table sync_events in row exclusive mode');
  const begun = asOwner(database.ownerUrl, async (client) => {
    const refused = expect(beginEpoch(client)).rejects.toMatchObject({ code: '57014' });
    await eventually(async () => {
      const cancelled = await database.rows(
        `select pg_cancel_backend(pid) from pg_stat_activity
         where datname = current_database() and query like 'lock table%' and wait_event_type = 'Lock'`,
      );
      expect(cancelled).toHaveLength(1);
    });
    await refused;
    // The connection is as good as new.
    await client.query('select 1');
  });
  await begun;
  await stranger.end();
  expect(await database.rows('select * from feed')).toEqual([before]);
});
