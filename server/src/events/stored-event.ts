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

/**
 * The event of a row that may have more to tell. Named one by one: copying "the rest" of a row costs a microsecond, which
 * counts where thousands come at once.
 */
export function eventOf(row: StoredEvent): StoredEvent {
  return {
    seq: row.seq,
    xid: row.xid,
    epoch: row.epoch,
    id: row.id,
    scope_id: row.scope_id,
    franchise_id: row.franchise_id,
    franchisee_id: row.franchisee_id,
    location_id: row.location_id,
    event_type: row.event_type,
    entity_type: row.entity_type,
    entity_id: row.entity_id,
    table_name: row.table_name,
    operation: row.operation,
    record: row.record,
    old_record: row.old_record,
    change_data: row.change_data,
    source_system: row.source_system,
    target_systems: row.target_systems,
    metadata: row.metadata,
    timestamp: row.timestamp,
    recorded_at: row.recorded_at,
  };
}
