import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { eventually } from '../../test/harness/eventually.ts';
import { fillLog, makeWeekOf } from '../../test/harness/log-filler.ts';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import { asOwner } from '../platform/owner-connection.ts';
import { listPartitions } from '../platform/partitions.ts';
import { append } from './append.ts';
import { resyncError } from './errors.ts';
import { createFollower } from './follower.ts';
import type { Position } from './position.ts';
import { currentPosition, oldestKeptPosition, readNews, readPage } from './read-log.ts';
import { dropExpiredEvents } from './retention.ts';

const system = backgroundActor('test');
const weekMs = 604_800_000;
const now = new Date();
const weeksAgo = (weeks: number) => new Date(now.getTime() - weeks * weekMs);
const franchiseId = uuidv7();
const locationId = uuidv7();

let database: TestDatabase;
/** Ids by how many weeks ago they were recorded. */
let written: Map<number, string[]>;
let start: Position;

const present = () => database.db.transaction(system, currentPosition);
const page = (position: Position, limit = 500) =>
  database.db.transaction(system, (tx) => readPage(tx, position, { limit }));
const ids = (events: readonly { id: string }[]) => events.map(({ id }) => id);
const partitions = () => asOwner(database.ownerUrl, (owner) => listPartitions(owner, 'sync_events'));
const drop = (weeks: number, lockTimeoutMs = 0) =>
  asOwner(database.ownerUrl, (owner) => dropExpiredEvents(owner, { weeks, now }), { lockTimeoutMs });

/**
 * Waits until nothing that runs is as old as what was written: ids are the cluster's, and other tests' transactions count.
 */
async function settle(): Promise<void> {
  const [{ next = '' } = {}] = await database.rows<{ next: string }>('select pg_current_xact_id()::text as next');
  await eventually(async () => {
    const [row] = await database.rows<{ old: boolean }>(
      'select pg_snapshot_xmin(pg_current_snapshot()) > $1::xid8 as old',
      [next],
    );
    expect(row?.old).toBe(true);
  });
}

beforeEach(async () => {
  database = await openTestDatabase();
  // Made before any of the weeks below was written.
  start = { ...(await present()), floor: { at: weeksAgo(13).toISOString(), seq: 0 } };
  written = new Map();
  await asOwner(database.ownerUrl, async (owner) => {
    for (const weeks of [12, 11, 10, 3]) {
      const recordedAt = weeksAgo(weeks);
      await makeWeekOf(owner, recordedAt);
      written.set(weeks, await fillLog(owner, { franchiseId, locationId, recordedAt, count: 5 }));
    }
  });
  await settle();
});
afterEach(() => database.close());

async function writeNow(): Promise<string[]> {
  const owner = { franchiseId, franchiseeId: null, locationId };
  return database.db.transaction(system, (tx) => append(tx, [sampleEvent(owner, locationId, 1)]));
}

test('weeks older than the retention go, the others and the books stay', async () => {
  const books = () => asOwner(database.ownerUrl, (owner) => listPartitions(owner, 'stock_movements'));
  const before = await partitions();
  const booksBefore = await books();
  const report = await drop(8);
  expect(report?.held).toEqual([]);
  expect(report?.dropped).toEqual(before.slice(0, 3).map(({ name }) => name));
  expect(await partitions()).toEqual(before.slice(3));
  expect(await books()).toEqual(booksBefore);
  const left = await database.rows<{ id: string }>('select id from sync_events order by seq');
  expect(ids(left)).toEqual(written.get(3));
  expect(await database.rows('select name from retired_partitions')).toEqual([]);
  expect(await drop(8)).toEqual({ dropped: [], held: [] });
});

test('a position before the dropped weeks is answered "resync", one behind them reads on', async () => {
  const turning = (await page(start, 7)).position;
  const behind = (await page(start)).position;
  await drop(8);
  for (const position of [start, turning]) {
    await expect(page(position)).rejects.toSatisfy(resyncError.is);
    await expect(database.db.transaction(system, (tx) => readNews(tx, position))).rejects.toSatisfy(resyncError.is);
  }
  const later = await writeNow();
  expect(ids((await page(behind)).events)).toEqual(later);
  const oldest = await database.db.transaction(system, oldestKeptPosition);
  expect(ids((await page(oldest)).events)).toEqual([...(written.get(3) ?? []), ...later]);
});

test('a reader beside the drop is given everything or "resync", never a part', async () => {
  const all = [...written.values()].flat();
  const outcomes = new Set<string>();
  let dropped = false;
  const reading = async () => {
    for (let last = false; !last; ) {
      last = dropped;
      const outcome = await page(start).then(
        ({ events }) => (ids(events).join() === all.join() ? 'whole' : `${events.length} of ${all.length}`),
        (error) => (resyncError.is(error) ? 'resync' : String(error)),
      );
      outcomes.add(outcome);
    }
  };
  const readers = [reading(), reading(), reading()];
  try {
    await eventually(() => expect(outcomes).toContain('whole'));
    await drop(8);
  } finally {
    dropped = true;
    await Promise.all(readers);
  }
  expect([...outcomes].sort()).toEqual(['resync', 'whole']);
});

test('nothing goes that a follower has not handled; once it has, it goes', async () => {
  await database.rows('insert into follower_positions (follower, position) values ($1, $2)', [
    'slow',
    JSON.stringify((await page(start, 7)).position),
  ]);
  const [first, second, third] = await partitions();
  // It has handled the first week and a part of the second, but stands in the middle of its page.
  expect(await drop(8)).toEqual({
    dropped: [],
    held: [first, second, third].map((partition) => ({ name: partition?.name, followers: ['slow'] })),
  });
  const handled: string[] = [];
  const follower = createFollower({
    name: 'slow',
    db: database.db,
    handle: async (_tx, events) => void handled.push(...ids(events)),
    onError: (error) => expect.unreachable(String(error)),
    pageSize: 2,
  });
  await follower.start();
  const expected = [...written.values()].flat().slice(7);
  await eventually(() => expect(handled).toEqual(expected));
  await follower.stop();
  expect((await drop(8))?.dropped).toEqual([first, second, third].map((partition) => partition?.name));
});

test('a transaction older than the newest event of a week holds it', async () => {
  const stranger = new pg.Client({ connectionString: database.ownerUrl });
  await stranger.connect();
  await stranger.query('begin; select pg_current_xact_id()');
  await asOwner(database.ownerUrl, (owner) =>
    fillLog(owner, { franchiseId, locationId, recordedAt: weeksAgo(11), count: 1 }),
  );
  const names = (await partitions()).map(({ name }) => name);
  expect(await drop(8)).toEqual({ dropped: [names[0], names[2]], held: [{ name: names[1], followers: [] }] });
  await stranger.query('commit');
  await stranger.end();
  await settle();
  expect((await drop(8))?.dropped).toEqual([names[1]]);
});

/** A reader in the middle of a long report: a DETACH has to wait for it. */
async function openReport(): Promise<pg.Client> {
  const reader = new pg.Client({ connectionString: database.ownerUrl });
  await reader.connect();
  await reader.query('begin; select count(*) from sync_events');
  return reader;
}

test('a detach that gave up on a long reader is finished by the next run', async () => {
  const names = (await partitions()).map(({ name }) => name);
  const reader = await openReport();
  await expect(drop(8, 100)).rejects.toMatchObject({ code: '55P03' });
  expect((await partitions()).filter(({ isDetaching }) => isDetaching).map(({ name }) => name)).toEqual([names[0]]);
  await expect(page(start)).rejects.toSatisfy(resyncError.is);
  await reader.query('commit');
  await reader.end();
  expect((await drop(8))?.dropped).toEqual(names.slice(0, 3));
  expect((await partitions()).map(({ name }) => name)).toEqual(names.slice(3));
});

test('a keeper that was killed in the middle of a detach is taken over', async () => {
  const names = (await partitions()).map(({ name }) => name);
  const reader = await openReport();
  const killed = expect(drop(8)).rejects.toThrow();
  await eventually(async () => {
    const [waiting] = await database.rows<{ pid: number }>(
      `select pid from pg_stat_activity where datname = current_database() and query like '%detach partition%concurrently'
       and wait_event_type = 'Lock'`,
    );
    expect(waiting).toBeDefined();
    await database.rows('select pg_terminate_backend($1)', [waiting?.pid]);
  });
  await killed;
  await reader.query('commit');
  await reader.end();
  expect((await drop(8))?.dropped).toEqual(names.slice(0, 3));
});

test('a retired week that was detached and not dropped is dropped; one that an operator set aside is not', async () => {
  const [retired, aside] = (await partitions()).map(({ name }) => name);
  await database.rows('insert into retired_partitions (name) values ($1)', [retired]);
  await database.rows(`alter table sync_events detach partition ${retired}`);
  await database.rows(`alter table sync_events detach partition ${aside}`);
  expect((await drop(26))?.dropped).toEqual([retired]);
  const tables = await database.rows<{ name: string }>(
    `select relname as name from pg_class where relkind = 'r' and relname = any($1)`,
    [[retired, aside]],
  );
  expect(tables).toEqual([{ name: aside }]);
});

test('two nodes at once drop each week once', async () => {
  const names = (await partitions()).map(({ name }) => name);
  const reports = await Promise.all([drop(8), drop(8), drop(8)]);
  expect(reports.flatMap((report) => report?.dropped ?? []).sort()).toEqual(names.slice(0, 3));
  expect((await partitions()).map(({ name }) => name)).toEqual(names.slice(3));
});
