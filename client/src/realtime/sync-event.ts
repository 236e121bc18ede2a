// The events of the log as programs see them: the seed's SyncEvent, read from a row of `sync_events`.

/** The seed's event types. The server may add others; they arrive as their plain names. */
export const SyncEventType = {
  INVENTORY_UPDATE: 'inventory.update',
  POS_TRANSACTION: 'pos.transaction',
  ORDER_STATUS_CHANGE: 'order.status_change',
  APPROVAL_DECISION: 'approval.decision',
  INVOICE_GENERATED: 'invoice.generated',
  STOCK_ALERT: 'stock.alert',
} as const;
export type SyncEventType = (typeof SyncEventType)[keyof typeof SyncEventType];

/** Something that happened, once. `id` is unique; the same event may be sent again after a reconnect, under the same id. */
export type SyncEvent = {
  id: string;
  eventType: SyncEventType | (string & {});
  entityType: string;
  entityId: string;
  /** What happened, in camelCase; its shape goes by `eventType`: see SaleChange, StockChange and AlertChange. */
  changeData: Record<string, unknown>;
  sourceSystem: string;
  targetSystems: string[];
  /** Business time: when it happened at the till. */
  timestamp: Date;
  /** When the server wrote it down. */
  recordedAt: Date;
  franchiseId: string;
  /** Null for what belongs to the brand itself. */
  franchiseeId: string | null;
  /** Null for what belongs to no single shop. */
  locationId: string | null;
  metadata?: Record<string, unknown>;
};

/**
 * Reads one row of `sync_events` (snake_case, JSON values). Returns undefined for a row without id, type or times:
 * such a row cannot be deduplicated or ordered, and one bad row must not stop the ones after it.
 */
export function parseSyncEvent(row: Record<string, unknown>): SyncEvent | undefined {
  const id = row['id'];
  const eventType = row['event_type'];
  const timestamp = readTime(row['timestamp']);
  if (typeof id !== 'string' || typeof eventType !== 'string' || timestamp === undefined) return undefined;
  const metadata = row['metadata'];
  return {
    id,
    eventType,
    entityType: readText(row['entity_type']) ?? '',
    entityId: readText(row['entity_id']) ?? '',
    changeData: isRecord(row['change_data']) ? row['change_data'] : {},
    sourceSystem: readText(row['source_system']) ?? '',
    targetSystems: Array.isArray(row['target_systems'])
      ? row['target_systems'].filter((name) => typeof name === 'string')
      : [],
    timestamp,
    recordedAt: readTime(row['recorded_at']) ?? timestamp,
    franchiseId: readText(row['franchise_id']) ?? '',
    franchiseeId: readText(row['franchisee_id']) ?? null,
    locationId: readText(row['location_id']) ?? null,
    ...(isRecord(metadata) ? { metadata } : {}),
  };
}

function readText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function readTime(value: unknown): Date | undefined {
  if (typeof value !== 'string') return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
