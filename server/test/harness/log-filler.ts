// Fills the log as time would have: events whose week lies back, written as the owner, since append() always writes now.
import type pg from 'pg';
import { makePartition } from '../../src/platform/partitions.ts';

export interface Filling {
  readonly franchiseId: string;
  readonly locationId: string;
  /** When the first of them was recorded; the others follow within `spreadMs`. */
  readonly recordedAt: Date;
  readonly spreadMs?: number;
  readonly count: number;
}

/** Makes the weekly partition of the log that holds this moment, as if the present epoch had begun before it. */
export async function makeWeekOf(owner: pg.Client, moment: Date): Promise<void> {
  const monday = new Date(Date.UTC(moment.getUTCFullYear(), moment.getUTCMonth(), moment.getUTCDate()));
  monday.setUTCDate(monday.getUTCDate() - ((monday.getUTCDay() + 6) % 7));
  await makePartition(owner, { table: 'sync_events', unit: 'week' }, monday);
  await owner.query('update feed set changed_at = least(changed_at, $1)', [monday]);
}

/** Writes events of the present epoch in one transaction; returns their ids in order. */
export async function fillLog(owner: pg.Client, filling: Filling): Promise<string[]> {
  const { rows } = await owner.query<{ id: string }>(
    `insert into sync_events (epoch, id, scope_id, franchise_id, location_id, event_type, entity_type, entity_id, table_name,
       operation, record, change_data, source_system, metadata, "timestamp", recorded_at)
     select feed.epoch, gen_random_uuid(), $1, $2, $1, 'access.changed', 'access', $1, 'sync_events', 'UPDATE', null,
       '{"change":"granted"}', 'system', jsonb_build_object('n', n), at, at
     from feed, generate_series(1, $3::int) n, lateral (select $4::timestamptz + n * ($5::float8 / $3::int) * interval '1 ms' as at) t
     order by n returning id`,
    [filling.locationId, filling.franchiseId, filling.count, filling.recordedAt, filling.spreadMs ?? 1_000],
  );
  return rows.map(({ id }) => id);
}
