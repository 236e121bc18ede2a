import { sql } from 'kysely';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import type { Tx } from '../platform/database.ts';
import { type AnyNewEvent, append, type EventOwner } from './append.ts';
import { createFollower, type FollowerOptions } from './follower.ts';
import type { Position } from './position.ts';
import type { StoredEvent } from './stored-event.ts';

const franchiseId = uuidv7();
const system = backgroundActor('test');

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
  await database.rows('create table derived (follower text, event_id uuid)');
  await database.rows('grant select, insert on derived to tillstream_background');
});
afterAll(() => database.close());

function follow(
  name: string,
  interfere: (tx: Tx) => Promise<void> = async () => undefined,
  wanted: Pick<FollowerOptions, 'kinds'> = {},
) {
  const errors: unknown[] = [];
  const follower = createFollower({
    name,
    db: database.db,
    pageSize: 3,
    ...wanted,
    onError: (error) => errors.push(error),
    async handle(tx: Tx, events: readonly StoredEvent[]) {
      for (const { id } of events) await sql`insert into derived values (${name}, ${id}::uuid)`.execute(tx);
      await interfere(tx);
    },
  });
  return { follower, errors };
}

async function write(count: number, make = sampleEvent): Promise<string[]> {
  const owner = { franchiseId, franchiseeId: null, locationId: null };
  return database.db.transaction(system, (tx) =>
    append(
      tx,
      Array.from({ length: count }, (_, n) => make(owner, franchiseId, n)),
    ),
  );
}

const derived = async (name: string) =>
  (await database.rows<{ event_id: string }>('select event_id from derived where follower = $1', [name])).map(
    (row) => row.event_id,
  );

const positionKept = (name: string) =>
  vi.waitFor(async () =>
    expect(await database.rows('select from follower_positions where follower = $1', [name])).toHaveLength(1),
  );

test('a page that fails on its way is read again: nothing is lost and nothing doubled', async () => {
  let failures = 3;
  const { follower, errors } = follow('failing', async (tx) => {
    if (failures-- > 0) await sql`select 1 / 0`.execute(tx);
  });
  await follower.start();
  await positionKept('failing');
  const written = await write(10);
  await vi.waitFor(async () => expect((await derived('failing')).length).toBeGreaterThanOrEqual(10), {
    timeout: 10_000,
  });
  await follower.stop();
  expect((await derived('failing')).sort()).toEqual(written.sort());
  expect(errors.length).toBeGreaterThanOrEqual(3);
});

test('its connection killed in the middle of a page, it goes on where the last commit stood', async () => {
  let kills = 3;
  const { follower } = follow('killed', async (tx) => {
    if (kills-- > 0) await sql`select pg_terminate_backend(pg_backend_pid())`.execute(tx);
  });
  await follower.start();
  await positionKept('killed');
  const written = await write(10);
  await vi.waitFor(async () => expect((await derived('killed')).length).toBeGreaterThanOrEqual(10), {
    timeout: 10_000,
  });
  await follower.stop();
  expect((await derived('killed')).sort()).toEqual(written.sort());
});

test('the same follower on two nodes handles each event once', async () => {
  const [one, two] = [follow('twice'), follow('twice')];
  await one.follower.start();
  await two.follower.start();
  await positionKept('twice');
  const written: string[] = [];
  for (let i = 0; i < 20; i++) written.push(...(await write(4)));
  await vi.waitFor(async () => expect((await derived('twice')).length).toBeGreaterThanOrEqual(80), { timeout: 10_000 });
  await Promise.all([one.follower.stop(), two.follower.stop()]);
  expect((await derived('twice')).sort()).toEqual(written.sort());
});

test('stopped and started again it goes on from its kept position', async () => {
  const first = follow('restarted');
  await first.follower.start();
  await positionKept('restarted');
  await first.follower.stop();
  const written = await write(5);
  const second = follow('restarted');
  await second.follower.start();
  await vi.waitFor(async () => expect((await derived('restarted')).sort()).toEqual(written.sort()), {
    timeout: 10_000,
  });
  await second.follower.stop();
});

test('after a backlog of whole pages it goes on with what comes next', async () => {
  const { follower, errors } = follow('whole pages');
  await follower.start();
  await positionKept('whole pages');
  const written = await write(6);
  await vi.waitFor(async () => expect(await derived('whole pages')).toHaveLength(6), { timeout: 10_000 });
  written.push(...(await write(3)), ...(await write(1)));
  await vi.waitFor(async () => expect(await derived('whole pages')).toHaveLength(10), { timeout: 10_000 });
  await follower.stop();
  expect((await derived('whole pages')).sort()).toEqual(written.sort());
  expect(errors).toEqual([]);
});

const queued = (owner: EventOwner, entityId: string): AnyNewEvent => ({
  ...sampleEvent(owner, entityId, 0),
  type: 'notification.queued',
  changeData: { notificationId: entityId, recipientId: entityId, notificationType: 'stock_alert' },
});

test('of some kinds alone it is given those, and its position moves past the others', async () => {
  const { follower, errors } = follow('choosy', undefined, { kinds: ['notification.queued'] });
  await follower.start();
  await positionKept('choosy');
  const positionOf = async () =>
    (
      await database.rows<{ position: Position }>(`select position from follower_positions where follower = 'choosy'`)
    )[0]?.position;
  const start = await positionOf();
  await write(10);
  const [wanted] = await write(1, queued);
  await write(10);
  follower.wake();
  await vi.waitFor(async () => expect(await derived('choosy')).toEqual([wanted]), { timeout: 10_000 });
  const reached = await positionOf();
  expect(reached?.from).not.toBe(start?.from);
  await write(10);
  // Without anything that it wants: late, but it moves, or retention would wait for it for ever.
  await vi.waitFor(
    async () => {
      follower.wake();
      expect((await positionOf())?.from).not.toBe(reached?.from);
    },
    { timeout: 10_000 },
  );
  await follower.stop();
  expect(await derived('choosy')).toEqual([wanted]);
  expect(errors).toEqual([]);
});
