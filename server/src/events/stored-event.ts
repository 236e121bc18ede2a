// An event as it was read back from the log, under the column names that plain clients see.
import type { EventType } from './catalogue.ts';

export interface StoredEvent {
  readonly seq: number;
  /** The transaction that wrote it: with a snapshot it says whether a reader has it already. */
  readonly xid: string;
  readonly epoch: number;
  readonly id: string;
  readonly scope_id: string;
  readonly franchise_id: string;
  readonly franchisee_id: string | null;
  readonly location_id: string | null;
  readonly event_type: EventType;
  readonly entity_type: string;
  readonly entity_id: string;
  readonly table_name: string;
  readonly operation: 'INSERT' | 'UPDATE' | 'DELETE';
  /** This and the other documents may be parsed as they are asked for, and anew each time: ask once. */
  readonly record: Readonly<Record<string, unknown>> | null;
  readonly old_record: Readonly<Record<string, unknown>> | null;
  readonly change_data: Readonly<Record<string, unknown>>;
  readonly source_system: string;
  readonly target_systems: readonly string[];
  readonly metadata: Readonly<Record<string, unknown>>;
  /** Business time; to the millisecond, as every instant here. */
  readonly timestamp: Date;
  readonly recorded_at: Date;
}

/** A copy with every column as a property of its own, the documents parsed. */
export function plainEvent(event: StoredEvent) {
  const { seq, xid, epoch, id, scope_id, franchise_id, franchisee_id, location_id } = event;
  const { event_type, entity_type, entity_id, table_name, operation, record, old_record, change_data } = event;
  const { source_system, target_systems, metadata, timestamp, recorded_at } = event;
  return {
    seq,
    xid,
    epoch,
    id,
    scope_id,
    franchise_id,
    franchisee_id,
    location_id,
    event_type,
    entity_type,
    entity_id,
    table_name,
    operation,
    record,
    old_record,
    change_data,
    source_system,
    target_systems,
    metadata,
    timestamp,
    recorded_at,
  };
}
