// A memory that begins with the process, completed from the log by those who come back from before it.
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import { append } from './append.ts';
import { createLookBack } from './look-back.ts';
import type { Position } from './position.ts';
import { currentPosition, readNews, readPage } from './read-log.ts';
import { RecentEvents } from './recent-events.ts';

const owner = { franchiseId: uuidv7(), franchiseeId: null, locationId: uuidv7() };
const system = backgroundActor('test');

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

const now = () => database.db.transaction(system, currentPosition);

async function write(count: number): Promise<Position> {
  await database.db.transaction(system, (tx) =>
    append(
      tx,
      Array.from({ length: count }, (_, n) => sampleEvent(owner, owner.locationId, n)),
    ),
  );
  return now();
}

/** Three stations before a memory that begins at the last of them and has followed the log a little since. */
async function startLate() {
  const [first, second, beginning] = [await now(), await write(3), await write(2)];
  const recent = new RecentEvents();
  recent.restart(beginning);
  await write(2);
  const { events, position: end } = await database.db.transaction(system, (tx) => readNews(tx, beginning));
  recent.keep(events, end, 1);
  return { recent, first, second, beginning, end };
}

const options = (until: Position) => ({ limit: 500, until, sees: () => true });

async function expectTheLog(recent: RecentEvents, from: Position, until: Position): Promise<void> {
  const logged = await database.db.transaction(system, (tx) => readPage(tx, from, { limit: 500, until }));
  expect(logged.events.length).toBeGreaterThan(2);
  expect(recent.read(from, options(until))).toEqual(logged);
}

test('who stands before the beginning has the memory reach back to there, and then it says what the log says', async () => {
  const { recent, first, second, end } = await startLate();
  const lookBack = createLookBack({ db: database.db, recent });
  expect(recent.read(second, options(end))).toBeNull();
  await lookBack(second);
  await expectTheLog(recent, second, end);
  expect(recent.read(first, options(end))).toBeNull();
  await lookBack(first);
  await expectTheLog(recent, first, end);
  await expectTheLog(recent, second, end);
});

test('a crowd that stands at one place has the log read once', async () => {
  const { recent, first, second, end } = await startLate();
  let reads = 0;
  const lookBack = createLookBack({
    db: database.db,
    recent: {
      beginningAfter: (position) => recent.beginningAfter(position),
      extend: (...read) => {
        reads += 1;
        recent.extend(...read);
      },
    },
  });
  await Promise.all(Array.from({ length: 100 }, (_, n) => lookBack(n % 2 === 0 ? first : second)));
  expect(reads).toBe(1);
  await expectTheLog(recent, second, end);
});

test('too much is left to the log, for whoever stands as far back; who stands nearer is served', async () => {
  const { recent, first, second, end } = await startLate();
  const lookBack = createLookBack({ db: database.db, recent, eventsMax: 4 });
  await lookBack(first);
  expect(recent.read(first, options(end))).toBeNull();
  await lookBack(second);
  await expectTheLog(recent, second, end);
});

test('what was read for a beginning that is no more is not taken', async () => {
  const { recent, first, beginning, end } = await startLate();
  const page = await database.db.transaction(system, (tx) => readPage(tx, first, { limit: 500, until: beginning }));
  recent.restart(end);
  recent.extend(page.events, { from: first, beginning, nowMs: 1 });
  expect(recent.read(first, options(end))).toBeNull();
  // Nor is anything added behind what has been dropped, and nothing is asked for there.
  recent.keep([...page.events], await write(1), 1);
  recent.keep([], end, 1_000_000);
  expect(recent.beginningAfter(first)).toBeNull();
});

test('a failure is told to who asked, and the next one tries again', async () => {
  const { recent, first, end } = await startLate();
  let isBroken = true;
  const db = {
    transaction: ((...asked: Parameters<typeof database.db.transaction>) =>
      isBroken
        ? Promise.reject(new Error('away'))
        : database.db.transaction(...asked)) as typeof database.db.transaction,
  };
  const lookBack = createLookBack({ db, recent });
  await expect(lookBack(first)).rejects.toThrow('away');
  isBroken = false;
  await lookBack(first);
  await expectTheLog(recent, first, end);
});
