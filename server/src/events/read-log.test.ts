import { sql } from 'kysely';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import type { Tx } from '../platform/database.ts';
import { asOwner } from '../platform/owner-connection.ts';
import { append } from './append.ts';
import { beginEpoch } from './epoch.ts';
import { resyncError } from './errors.ts';
import { decodePosition, encodePosition, oldestPosition, type Position } from './position.ts';
import { currentPosition, readPage } from './read-log.ts';

const franchiseId = uuidv7();
const shops = [uuidv7(), uuidv7()];
const system = backgroundActor('test');

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

async function write(count: number, locationId = shops[0] ?? ''): Promise<string[]> {
  const owner = { franchiseId, franchiseeId: null, locationId };
  return database.db.transaction(system, (tx) =>
    append(
      tx,
      Array.from({ length: count }, (_, n) => sampleEvent(owner, locationId, n)),
    ),
  );
}

/** Reads on until caught up, through the wire form of the position as a client would. */
async function readAll(position: Position, limit: number, scope?: string): Promise<{ ids: string[]; end: Position }> {
  const ids: string[] = [];
  let cursor = encodePosition(position);
  for (let pages = 0; pages < 100; pages++) {
    const page = await database.db.transaction(system, (tx) =>
      readPage(tx, decodePosition(cursor), scope === undefined ? { limit } : { limit, scope }),
    );
    expect(page.events.length).toBeLessThanOrEqual(limit);
    ids.push(...page.events.map((event) => event.id));
    cursor = encodePosition(page.position);
    if (page.caughtUp) return { ids, end: page.position };
  }
  throw new Error('never caught up');
}

const now = () => database.db.transaction(system, currentPosition);

test('pages of any size give every event once, in order', async () => {
  const start = await now();
  const written = [...(await write(25)), ...(await write(25))];
  for (const limit of [1, 7, 25, 50, 500]) expect((await readAll(start, limit)).ids).toEqual(written);
});

test('the oldest position gives all that is kept, and its end gives only what comes after', async () => {
  const { end } = await readAll(oldestPosition((await now()).epoch), 500);
  expect((await readAll(end, 500)).ids).toEqual([]);
  const written = await write(3);
  expect((await readAll(end, 2)).ids).toEqual(written);
});

test('a page is bounded by its own snapshot: what commits while a client turns the pages comes on the next round', async () => {
  const start = await now();
  const first = await write(4);
  const page = await database.db.transaction(system, (tx) => readPage(tx, start, { limit: 2 }));
  const later = await write(2);
  const rest = await readAll(page.position, 2);
  expect([...page.events.map((event) => event.id), ...rest.ids]).toEqual(first);
  expect((await readAll(rest.end, 10)).ids).toEqual(later);
});

test('events of a transaction open between two reads are given when it commits, also with lower numbers', async () => {
  const start = await now();
  const { early, late, between } = await database.db.transaction(system, async (tx) => {
    const [open] = await append(tx, [
      sampleEvent({ franchiseId, franchiseeId: null, locationId: null }, franchiseId, 1),
    ]);
    const others = await write(3);
    return { early: open, late: others, between: await readAll(start, 10) };
  });
  expect(between.ids).toEqual(late);
  expect((await readAll(between.end, 10)).ids).toEqual([early]);
});

/**
 * Two transactions overlap: the younger takes a number first and commits last, and nothing that began after it ends before
 * it. A snapshot then ends below the younger, as if that had not begun. `meanwhile` runs once the older has committed.
 */
async function overlap<T>(meanwhile: () => Promise<T>): Promise<{ early: string[]; between: T }> {
  const owner = { franchiseId, franchiseeId: null, locationId: null };
  const numbered = Promise.withResolvers<string[]>();
  const release = Promise.withResolvers<void>();
  const younger = await database.db.transaction(system, async (older) => {
    await sql`select pg_current_xact_id()`.execute(older);
    const running = database.db.transaction(system, async (tx) => {
      numbered.resolve(await append(tx, [sampleEvent(owner, franchiseId, 1)]));
      await release.promise;
    });
    await numbered.promise;
    await append(older, [sampleEvent(owner, franchiseId, 2)]);
    return { running };
  });
  try {
    return { early: await numbered.promise, between: await meanwhile() };
  } finally {
    release.resolve();
    await younger.running;
  }
}

test('what took its number first and commits last is given, although its transaction began last', async () => {
  // Again and again: the transactions of other databases of the server may cover up what is looked for.
  for (let round = 0; round < 20; round++) {
    const start = await now();
    const { early, between } = await overlap(async () => readAll((await readAll(start, 10)).end, 10));
    expect((await readAll(between.end, 10)).ids).toEqual(early);
  }
});

test('the same behind a far backlog, which is walked by number', async () => {
  for (let round = 0; round < 3; round++) {
    const start = await now();
    const { early, between } = await overlap(async () => (await readAll(start, 10)).end);
    const written = await write(6_000);
    expect((await readAll(between, 500)).ids).toEqual([...early, ...written]);
  }
});

test('a scope gives the events owned by it', async () => {
  const start = await now();
  await write(2, shops[0]);
  const wanted = await write(3, shops[1]);
  expect((await readAll(start, 2, shops[1])).ids).toEqual(wanted);
  expect((await readAll(start, 500, franchiseId)).ids).toHaveLength(5);
});

test('a far backlog is walked by number and misses nothing, also of what an open transaction adds in between', async () => {
  const start = await now();
  const written = await write(4_000);
  const { early, first } = await database.db.transaction(system, async (tx) => {
    const ids = await append(tx, [sampleEvent({ franchiseId, franchiseeId: null, locationId: null }, franchiseId, 1)]);
    written.push(...(await write(2_000)));
    return { early: ids, first: await readAll(start, 500) };
  });
  // More than are picked and sorted at once, so the pages go by number; the open transaction's event comes after.
  expect(first.ids).toEqual(written);
  expect((await readAll(first.end, 500)).ids).toEqual(early);
});

test('a gap of millions of numbers is passed at once', async () => {
  const start = await now();
  const written = await write(2);
  await asOwner(database.ownerUrl, (owner) =>
    owner.query(`select setval('sync_events_seq_seq', (select max(seq) from sync_events) + 10000000)`),
  );
  written.push(...(await write(2)));
  // A page of one event each, so that the second goes by number.
  expect((await readAll(start, 1)).ids).toEqual(written);
});

/** Does something of others' right before a statement of the transaction. */
function interrupted(tx: Tx, isMeant: (text: string) => boolean, act: () => Promise<unknown>): Tx {
  const executor = tx.getExecutor();
  const watched: typeof executor = new Proxy(executor, {
    get(target, name) {
      if (name === 'executeQuery')
        return async (...[query, ...rest]: Parameters<typeof executor.executeQuery>) => {
          if (isMeant(query.sql)) await act();
          return executor.executeQuery(query, ...rest);
        };
      const member: unknown = Reflect.get(target, name);
      return typeof member === 'function' ? member.bind(target) : member;
    },
  });
  return new Proxy(tx, { get: (target, name) => (name === 'getExecutor' ? () => watched : Reflect.get(target, name)) });
}

test('what retention drops while a gap is passed is answered "resync", and not passed over', async () => {
  const start = await now();
  await write(2);
  await asOwner(database.ownerUrl, (owner) =>
    owner.query(`select setval('sync_events_seq_seq', (select max(seq) from sync_events) + 100)`),
  );
  const lost = await write(2);
  const next = (position: Position, isDropping = false) =>
    database.db.transaction(system, (tx) => {
      const drop = () =>
        asOwner(database.ownerUrl, async (owner) => {
          await owner.query('update feed set dropped_xid = (select max(xid) from sync_events)');
          await owner.query('delete from sync_events where id = any($1)', [lost]);
        });
      const isPassing = (text: string) => isDropping && text.includes('seq - 1 as seq');
      return readPage(interrupted(tx, isPassing, drop), position, { limit: 1 });
    });
  const first = await next(start);
  const second = await next(first.position);
  expect([first, second].map(({ events }) => events.length)).toEqual([1, 1]);
  await expect(next(second.position, true)).rejects.toSatisfy(resyncError.is);
  expect(await database.rows('select from sync_events where id = any($1)', [lost])).toEqual([]);
});

test('a position of another epoch, or ahead of the server, is answered "resync"', async () => {
  const old = await now();
  const client = new pg.Client({ connectionString: database.ownerUrl });
  await client.connect();
  await beginEpoch(client);
  await client.end();
  const read = (position: Position) => database.db.transaction(system, (tx) => readPage(tx, position, { limit: 10 }));
  await expect(read(old)).rejects.toSatisfy(resyncError.is);
  const present = await now();
  await expect(read({ ...present, from: '9000000000:9000000000:' })).rejects.toSatisfy(resyncError.is);
  const written = await write(2);
  expect((await readAll(present, 10)).ids).toEqual(written);
});
