// An epoch that has just begun, after a restore say, beside an old one that fills the same week: PostgreSQL's statistics know
// of the old one alone, and a poll must read the new rows and no others all the same.
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { beginEpoch } from '../../src/events/epoch.ts';
import { append, currentPosition } from '../../src/events/index.ts';
import { readNews } from '../../src/events/read-log.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { asOwner } from '../../src/platform/owner-connection.ts';
import { fillLog } from '../harness/log-filler.ts';
import { sampleEvent } from '../harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../harness/test-database.ts';
import { touchedBy } from './figures.ts';

const system = backgroundActor('test');
const place = { franchiseId: uuidv7(), locationId: uuidv7() };

let database: TestDatabase;

beforeAll(async () => {
  // One connection: PostgreSQL counts by session what was read.
  database = await openTestDatabase({ connectionsMax: 1 });
  await asOwner(database.ownerUrl, async (owner) => {
    // What PostgreSQL would learn by itself, some minutes later, is not to come in between.
    await owner.query(`do $$ declare part regclass; begin
      for part in select inhrelid from pg_inherits where inhparent = 'sync_events'::regclass loop
        execute format('alter table %s set (autovacuum_enabled = off)', part);
      end loop;
    end $$`);
    await fillLog(owner, { ...place, recordedAt: new Date(), count: 20_000 });
    await owner.query('analyze sync_events');
    await beginEpoch(owner);
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

test.each([0, 3])('beside %i open transactions each poll reads the rows that are new', async (strangers) => {
  const open = await Promise.all(
    Array.from({ length: strangers }, async () => {
      const stranger = new pg.Client({ connectionString: database.ownerUrl });
      await stranger.connect();
      await stranger.query('begin; select pg_current_xact_id()');
      return stranger;
    }),
  );
  let position = await database.db.transaction(system, currentPosition);
  // More often than PostgreSQL plans a prepared statement anew.
  for (let round = 0; round < 12; round++) {
    const written = await write(round === 4 ? 500 : 5);
    const { result, rows } = await database.db.transaction(system, (tx) => touchedBy(tx, () => readNews(tx, position)));
    expect(result.events.map(({ id }) => id)).toEqual(written);
    expect(rows, `round ${round}`).toBe(written.length);
    ({ position } = result);
  }
  await Promise.all(open.map((stranger) => stranger.end()));
});
