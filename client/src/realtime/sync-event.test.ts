import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseSyncEvent, SyncEventType } from './sync-event.ts';

const row = {
  id: '0193a000-0000-7000-8000-000000000001',
  event_type: 'inventory.update',
  entity_type: 'inventory_item',
  entity_id: '0193a000-0000-7000-8000-000000000002',
  franchise_id: '0193a000-0000-7000-8000-000000000003',
  franchisee_id: null,
  location_id: '0193a000-0000-7000-8000-000000000004',
  change_data: { previousStock: 3, newStock: 2, change: -1 },
  source_system: 'pos',
  target_systems: ['erp'],
  metadata: { till: 2 },
  timestamp: '2026-11-20T09:30:00.123Z',
  recorded_at: '2026-11-20T09:30:00.456Z',
};

test('a row of the log becomes the sketched SyncEvent, with times as dates', () => {
  expect(parseSyncEvent(row)).toEqual({
    id: row.id,
    eventType: SyncEventType.INVENTORY_UPDATE,
    entityType: 'inventory_item',
    entityId: row.entity_id,
    franchiseId: row.franchise_id,
    franchiseeId: null,
    locationId: row.location_id,
    changeData: { previousStock: 3, newStock: 2, change: -1 },
    sourceSystem: 'pos',
    targetSystems: ['erp'],
    metadata: { till: 2 },
    timestamp: new Date(Date.UTC(2026, 10, 20, 9, 30, 0, 123)),
    recordedAt: new Date(Date.UTC(2026, 10, 20, 9, 30, 0, 456)),
  });
});

test('an event type that is newer than this client still arrives, under its plain name', () => {
  expect(parseSyncEvent({ ...row, event_type: 'shift.opened' })?.eventType).toBe('shift.opened');
});

test('a row that cannot be deduplicated or ordered is no event', () => {
  expect(parseSyncEvent({ ...row, id: null })).toBeUndefined();
  expect(parseSyncEvent({ ...row, event_type: 7 })).toBeUndefined();
  expect(parseSyncEvent({ ...row, timestamp: 'yesterday' })).toBeUndefined();
});

test('no row makes the reader throw, and what it returns has valid times', () => {
  const anyRow = fc.record(Object.fromEntries(Object.keys(row).map((key) => [key, fc.anything()])), {
    requiredKeys: [],
  });
  fc.assert(
    fc.property(anyRow, (odd) => {
      const event = parseSyncEvent({ ...row, ...odd });
      if (event !== undefined) {
        expect(event.timestamp.getTime()).not.toBeNaN();
        expect(event.recordedAt.getTime()).not.toBeNaN();
      }
    }),
  );
});
