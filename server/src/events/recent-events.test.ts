import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import { append } from './append.ts';
import type { Page, PageOptions } from './page.ts';
import { decodePosition, encodePosition, type Position } from './position.ts';
import { currentPosition, readNews, readPage } from './read-log.ts';
import { RecentEvents, type RecentLimits } from './recent-events.ts';

const franchiseId = uuidv7();
const shops = [uuidv7(), uuidv7(), uuidv7()];
const system = backgroundActor('test');

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase({ connectionsMax: 12 });
});
afterAll(() => database.close());

const now = () => database.db.transaction(system, currentPosition);

async function write(locationId: string, count = 1): Promise<void> {
  const owner = { franchiseId, franchiseeId: null, locationId };
  await database.db.transaction(system, (tx) =>
    append(
      tx,
      Array.from({ length: count }, (_, n) => sampleEvent(owner, locationId, n)),
    ),
  );
}

/** Follows the log into memory as a gateway does, over twenty batches that overlapping transactions wrote. */
async function remember(limits: Partial<RecentLimits> = {}) {
  const recent = new RecentEvents(limits);
  const stations: Position[] = [await now()];
  recent.restart(stations[0] ?? null);
  for (let batch = 0; batch < 20; batch++) {
    const writers = shops.map((shop, index) => write(shop, index + 1));
    await writers[batch % shops.length];
    const own = stations.at(-1);
    if (own === undefined) throw new Error('it stands nowhere');
    const page = await database.db.transaction(system, (tx) => readNews(tx, own));
    recent.keep(page.events, page.position, batch);
    stations.push(page.position);
    await Promise.all(writers);
  }
  return { recent, stations };
}

type Read = (position: Position, options: PageOptions) => Promise<Page>;

/** All ids up to `until`, over the wire form of the position, as a client reads. */
async function readAll(read: Read, from: Position, options: PageOptions): Promise<string[]> {
  const ids: string[] = [];
  let cursor = encodePosition(from);
  for (let pages = 0; pages < 500; pages++) {
    const page = await read(decodePosition(cursor), options);
    ids.push(...page.events.map(({ id }) => id));
    cursor = encodePosition(page.position);
    if (page.caughtUp) return ids;
  }
  throw new Error('never caught up');
}

const fromLog: Read = (position, options) => database.db.transaction(system, (tx) => readPage(tx, position, options));

describe('what is remembered is what the log says', () => {
  test.each([1, 7, 500])('in pages of %i, from every station to every later one', async (limit) => {
    const { recent, stations } = await remember();
    const fromMemory: Read = async (position, options) => {
      const page = recent.read(position, { ...options, sees: () => true });
      if (page === null) throw new Error('this is not held in memory');
      return page;
    };
    // Many small pages of each way take their time; a few stations do for them.
    const chosen = limit === 500 ? stations : stations.slice(12);
    for (const [index, from] of chosen.entries()) {
      for (const until of chosen.slice(index)) {
        for (const scope of [undefined, shops[1]]) {
          const options = { limit, until, ...(scope !== undefined && { scope }) };
          expect(await readAll(fromMemory, from, options)).toEqual(await readAll(fromLog, from, options));
        }
      }
    }
  });

  test('also where a reader changes between memory and log from page to page', async () => {
    const { recent, stations } = await remember();
    const [from, until] = [stations[2], stations.at(-1)];
    if (from === undefined || until === undefined) throw new Error('no stations');
    let turn = 0;
    const mixed: Read = async (position, options) => {
      const page = turn++ % 2 === 0 ? recent.read(position, { ...options, sees: () => true }) : null;
      return page ?? fromLog(position, options);
    };
    expect(await readAll(mixed, from, { limit: 5, until })).toEqual(
      await readAll(fromLog, from, { limit: 500, until }),
    );
  });

  test('a reader that is ahead of `until` gets nothing, and keeps its place', async () => {
    const { recent, stations } = await remember();
    const [ahead, until] = [stations[9], stations[3]];
    if (ahead === undefined || until === undefined) throw new Error('no stations');
    const page = { events: [], position: ahead, caughtUp: true };
    expect(recent.read(ahead, { limit: 5, until, sees: () => true })).toEqual(page);
    expect(await fromLog(ahead, { limit: 5, until })).toEqual(page);
  });
});

describe('what cannot be vouched for is left to the log', () => {
  const all = { limit: 500, sees: () => true };

  test('of before it began, and of before what was forgotten', async () => {
    const before = await now();
    await write(shops[0] ?? '');
    const { recent, stations } = await remember({ eventsMax: 40 });
    expect(recent.read(before, all)).toBeNull();
    expect(recent.read(stations[0] ?? before, all)).toBeNull();
    expect(recent.read(stations.at(-2) ?? before, all)?.events.length).toBeGreaterThan(0);
  });

  test('older than it is kept for', async () => {
    const { recent, stations } = await remember({ keepMs: 5 });
    expect(recent.read(stations[2] ?? (await now()), all)).toBeNull();
    expect(recent.read(stations[17] ?? (await now()), all)?.events.length).toBeGreaterThan(0);
  });

  test('of what this node has not heard of yet', async () => {
    const { recent, stations } = await remember();
    await write(shops[0] ?? '');
    expect(recent.read(stations[5] ?? (await now()), { ...all, until: await now() })).toBeNull();
  });

  test('of another epoch', async () => {
    const { recent, stations } = await remember();
    const [position] = stations;
    if (position === undefined) throw new Error('no stations');
    expect(recent.read({ ...position, epoch: position.epoch + 1 }, all)).toBeNull();
  });
});

test('shows nothing that the reader may not see', async () => {
  const { recent, stations } = await remember();
  const page = recent.read(stations[0] ?? (await now()), {
    limit: 500,
    sees: (event) => event.location_id === shops[2],
  });
  expect(new Set(page?.events.map((event) => event.location_id))).toEqual(new Set([shops[2]]));
});
