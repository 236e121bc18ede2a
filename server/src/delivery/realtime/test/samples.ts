// A table of the tests' own, with a column of every kind that clients convert and filters compare.
import { v7 as uuidv7 } from 'uuid';
import type { Shop } from '../../../../test/factories/brand.ts';
import type { StoredEvent } from '../../../events/index.ts';
import type { FeedTable } from '../matching/feed.ts';
import { storedEvent } from './stored-event.ts';

export const samples: FeedTable = {
  name: 'samples',
  columns: [
    { name: 'id', type: 'text' },
    { name: 'location_id', type: 'uuid' },
    { name: 'n', type: 'int4' },
    { name: 'big', type: 'int8' },
    { name: 'total', type: 'numeric' },
    { name: 's', type: 'text' },
    { name: 'flag', type: 'bool' },
    { name: 'day', type: 'date' },
    { name: 'at', type: 'timestamptz' },
    { name: 'local', type: 'timestamp' },
    { name: 'data', type: 'jsonb' },
    { name: 'tags', type: '_text' },
  ],
};

/** A change of one of its rows. A row that is not given is not there. */
export function sampleChange(
  { franchiseId, franchiseeId, locationId }: Shop,
  rows: { readonly row?: Record<string, unknown>; readonly before?: Record<string, unknown> },
): StoredEvent {
  const { row = null, before = null } = rows;
  const own = { location_id: locationId };
  return storedEvent({
    table_name: samples.name,
    operation: row === null ? 'DELETE' : before === null ? 'INSERT' : 'UPDATE',
    entity_id: uuidv7(),
    scope_id: locationId,
    franchise_id: franchiseId,
    franchisee_id: franchiseeId,
    location_id: locationId,
    record: row && { ...own, ...row },
    old_record: before && { ...own, ...before },
  });
}
