// The vocabulary of the log on one page: every event that can happen, what it carries, and the table, as a plain
// Supabase client sees it, that it changes. Payloads only ever gain optional fields; anything else is a new name, because
// stored events are read for as long as they are kept (events/samples/ holds one of each release, and a test reads them).
import { z } from 'zod';

const id = z.uuid();
/** A figure of at most 15 significant digits, which a double carries exactly. */
const figure = z.number();
const instant = z.iso.datetime({ offset: true });

const saleLine = z.object({
  productId: id.nullable(),
  sku: z.string().nullable(),
  name: z.string().nullable(),
  quantity: figure,
  unitPrice: figure,
  totalPrice: figure,
});

interface EventDefinition {
  /** What the event is about; the value of entity_type. */
  readonly entityType: string;
  /** The table that a plain client subscribes to; the event's record is a row of it. */
  readonly table: FeedTable;
  readonly changeData: z.ZodObject;
}

/** The tables of the feed, with the columns that `postgres_changes` shows of each, and those that equality may filter. */
export const feedTables = {
  sync_events: {
    columns: {
      id: 'uuid',
      event_type: 'text',
      entity_type: 'text',
      entity_id: 'uuid',
      franchise_id: 'uuid',
      franchisee_id: 'uuid',
      location_id: 'uuid',
      change_data: 'jsonb',
      source_system: 'text',
      target_systems: '_text',
      metadata: 'jsonb',
      timestamp: 'timestamptz',
      recorded_at: 'timestamptz',
    },
    filters: ['franchise_id', 'franchisee_id', 'location_id', 'event_type', 'entity_type', 'entity_id'],
  },
  pos_transactions: {
    columns: {
      location_id: 'uuid',
      id: 'uuid',
      franchise_id: 'uuid',
      franchisee_id: 'uuid',
      pos_system_id: 'uuid',
      kind: 'text',
      external_transaction_id: 'text',
      version: 'int8',
      status: 'text',
      transaction_timestamp: 'timestamptz',
      business_date: 'date',
      currency: 'text',
      total_amount: 'numeric',
      discrepancy: 'numeric',
      payment_method: 'text',
      metadata: 'jsonb',
      refund_of: 'text',
      breakdown: 'jsonb',
      created_at: 'timestamptz',
      updated_at: 'timestamptz',
    },
    filters: ['location_id', 'franchise_id', 'pos_system_id'],
  },
  inventory_items: {
    columns: {
      location_id: 'uuid',
      id: 'uuid',
      franchise_id: 'uuid',
      franchisee_id: 'uuid',
      product_id: 'uuid',
      current_stock: 'numeric',
      reorder_level: 'numeric',
      rearm_level: 'numeric',
      max_stock_level: 'numeric',
      last_restocked_at: 'timestamptz',
      last_counted_at: 'timestamptz',
      created_at: 'timestamptz',
      updated_at: 'timestamptz',
      version: 'int4',
    },
    filters: ['location_id', 'product_id'],
  },
  stock_alerts: {
    columns: {
      location_id: 'uuid',
      id: 'uuid',
      franchise_id: 'uuid',
      franchisee_id: 'uuid',
      inventory_item_id: 'uuid',
      product_id: 'uuid',
      state: 'text',
      current_stock: 'numeric',
      reorder_level: 'numeric',
      rearm_level: 'numeric',
      opened_at: 'timestamptz',
      resolved_at: 'timestamptz',
    },
    filters: ['location_id'],
  },
  notification_queue: {
    columns: {
      recipient_id: 'uuid',
      id: 'uuid',
      franchise_id: 'uuid',
      franchisee_id: 'uuid',
      location_id: 'uuid',
      source_event_id: 'uuid',
      notification_type: 'text',
      title: 'text',
      message: 'text',
      data: 'jsonb',
      delivery_method: 'text',
      priority: 'int2',
      status: 'text',
      created_at: 'timestamptz',
      read_at: 'timestamptz',
    },
    filters: ['recipient_id'],
  },
} as const satisfies Record<string, { columns: Record<string, string>; filters: readonly string[] }>;

export type FeedTable = keyof typeof feedTables;

export const catalogue = {
  /** The stock of one item changed: one event an item and commit, however many sales moved it. */
  'inventory.update': {
    entityType: 'inventory_item',
    table: 'inventory_items',
    changeData: z.object({
      inventoryItemId: id,
      locationId: id,
      productId: id,
      productName: z.string(),
      sku: z.string(),
      previousStock: figure,
      newStock: figure,
      change: figure,
      reason: z.enum(['sale', 'in', 'out', 'adjustment', 'waste', 'count', 'levels']),
    }),
  },
  /**
   * A sale was booked (INSERT), or replaced by a later version, a refund or a void among them (UPDATE). An UPDATE of the
   * same version and total says that a product of its lines has become known, by a mapping or a new SKU.
   */
  'pos.transaction': {
    entityType: 'pos_transaction',
    table: 'pos_transactions',
    changeData: z.object({
      transactionId: id,
      externalId: z.string(),
      posSystemId: id,
      locationId: id,
      version: z.int(),
      status: z.enum(['completed', 'refunded', 'voided']),
      currency: z.string(),
      totalAmount: figure,
      /** The total of the version before, when there was one: what a running sum must take back. */
      previousTotalAmount: figure.nullable(),
      discrepancy: figure,
      paymentMethod: z.string().nullable(),
      occurredAt: instant,
      businessDate: z.iso.date(),
      /** Only of a refund: every figure is negative, and its lines are goods taken back. */
      kind: z.literal('refund').exactOptional(),
      /** Only of a refund: the till's id of its sale, null where it names none. */
      refundOf: z.string().nullable().exactOptional(),
      lines: z.array(saleLine),
    }),
  },
  /**
   * A business day that is over was compared with what the till's vendor says of it: the two differ, differ by other figures
   * than before, or agree after all. Days that agreed from the first are not told.
   */
  'pos.day_compared': {
    entityType: 'pos_system',
    table: 'sync_events',
    changeData: z.object({
      posSystemId: id,
      posSystemName: z.string(),
      locationId: id,
      locationName: z.string(),
      businessDate: z.iso.date(),
      state: z.enum(['equal', 'healed', 'different']),
      currency: z.string(),
      vendorCount: z.int(),
      vendorTotal: figure,
      bookedCount: z.int(),
      bookedTotal: figure,
      /** How many sales and refunds differ; GET /v1/pos-systems/{id}/days lists them. */
      differences: z.int(),
    }),
  },
  /** An item's stock fell to its reorder level (INSERT, state open) or rose to its re-arm level (UPDATE, resolved). */
  'stock.alert': {
    entityType: 'stock_alert',
    table: 'stock_alerts',
    changeData: z.object({
      alertId: id,
      inventoryItemId: id,
      locationId: id,
      locationName: z.string(),
      productId: id,
      productName: z.string(),
      sku: z.string(),
      state: z.enum(['open', 'resolved']),
      currentStock: figure,
      reorderLevel: figure,
      rearmLevel: figure,
    }),
  },
  /** A person has a new message; the record is the whole row of the queue. */
  'notification.queued': {
    entityType: 'notification',
    table: 'notification_queue',
    changeData: z.object({ notificationId: id, recipientId: id, notificationType: z.string() }),
  },
  /** Rights were given or taken: open sockets and cached decisions about the subject are taken anew. */
  'access.changed': {
    entityType: 'access',
    table: 'sync_events',
    changeData: z.object({
      subjectKind: z.enum(['user', 'api_key']),
      subjectId: id,
      change: z.enum(['granted', 'revoked']),
    }),
  },
} as const satisfies Record<string, EventDefinition>;

export type EventType = keyof typeof catalogue;

/** The payload of one kind of event. */
export type ChangeData<T extends EventType> = z.infer<(typeof catalogue)[T]['changeData']>;
