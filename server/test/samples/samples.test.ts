/**
 * Stored events are read for as long as they are kept, so every shape that a payload ever had must be read by today's code.
 * A payload that has changed needs a sample of its new version: `WRITE_EVENT_SAMPLES=on npx vitest run server/test/samples`
 * makes the missing ones of real events, to be committed with the change. What is there is never edited.
 */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { announcementOf } from '../../src/delivery/notifications/rules.ts';
import { catalogue, type EventType, feedTables, oldestKeptPosition, readPage } from '../../src/events/index.ts';
import { backgroundActor } from '../../src/platform/actor.ts';
import { startTestApp, type TestApp } from '../harness/test-app.ts';
import { type EventRow, makeEverythingHappen } from './happenings.ts';
import { breaksBetween, isSame, readSamples, type Shape, shapeToday, writeSample } from './samples.ts';

const isWriting = process.env['WRITE_EVENT_SAMPLES'] === 'on';
const kinds = Object.keys(catalogue) as EventType[];

let app: TestApp;
let happened: ReadonlyMap<string, readonly EventRow[]>;

beforeAll(async () => {
  app = await startTestApp();
  happened = await makeEverythingHappen(app);
  if (isWriting) for (const kind of kinds) writeIfMissing(kind);
});
afterAll(() => app.stop());

function writeIfMissing(kind: EventType): void {
  const newest = readSamples().findLast((sample) => sample.kind === kind);
  const shape = shapeToday(kind);
  if (newest !== undefined && isSame(shape, { payload: newest.payload, columns: newest.columns })) return;
  // The fullest, which shows the most of the shape.
  const fields = (event: EventRow) => Object.keys(event['change_data'] as object).length;
  const [event] = (happened.get(kind) ?? []).toSorted((a, b) => fields(b) - fields(a));
  if (event === undefined) throw new Error(`no ${kind} has happened`);
  writeSample({ kind, version: (newest?.version ?? 0) + 1, ...shape, event });
}

/** Decodes as today's readers do; what it does not know it would drop, so the outcome is compared with what came in. */
function expectDecodes(kind: EventType, event: EventRow): void {
  const { changeData, table, entityType } = catalogue[kind];
  expect(changeData.parse(event['change_data'])).toEqual(event['change_data']);
  expect([event['table_name'], event['entity_type']]).toEqual([table, entityType]);
  const columns = Object.keys(feedTables[table].columns);
  const named = { ...(event['record'] ?? {}), ...(event['old_record'] ?? {}) };
  expect(Object.keys(named).filter((name) => !columns.includes(name))).toEqual([]);
}

/** Clients find the row that they show by the old one, so an UPDATE or DELETE names at least its key; an INSERT has none. */
function expectKeyOfBefore({ operation, record, old_record: before }: EventRow): void {
  if (operation === 'INSERT') expect(before).toBeNull();
  else if (record !== null) expect(record).toMatchObject({ ...keyOf(before) });
}

function keyOf(row: unknown): Readonly<Record<string, unknown>> {
  const { location_id, id } = row as Record<string, unknown>;
  expect([location_id, id]).toEqual([expect.any(String), expect.any(String)]);
  return { location_id, id };
}

test.each(kinds)('%s: its newest sample has the shape of today (else: write one of the next version)', (kind) => {
  const samples = readSamples().filter((sample) => sample.kind === kind);
  expect(samples.map(({ version }) => version)).toEqual(samples.map((_, index) => index + 1));
  const { payload, columns } = samples.at(-1) ?? {};
  expect({ payload, columns }).toEqual(shapeToday(kind));
});

test.each(kinds)('%s: what is appended today decodes', (kind) => {
  const events = happened.get(kind) ?? [];
  expect(events).not.toEqual([]);
  for (const event of events) {
    expectDecodes(kind, event);
    expectKeyOfBefore(event);
  }
});

describe.each(readSamples())('$kind, version $version', ({ kind, version, payload, columns, event }) => {
  test('is still in the catalogue, and decodes', () => {
    expect(kinds).toContain(kind);
    expectDecodes(kind as EventType, event);
  });

  test('is an event of its own version', () => {
    const released = z.fromJSONSchema(payload as Parameters<typeof z.fromJSONSchema>[0]);
    expect(released.parse(event['change_data'])).toEqual(event['change_data']);
    for (const name of Object.keys(event['record'] ?? {})) expect(columns).toHaveProperty(name);
  });

  test('later versions have gained optional fields and columns, nothing else', () => {
    for (const later of readSamples().filter((sample) => sample.kind === kind && sample.version > version)) {
      expect(breaksBetween(payload, later.payload)).toEqual([]);
      expect(later.columns).toMatchObject(columns);
    }
  });
});

test('put back into the log, every sample is read as it was written, and announced where its kind is', async () => {
  const samples = readSamples();
  const events = samples.map(({ event }, index) => ({ ...event, seq: 1_000_000_000 + index }));
  await app.rows(
    `insert into sync_events overriding system value
     select (jsonb_populate_record(null::sync_events, e || jsonb_build_object('xid', pg_current_xact_id(),
       'epoch', (select epoch from feed), 'recorded_at', clock_timestamp()))).* from unnest($1::jsonb[]) as e`,
    [events],
  );
  const page = await app.database.db.transaction(backgroundActor('test'), async (tx) =>
    readPage(tx, await oldestKeptPosition(tx), { limit: 10_000 }),
  );
  const read = page.events.slice(-samples.length);
  expect(read.map(({ id, change_data, record }) => ({ id, change_data, record }))).toEqual(
    events.map(({ id, change_data, record }: EventRow) => ({ id, change_data, record })),
  );
  for (const event of read) expect(JSON.stringify(announcementOf(event))).not.toMatch(/undefined|NaN/);
});

test.each<[string, (shape: Required<Pick<Shape, 'properties' | 'required'>> & Shape) => Shape, string | null]>([
  [
    'a field that is gone',
    ({ properties: { sku: _sku, ...rest }, ...shape }) => ({ ...shape, properties: rest }),
    'sku is gone',
  ],
  [
    'a field of another type',
    (shape) => ({ ...shape, properties: { ...shape.properties, newStock: { type: 'string' } } }),
    'newStock was {"type":"number"}, is {"type":"string"}',
  ],
  [
    'a choice more, which old readers do not know',
    (shape) => ({ ...shape, properties: { ...shape.properties, reason: { type: 'string', enum: ['sale', 'theft'] } } }),
    'reason was',
  ],
  [
    'a new field that old events lack',
    (shape) => ({
      ...shape,
      properties: { ...shape.properties, shelf: { type: 'string' } },
      required: [...shape.required, 'shelf'],
    }),
    'shelf is new, and not optional',
  ],
  [
    'a field that has become optional',
    (shape) => ({ ...shape, required: shape.required.filter((name) => name !== 'sku') }),
    'sku is optional in one',
  ],
  [
    'a new optional field',
    (shape) => ({ ...shape, properties: { ...shape.properties, shelf: { type: 'string' } } }),
    null,
  ],
])('of two shapes it sees %s', (_, change, violation) => {
  const { payload } = shapeToday('inventory.update');
  const changed = change({ ...payload, properties: payload.properties ?? {}, required: payload.required ?? [] });
  expect(isSame(changed, payload)).toBe(false);
  expect(breaksBetween(payload, changed)).toEqual(violation === null ? [] : [expect.stringContaining(violation)]);
});
