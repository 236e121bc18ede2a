import { randomInt } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { sql } from 'kysely';
import pg from 'pg';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type Committed, checkDelivery, exactDelivery } from '../../test/harness/delivery-checker.ts';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import type { Tx } from '../platform/database.ts';
import { append } from './append.ts';
import { createInProcessBus } from './bus.ts';
import { createRelay } from './relay.ts';

const writers = 32;
const transactionsEach = 40;
const entities = Array.from({ length: 8 }, () => uuidv7());
const system = backgroundActor('test');

let database: TestDatabase;
let wake = (): void => undefined;

beforeAll(async () => {
  database = await openTestDatabase({ connectionsMax: writers + 4, onWake: () => wake() });
  await database.rows('create table counters (entity uuid primary key, n integer not null default 0)');
  await database.rows('insert into counters (entity) select unnest($1::uuid[])', [entities]);
  await database.rows('grant select, update on counters to tillstream_background');
});
afterAll(() => database.close());

class Rollback extends Error {}

/** One transaction that changes one to three entities under their locks and tells of each; a fifth of them roll back. */
async function change(committed: Committed[]): Promise<void> {
  const told: Committed[] = [];
  const work = async (tx: Tx): Promise<void> => {
    told.length = 0;
    for (const entity of pick(randomInt(1, 4)).sort()) {
      const { rows } = await sql<{ n: number }>`
        update counters set n = n + 1 where entity = ${entity} returning n`.execute(tx);
      const n = rows[0]?.n ?? 0;
      const [id] = await append(tx, [numbered(entity, n)]);
      told.push({ id: id ?? '', entity, n });
      if (randomInt(4) === 0) await withSavepointRolledBack(tx, entity);
      await pause(randomInt(4));
    }
    if (randomInt(5) === 0) throw new Rollback();
  };
  try {
    await database.db.transaction(system, work);
    committed.push(...told);
  } catch (error) {
    if (!(error instanceof Rollback)) throw error;
  }
}

async function withSavepointRolledBack(tx: Tx, entity: string): Promise<void> {
  await sql`savepoint aside`.execute(tx);
  await append(tx, [numbered(entity, -1)]);
  await sql`rollback to savepoint aside`.execute(tx);
}

function pick(count: number): string[] {
  return Array.from({ length: count }, () => entities[randomInt(entities.length)] ?? '').filter(
    (entity, index, all) => all.indexOf(entity) === index,
  );
}

function numbered(entity: string, n: number) {
  return sampleEvent({ franchiseId: entities[0] ?? '', franchiseeId: null, locationId: null }, entity, n);
}

async function writeFromManyConnections(): Promise<Committed[]> {
  const committed: Committed[] = [];
  const writer = async () => {
    for (let i = 0; i < transactionsEach; i++) await change(committed);
  };
  await Promise.all(Array.from({ length: writers }, writer));
  return committed;
}

test('every committed event is delivered once and in order, while a stranger keeps a transaction open', async () => {
  const delivered: Committed[] = [];
  const bus = createInProcessBus();
  let tip: unknown = null;
  bus.subscribe((batch) => {
    if (tip !== null) expect(batch.from).toEqual(tip);
    tip = batch.to;
    for (const { id, entity_id, metadata } of batch.events) {
      delivered.push({ id, entity: entity_id, n: Number(metadata['n']) });
    }
  });
  const errors: unknown[] = [];
  const relay = createRelay({ db: database.db, bus, onError: (error) => errors.push(error), intervalMs: 20 });
  wake = relay.wake;
  const stranger = new pg.Client({ connectionString: database.ownerUrl });
  await stranger.connect();
  await stranger.query('begin; select pg_current_xact_id()');
  // The relay promises what is committed after its start, so nothing may be written before it stands.
  await relay.start();
  await warmUp(delivered);
  const committed = await writeFromManyConnections();
  // All of it comes while the stranger's transaction is still open.
  await vi.waitFor(() => expect(delivered.length).toBeGreaterThanOrEqual(committed.length), { timeout: 20_000 });
  expect(await strangerIsOpen()).toBe(true);
  await relay.stop();
  await stranger.end();
  expect(checkDelivery(committed, delivered)).toEqual(exactDelivery);
  expect(errors).toEqual([]);
});

test('an event of a transaction that was open for long is delivered when it commits', async () => {
  const delivered: string[] = [];
  const bus = createInProcessBus();
  bus.subscribe((batch) => delivered.push(...batch.events.map((event) => event.id)));
  const relay = createRelay({ db: database.db, bus, onError: () => undefined, intervalMs: 20 });
  wake = relay.wake;
  await relay.start();
  let late: string | undefined;
  await database.db.transaction(system, async (tx) => {
    [late] = await append(tx, [numbered(entities[0] ?? '', 1)]);
    for (let i = 0; i < 20; i++) await change([]);
    await vi.waitFor(() => expect(delivered.length).toBeGreaterThan(0));
    expect(delivered).not.toContain(late);
  });
  await vi.waitFor(() => expect(delivered).toContain(late));
  await relay.stop();
  expect(delivered.filter((id) => id === late)).toHaveLength(1);
});

test('the checker is red on a relay that reads "seq > last"', async () => {
  const delivered: Committed[] = [];
  let last =
    (await database.rows<{ max: number }>('select coalesce(max(seq), 0)::int as max from sync_events'))[0]?.max ?? 0;
  let writing = true;
  const naive = async () => {
    while (writing) {
      const rows = await database.rows<{ id: string; seq: string; entity_id: string; metadata: { n: number } }>(
        'select id, seq, entity_id, metadata from sync_events where seq > $1 order by seq',
        [last],
      );
      for (const row of rows) delivered.push({ id: row.id, entity: row.entity_id, n: row.metadata.n });
      last = Number(rows.at(-1)?.seq ?? last);
    }
  };
  const reading = naive();
  const committed = await writeFromManyConnections();
  writing = false;
  await reading;
  expect(checkDelivery(committed, delivered).missed.length).toBeGreaterThan(0);
});

/** Writes until the relay delivers: from then on everything must come. */
async function warmUp(delivered: Committed[]): Promise<void> {
  await vi.waitFor(async () => {
    await change([]);
    expect(delivered.length).toBeGreaterThan(0);
  });
  const settled = async () => {
    const { length } = delivered;
    await pause(100);
    expect(delivered.length).toBe(length);
  };
  await vi.waitFor(settled);
  delivered.length = 0;
}

async function strangerIsOpen(): Promise<boolean> {
  const rows = await database.rows(
    `select from pg_stat_activity where datname = current_database() and state = 'idle in transaction'
     and backend_xid is not null`,
  );
  return rows.length > 0;
}
