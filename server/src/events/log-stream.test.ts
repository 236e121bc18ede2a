import { randomInt } from 'node:crypto';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Committed, checkDelivery, exactDelivery } from '../../test/harness/delivery-checker.ts';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { stressService } from '../../test/harness/stress-service.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import { asOwner } from '../platform/owner-connection.ts';
import { startAll, stopAll } from '../platform/service.ts';
import { append } from './append.ts';
import { type Batch, type Bus, createInProcessBus } from './bus.ts';
import { beginEpoch } from './epoch.ts';
import { createLogStream, type LogStream } from './log-stream.ts';
import { type Position, samePosition } from './position.ts';
import { RecentEvents } from './recent-events.ts';
import { createRelay } from './relay.ts';

const franchiseId = uuidv7();
const entities = Array.from({ length: 6 }, () => uuidv7());
const counters = new Map(entities.map((entity) => [entity, 0]));
const system = backgroundActor('test');

let database: TestDatabase;
let woken = (): void => undefined;
const errors: unknown[] = [];
const onError = (error: unknown) => void errors.push(error);

beforeAll(async () => {
  database = await openTestDatabase({ connectionsMax: 14, onWake: () => woken() });
});
beforeEach(() => void errors.splice(0));
afterAll(() => database.close());

/** One transaction with up to three events, written one after the other within an entity. */
async function write(writer: number, committed: Committed[]): Promise<void> {
  const told = await database.db.transaction(system, async (tx) => {
    const wanted = Array.from({ length: randomInt(1, 4) }, () => {
      const entity = entities[writer] ?? '';
      const n = (counters.get(entity) ?? 0) + 1;
      counters.set(entity, n);
      return { entity, n };
    });
    const owner = { franchiseId, franchiseeId: null, locationId: null };
    const ids = await append(
      tx,
      wanted.map(({ entity, n }) => sampleEvent(owner, entity, n)),
    );
    return wanted.map((each, index) => ({ ...each, id: ids[index] ?? '' }));
  });
  committed.push(...told);
}

async function writeAll(transactionsEach: number): Promise<Committed[]> {
  const committed: Committed[] = [];
  const writers = entities.map(async (_, writer) => {
    for (let i = 0; i < transactionsEach; i++) await write(writer, committed);
  });
  await Promise.all(writers);
  return committed;
}

/** Everything that a stream hands out, and whether its chain ever broke. */
function listen(stream: LogStream) {
  const delivered: Committed[] = [];
  let end: Position | null = null;
  const heard = { delivered, breaks: 0 };
  stream.subscribe(({ from, to, events }) => {
    if (end !== null && !samePosition(end, from)) heard.breaks++;
    end = to;
    delivered.push(
      ...events.map(({ id, entity_id, metadata }) => ({ id, entity: entity_id, n: Number(metadata['n']) })),
    );
  });
  return heard;
}

/** What goes wrong between a relay and those who follow it. */
function spoiled(bus: Bus, spoil: (batch: Batch) => Batch[]): Bus {
  return {
    ...bus,
    subscribe: (listener) => bus.subscribe((batch) => spoil(batch).forEach(listener)),
  };
}

describe('every event once and in order', () => {
  const late: Batch[] = [];
  test.each<[string, (batch: Batch) => Batch[]]>([
    ['over a bus that loses nothing', (batch) => [batch]],
    ['over a bus that loses a third of the batches', (batch) => (randomInt(3) === 0 ? [] : [batch])],
    ['over a bus that repeats old batches', (batch) => [batch, ...late.splice(0, 1, batch)]],
    ['over a bus that brings nothing at all', () => []],
  ])('%s', async (_, spoil) => {
    const bus = createInProcessBus();
    const relay = createRelay({ db: database.db, bus, onError, intervalMs: 20 });
    const recent = new RecentEvents();
    const follow = spoiled(bus, spoil);
    const stream = createLogStream({ db: database.db, bus: follow, recent, onError, intervalMs: 20, silenceMs: 100 });
    woken = relay.wake;
    const heard = listen(stream);
    await startAll([relay, stream]);
    const committed = await writeAll(40);
    await vi.waitFor(() => expect(heard.delivered.length).toBeGreaterThanOrEqual(committed.length), 20_000);
    await stopAll([relay, stream]);
    expect(checkDelivery(committed, heard.delivered)).toEqual(exactDelivery);
    expect(heard.breaks).toBe(0);
    expect(errors).toEqual([]);
  });

  test('while two relays publish at once, as when a leader has not noticed that it is none any more', async () => {
    const bus = createInProcessBus();
    const relays = [1, 2].map(() => createRelay({ db: database.db, bus, onError, intervalMs: 20 }));
    const stream = createLogStream({ db: database.db, bus, recent: new RecentEvents(), onError });
    woken = () => {
      for (const relay of relays) relay.wake();
    };
    const heard = listen(stream);
    await startAll([...relays, stream]);
    const committed = await writeAll(40);
    await vi.waitFor(() => expect(heard.delivered.length).toBeGreaterThanOrEqual(committed.length), 20_000);
    await stopAll([...relays, stream]);
    expect(checkDelivery(committed, heard.delivered)).toEqual(exactDelivery);
  });

  test('the checker is red for who believes the bus', async () => {
    const bus = createInProcessBus();
    const relay = createRelay({ db: database.db, bus, onError, intervalMs: 20 });
    const delivered: Committed[] = [];
    const follow = spoiled(bus, (batch) => (batch.events.length > 0 && randomInt(2) === 0 ? [] : [batch]));
    follow.subscribe(({ events }) => {
      delivered.push(
        ...events.map(({ id, entity_id: entity, metadata }) => ({ id, entity, n: Number(metadata['n']) })),
      );
    });
    woken = relay.wake;
    await relay.start();
    const committed = await writeAll(20);
    await relay.stop();
    expect(checkDelivery(committed, delivered).missed).not.toEqual([]);
  });
});

test('a bus that is down is not waited for', async () => {
  const bus = { ...createInProcessBus(), isUp: () => false };
  const stream = createLogStream({ db: database.db, bus, recent: new RecentEvents(), onError, silenceMs: 3_600_000 });
  const heard = listen(stream);
  await stream.start();
  const committed: Committed[] = [];
  await write(0, committed);
  await vi.waitFor(() => expect(checkDelivery(committed, heard.delivered)).toEqual(exactDelivery));
  expect(stream.isFresh()).toBe(true);
  await stream.stop();
});

test('after a restore the chain breaks, and goes on in the new epoch', async () => {
  const bus = createInProcessBus();
  const relay = createRelay({ db: database.db, bus, onError, intervalMs: 20 });
  const stream = createLogStream({ db: database.db, bus, recent: new RecentEvents(), onError, intervalMs: 20 });
  woken = relay.wake;
  const heard = listen(stream);
  await startAll([relay, stream]);
  await asOwner(database.ownerUrl, beginEpoch);
  await vi.waitFor(() => expect(heard.breaks).toBe(1));
  const committed: Committed[] = [];
  await write(0, committed);
  await vi.waitFor(() => expect(checkDelivery(committed, heard.delivered)).toEqual(exactDelivery));
  await stopAll([relay, stream]);
});

test('starts and stops in any order', async () => {
  await stressService({
    create: () => createLogStream({ db: database.db, bus: createInProcessBus(), recent: new RecentEvents(), onError }),
  });
});
