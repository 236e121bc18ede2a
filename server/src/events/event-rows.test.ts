// What is written is what is read, to the letter, and was so before the log kept its documents as they are written.
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { v7 as uuidv7 } from 'uuid';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sampleEvent } from '../../test/harness/sample-event.ts';
import { openTestDatabase, type TestDatabase } from '../../test/harness/test-database.ts';
import { backgroundActor } from '../platform/actor.ts';
import { type AnyNewEvent, append } from './append.ts';
import { currentPosition, readNews } from './read-log.ts';
import type { StoredEvent } from './stored-event.ts';

const migration = new URL('../../migrations/0030_events_as_written.sql', import.meta.url);
const system = backgroundActor('test');
const owner = { franchiseId: uuidv7(), franchiseeId: uuidv7(), locationId: uuidv7() };

let database: TestDatabase;
beforeAll(async () => {
  database = await openTestDatabase();
});
afterAll(() => database.close());

async function written(...events: AnyNewEvent[]): Promise<readonly StoredEvent[]> {
  const from = await database.db.transaction(system, currentPosition);
  await database.db.transaction(system, (tx) => append(tx, events));
  return (await database.db.transaction(system, (tx) => readNews(tx, from))).events;
}

const json = fc.dictionary(fc.string(), fc.jsonValue());
const sample = (parts: Partial<AnyNewEvent>) => ({ ...sampleEvent(owner, uuidv7(), 1), ...parts }) as AnyNewEvent;

test('documents of any content are read as they were written, in the order of the events', async () => {
  const part = fc.record({
    record: fc.option(json),
    oldRecord: fc.option(json),
    metadata: json,
    targetSystems: fc.array(fc.string().filter((text) => !text.includes('\0'))),
    sourceSystem: fc.constantFrom('pos', 'a "quoted", {odd} one'),
    operation: fc.constantFrom('INSERT' as const, 'UPDATE' as const, 'DELETE' as const),
    timestamp: fc.date({ min: new Date('1970-01-01'), max: new Date('2100-01-01'), noInvalidDate: true }),
    owner: fc.constantFrom(owner, { ...owner, locationId: null }, { ...owner, franchiseeId: null, locationId: null }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(part, { minLength: 1, maxLength: 20 }), async (parts) => {
      const events = parts.map((each) => sample(each as Partial<AnyNewEvent>));
      const read = await written(...events);
      const asJson = (value: unknown) => JSON.parse(JSON.stringify(value));
      expect(read.map(ownerAndContent)).toEqual(
        events.map((event) => ({
          owner: event.owner,
          scope: event.owner.locationId ?? event.owner.franchiseeId ?? event.owner.franchiseId,
          content: [event.record, event.oldRecord, event.changeData, event.metadata, event.targetSystems].map(asJson),
          rest: [event.type, event.entityId, event.operation, event.sourceSystem, event.timestamp],
        })),
      );
    }),
    { numRuns: 30 },
  );
});

function ownerAndContent(event: StoredEvent) {
  return {
    owner: { franchiseId: event.franchise_id, franchiseeId: event.franchisee_id, locationId: event.location_id },
    scope: event.scope_id,
    content: [event.record, event.old_record, event.change_data, event.metadata, event.target_systems],
    rest: [event.event_type, event.entity_id, event.operation, event.source_system, event.timestamp],
  };
}

test('an event that goes over a wire is whole', async () => {
  const [event] = await written(sample({ record: { name: 'Espresso ☕' }, metadata: { n: 1 } }));
  if (event === undefined) throw new Error('one was written');
  const row = (await database.rows('select *, xid::text as xid from sync_events where id = $1', [event.id]))[0];
  expect(JSON.parse(JSON.stringify(event))).toEqual(JSON.parse(JSON.stringify({ ...row, seq: Number(row?.['seq']) })));
});

test('a log that kept its documents in parts is read as before, and goes on', async () => {
  await database.rows(
    `alter table sync_events alter column metadata drop default, ${['record', 'old_record', 'change_data', 'metadata']
      .map((name) => `alter column ${name} type jsonb using ${name}::jsonb`)
      .join()}`,
  );
  await database.rows(`alter table sync_events alter column metadata set default '{}'`);
  const from = await database.db.transaction(system, currentPosition);
  const before = [sample({ record: { b: 1.5, a: null } }), sample({ record: null })];
  await database.db.transaction(system, (tx) => append(tx, before));
  await database.rows(await readFile(migration, 'utf8'));
  await database.db.transaction(system, (tx) => append(tx, [sample({ record: { after: true } })]));
  const { events } = await database.db.transaction(system, (tx) => readNews(tx, from));
  expect(events.map(({ record, metadata }) => [record, metadata])).toEqual([
    [{ a: null, b: 1.5 }, before[0]?.metadata ?? {}],
    [null, before[1]?.metadata ?? {}],
    [{ after: true }, before[0]?.metadata ?? {}],
  ]);
});

test('a database without its row of the feed says what it lacks', async () => {
  const from = await database.db.transaction(system, currentPosition);
  const [row] = await database.rows('delete from feed returning to_jsonb(feed) as row');
  const reading = database.db.transaction(system, (tx) => readNews(tx, from));
  await expect(reading).rejects.toThrow('prepareDatabase was not run');
  await database.rows('insert into feed select * from jsonb_populate_record(null::feed, $1)', [row?.['row']]);
  expect(await written(sample({}))).toHaveLength(1);
});
