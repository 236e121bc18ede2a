// What reading the log costs, in rows: the same however long the log is and whoever keeps a transaction open. The figures in
// milliseconds, at full size, are `npm run bench -- big-log`.
import { sql } from 'kysely';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { append, createFollower, currentPosition, type Position } from '../../src/events/index.ts';
import { readNews } from '../../src/events/read-log.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { asOwner } from '../../src/platform/owner-connection.ts';
import { eventually } from '../harness/eventually.ts';
import { fillLog, makeWeekOf } from '../harness/log-filler.ts';
import { sampleEvent } from '../harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../harness/test-database.ts';
import { touchedBy } from './figures.ts';

const system = backgroundActor('test');
const weekMs = 604_800_000;
const weeksBefore = 27;
const place = { franchiseId: uuidv7(), locationId: uuidv7() };

let database: TestDatabase;

beforeAll(async () => {
  // One connection, so that PostgreSQL's count of what it has read is of one session.
  database = await openTestDatabase({ connectionsMax: 1 });
  await asOwner(database.ownerUrl, async (owner) => {
    for (let weeks = weeksBefore; weeks > 0; weeks--) {
      const recordedAt = new Date(Date.now() - weeks * weekMs);
      await makeWeekOf(owner, recordedAt);
      await fillLog(owner, { ...place, recordedAt, count: 1_000 });
    }
    const { rows } = await owner.query(`select from pg_inherits where inhparent = 'sync_events'::regclass`);
    expect(rows).toHaveLength(32);
  });
});
afterAll(() => database.close());

const write = (count: number) =>
  database.db.transaction(system, (tx) =>
    append(
      tx,
      Array.from({ length: count }, (_, n) => sampleEvent({ ...place, franchiseeId: null }, place.locationId, n)),
    ),
  );
const poll = (from: Position) => database.db.transaction(system, (tx) => readNews(tx, from));

test('a poll reads the new rows and no others, beside a transaction that opened thousands of events ago', async () => {
  let { position } = await poll(await database.db.transaction(system, currentPosition));
  const stranger = new pg.Client({ connectionString: database.ownerUrl });
  await stranger.connect();
  await stranger.query('begin');
  await stranger.query('select pg_current_xact_id()');
  for (let round = 0; round < 5; round++) {
    await write(1_000);
    ({ position } = await poll(position));
  }
  const written = await write(7);
  const touched = await database.db.transaction(system, (tx) => touchedBy(tx, () => readNews(tx, position)));
  expect(touched.result.events.map(({ id }) => id)).toEqual(written);
  expect(touched.rows).toBe(7);
  // The present week, those made ahead, and the one before where the week began within the hour.
  expect(touched.partitions).toBeLessThanOrEqual(6);

  // A relay that starts while the stranger is there knows of no floor, and still opens the last day alone.
  const anew = await database.db.transaction(system, currentPosition);
  const second = await database.db.transaction(system, (tx) => touchedBy(tx, () => readNews(tx, anew)));
  expect(second.rows).toBe(0);
  expect(second.partitions).toBeLessThanOrEqual(6);
  await stranger.end();
});

test('a follower far behind reads each row about once, page by page', async () => {
  const behind = 20_000;
  const start = await database.db.transaction(system, currentPosition);
  await database.rows('insert into follower_positions (follower, position) values ($1, $2)', [
    'far behind',
    JSON.stringify(start),
  ]);
  // Many events in few transactions, as group commits write them.
  for (let written = 0; written < behind; written += 5_000) {
    await asOwner(database.ownerUrl, (owner) => fillLog(owner, { ...place, recordedAt: new Date(), count: 5_000 }));
  }
  const before = await rowsRead();
  const handled = new Set<string>();
  const follower = createFollower({
    name: 'far behind',
    db: database.db,
    pageSize: 1_000,
    onError: (error) => expect.unreachable(String(error)),
    handle: async (_tx, events) => {
      for (const { id } of events) handled.add(id);
    },
  });
  await follower.start();
  await eventually(() => expect(handled.size).toBe(behind));
  await follower.stop();
  // Once each, and what the first look took in before it knew where the backlog begins. By collecting all that waits for
  // each page it would be ten times as many.
  expect((await rowsRead()) - before).toBeLessThan(behind * 3);
});

/** Rows of the log that the pool's connection has fetched so far. */
async function rowsRead(): Promise<number> {
  await database.db.transaction(system, (tx) => sql`select pg_stat_force_next_flush()`.execute(tx));
  const [row] = await database.rows<{ rows: number }>(
    `select sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int as rows
     from pg_stat_user_tables where relname like 'sync_events_%'`,
  );
  return row?.rows ?? 0;
}
