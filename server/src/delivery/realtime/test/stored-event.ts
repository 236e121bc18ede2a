// An event as the relay hands it over, for tests that need no database behind it.
import { v7 as uuidv7 } from 'uuid';
import type { StoredEvent } from '../../../events/index.ts';

/** A stock update; `parts` says what matters to the test. */
export function storedEvent(parts: Partial<StoredEvent> = {}): StoredEvent {
  const id = uuidv7();
  const owner = uuidv7();
  return {
    seq: 1,
    xid: '1',
    epoch: 1,
    id,
    scope_id: owner,
    franchise_id: owner,
    franchisee_id: null,
    location_id: null,
    event_type: 'inventory.update',
    entity_type: 'inventory_item',
    entity_id: id,
    table_name: 'inventory_items',
    operation: 'UPDATE',
    record: { id },
    old_record: { id },
    change_data: {},
    source_system: 'pos',
    target_systems: [],
    metadata: {},
    timestamp: new Date(0),
    recorded_at: new Date(0),
    ...parts,
  };
}
