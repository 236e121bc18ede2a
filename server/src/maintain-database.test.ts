// The keeper and the watcher as parts of a node: what they do to the database, and what an operator is shown.
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../test/harness/eventually.ts';
import { fillLog, makeWeekOf } from '../test/harness/log-filler.ts';
import { ManualClock } from '../test/harness/manual-clock.ts';
import { stressService } from '../test/harness/stress-service.ts';
import { openTestDatabase, type TestDatabase } from '../test/harness/test-database.ts';
import { currentPosition } from './events/index.ts';
import { createDatabaseKeeper } from './maintain-database.ts';
import { backgroundActor } from './platform/actor.ts';
import { type Clock, systemClock } from './platform/clock.ts';
import { createMetrics, type Metrics } from './platform/metrics.ts';
import { asOwner } from './platform/owner-connection.ts';
import { listPartitions } from './platform/partitions.ts';
import { createLogWatcher } from './watch-log.ts';

const weekMs = 604_800_000;
const place = { franchiseId: uuidv7(), locationId: uuidv7() };

let database: TestDatabase;
beforeEach(async () => {
  database = await openTestDatabase();
});
afterEach(() => database.close());

const unexpected = (error: unknown) => expect.unreachable(String(error));

function keeperAt(clock: Clock = systemClock, metrics = createMetrics()) {
  const { ownerUrl, db } = database;
  return createDatabaseKeeper({ ownerUrl, db, clock, metrics, eventRetentionWeeks: 8, onError: unexpected });
}

function watcherOf(metrics: Metrics, clock: Clock = systemClock) {
  const { ownerUrl } = database;
  return createLogWatcher({ ownerUrl, clock, metrics, followers: ['notifications'], onError: unexpected });
}

async function value(metrics: Metrics, series: string): Promise<number> {
  const line = (await metrics.render()).split('\n').find((each) => each.startsWith(`${series} `));
  return Number(line?.split(' ').at(-1));
}

test('both keep the contract of a service', async () => {
  await stressService({ create: () => keeperAt().loop, rounds: 1 });
  await stressService({ create: () => watcherOf(createMetrics()).loop, rounds: 1 });
});

test('the keeper makes the weeks ahead, drops those past the retention, and readiness goes by what there is', async () => {
  const now = new Date();
  await asOwner(database.ownerUrl, async (owner) => {
    for (const weeks of [10, 9, 5]) {
      const recordedAt = new Date(now.getTime() - weeks * weekMs);
      await makeWeekOf(owner, recordedAt);
      await fillLog(owner, { ...place, recordedAt, count: 3 });
    }
  });
  const soon = new Date(now.getTime() + 2 * weekMs);
  const metrics = createMetrics();
  const keeper = keeperAt(new ManualClock(soon), metrics);
  await keeper.loop.start();
  await eventually(async () => {
    const left = await asOwner(database.ownerUrl, (owner) => listPartitions(owner, 'sync_events'));
    expect(left[0]?.to.getTime()).toBeGreaterThan(soon.getTime() - 8 * weekMs);
    expect(left.at(-1)?.to.getTime()).toBeGreaterThan(soon.getTime() + 4 * weekMs);
  });
  await keeper.loop.stop();
  expect(await database.rows('select count(*)::int as n from sync_events')).toEqual([{ n: 3 }]);
  expect(await keeper.check()).toMatchObject({ ok: true });
  expect(await value(metrics, 'tillstream_partitions_ahead_days{table="sync_events"}')).toBeGreaterThanOrEqual(28);
  expect(await value(metrics, 'tillstream_retention_held_partitions')).toBe(0);
});

test('readiness fails when the partitions end within a week, on a node whose keeper does not run, too', async () => {
  const ends = await asOwner(
    database.ownerUrl,
    async (owner) => (await listPartitions(owner, 'sync_events')).at(-1)?.to,
  );
  const end = ends?.getTime() ?? 0;
  const at = (ms: number) => keeperAt(new ManualClock(new Date(end - ms))).check();
  expect(await at(weekMs)).toMatchObject({ ok: true });
  expect(await at(weekMs - 1)).toEqual({
    ok: false,
    detail: 'the partitions of sync_events end within a week: then writes are refused',
  });
});

test('the watcher shows the size of the log, who is behind and what is open', async () => {
  const start = await database.db.transaction(backgroundActor('test'), currentPosition);
  await database.rows('insert into follower_positions (follower, position) values ($1, $2)', [
    'notifications',
    JSON.stringify({ ...start, floor: { ...start.floor, at: '1970-01-01T00:00:00Z' } }),
  ]);
  await asOwner(database.ownerUrl, (owner) =>
    fillLog(owner, { ...place, recordedAt: new Date(Date.now() - 60_000), count: 25 }),
  );
  const metrics = createMetrics();
  const watcher = watcherOf(metrics);
  expect(await watcher.check()).toEqual({ ok: true, detail: 'nothing is behind' });
  await watcher.loop.start();
  await eventually(async () => {
    expect((await watcher.check()).detail).toMatch(/notifications is 25 events and \d+ s behind/);
  });
  await watcher.loop.stop();
  expect(await value(metrics, 'tillstream_log_partitions')).toBe(5);
  expect(await value(metrics, 'tillstream_log_bytes')).toBeGreaterThan(0);
  expect(await value(metrics, 'tillstream_follower_behind_events{follower="notifications"}')).toBe(25);
  expect(await value(metrics, 'tillstream_follower_behind_seconds{follower="notifications"}')).toBeGreaterThan(50);
});

test("a stranger's open transaction is seen by its id, where its session is hidden", async () => {
  const clock = new ManualClock(new Date());
  const metrics = createMetrics();
  const watcher = watcherOf(metrics, clock);
  const stranger = new pg.Client({ connectionString: database.ownerUrl });
  await stranger.connect();
  await stranger.query('begin');
  await stranger.query('select pg_current_xact_id()');
  await watcher.loop.start();
  try {
    await eventually(async () => expect(await value(metrics, 'tillstream_log_partitions')).toBe(5));
    // Another database's transaction may have been the oldest at first; the stranger stays.
    await eventually(async () => {
      clock.advance(1_000_000);
      watcher.loop.wake();
      expect((await watcher.check()).detail).toMatch(/a transaction has been open for \d{3,} s/);
    });
  } finally {
    await watcher.loop.stop();
    await stranger.end();
  }
});
