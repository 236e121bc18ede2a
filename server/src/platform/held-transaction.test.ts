import { sql } from 'kysely';
import { afterAll, beforeAll, beforeEach, expect, test, vi } from 'vitest';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { type Actor, backgroundActor } from './actor.ts';
import { type Tx, wakeAfterCommit } from './database.ts';
import { type HeldTransaction, keepDespiteRefusal } from './held-transaction.ts';

let database: TestDatabase;
let wakes = 0;

beforeAll(async () => {
  database = await openTestDatabase({ connectionsMax: 3, onWake: () => wakes++ });
});
afterAll(() => database.close());

// Any small table would do; this one the background may write.
beforeEach(() => database.rows('delete from follower_positions'));

const actor = backgroundActor('test');

const waiters = `select from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;

const write = (tx: Tx, follower: string) =>
  sql`insert into follower_positions (follower, position) values (${follower}, '{}')`.execute(tx);

const part = (name: string, as: Actor = actor) => database.db.transaction(as, (tx) => write(tx, name));

async function written(): Promise<string[]> {
  const rows = await database.rows<{ follower: string }>('select follower from follower_positions order by follower');
  return rows.map(({ follower }) => follower);
}

/** Runs `work` within a new held transaction, which is left open. */
async function within<T>(work: (held: HeldTransaction) => Promise<T>): Promise<{ held: HeldTransaction; result: T }> {
  const held = await database.db.hold(actor.id);
  const result = await new Promise<T>((resolve, reject) => held.within(() => work(held).then(resolve, reject)));
  return { held, result };
}

test('parts are seen by nobody until all of them are committed, and the followers are woken then', async () => {
  wakes = 0;
  const { held } = await within(async () => {
    await part('a');
    await database.db.transaction(actor, async (tx) => {
      await write(tx, 'b');
      wakeAfterCommit(tx);
    });
  });
  expect([await written(), wakes]).toEqual([[], 0]);
  await held.commit();
  expect([await written(), wakes]).toEqual([['a', 'b'], 1]);
});

test('a part that fails takes back its own writes and no other part’s', async () => {
  const { held } = await within(async () => {
    await part('a');
    const failing = database.db.transaction(actor, async (tx) => {
      await write(tx, 'b');
      await write(tx, 'b');
    });
    await expect(failing).rejects.toMatchObject({ code: '23505' });
    await part('c');
  });
  await held.commit();
  expect(await written()).toEqual(['a', 'c']);
});

test('parts that are begun side by side wait for each other', async () => {
  const { held } = await within(() => Promise.all(['a', 'b', 'c', 'd'].map((name) => part(name))));
  await held.commit();
  expect(await written()).toEqual(['a', 'b', 'c', 'd']);
});

test('each part has its actor’s role and settings, whatever the one before had', async () => {
  const seen = (settings: Actor['settings']) =>
    database.db.transaction({ ...actor, settings }, async (tx) => {
      const { rows } = await sql<{ user: string }>`select current_setting('app.user') as user`.execute(tx);
      return rows[0]?.user;
    });
  const { held, result } = await within(async () => [await seen({ 'app.user': 'ada' }), await seen({})]);
  await held.rollback();
  expect(result).toEqual(['ada', '']);
});

test('taken back, nothing is left, and what still runs within it cannot write on its own account', async () => {
  const { held } = await within(async () => part('a'));
  await held.rollback();
  expect(await written()).toEqual([]);
  const late = new Promise((resolve, reject) => held.within(() => part('b').then(resolve, reject)));
  await expect(late).rejects.toThrow('was taken back');
  expect(await written()).toEqual([]);
});

test('after the commit, what a request has left running goes on by itself', async () => {
  const { held } = await within(async () => part('a'));
  await held.commit();
  await new Promise((resolve, reject) => held.within(() => part('b').then(resolve, reject)));
  expect(await written()).toEqual(['a', 'b']);
});

test('another actor cannot join, and a part cannot begin another one', async () => {
  const { held } = await within(async () => {
    await expect(part('a', backgroundActor('other'))).rejects.toThrow('which holds its own');
    const nested = database.db.transaction(actor, () => part('b'));
    await expect(nested).rejects.toThrow('within another one');
  });
  await held.commit();
  expect(await written()).toEqual([]);
});

test('only what says so is kept despite a refusal', async () => {
  const plain = await within(async () => part('a'));
  expect(plain.held.keepsDespiteRefusal).toBe(false);
  await plain.held.rollback();
  const kept = await within(async () => {
    await part('a');
    keepDespiteRefusal();
  });
  expect(kept.held.keepsDespiteRefusal).toBe(true);
  await kept.held.rollback();
  // Outside of a held transaction there is nothing to keep.
  expect(() => keepDespiteRefusal()).not.toThrow();
});

test('a deadlock repeats the part, and what came before it stays', async () => {
  await part('first');
  await part('second');
  const lock = (tx: Tx, follower: string) =>
    sql`select from follower_positions where follower = ${follower} for update`.execute(tx);
  const partHasSecond = Promise.withResolvers<void>();
  const otherHasFirst = Promise.withResolvers<void>();
  const other = database.db.transaction(actor, async (tx) => {
    await lock(tx, 'first');
    otherHasFirst.resolve();
    await partHasSecond.promise;
    // The part waits already: it has waited longest when PostgreSQL looks, and is the one that gives way.
    await vi.waitFor(async () => expect(await database.rows(waiters)).toHaveLength(1));
    await lock(tx, 'second');
  });
  let attempts = 0;
  const { held } = await within(async () => {
    await part('before');
    await database.db.transaction(actor, async (tx) => {
      attempts++;
      await lock(tx, 'second');
      await otherHasFirst.promise;
      partHasSecond.resolve();
      await lock(tx, 'first');
      await write(tx, 'after');
    });
  });
  await other;
  await held.commit();
  expect([attempts, await written()]).toEqual([2, ['after', 'before', 'first', 'second']]);
});

test('a transaction that cannot be begun says so, and a lost connection is no commit', async () => {
  const { held } = await within(async () => {
    await part('a');
    const [backend] = await database.db.transaction(actor, async (tx) => {
      const { rows } = await sql<{ pid: number }>`select pg_backend_pid() as pid`.execute(tx);
      return rows;
    });
    await database.rows('select pg_terminate_backend($1)', [backend?.pid]);
  });
  await expect(held.commit()).rejects.toThrow();
  await held.rollback();
  expect(await written()).toEqual([]);
});
