// Every SQL statement of the slice.
import { sql } from 'kysely';
import type { Tx } from '../../platform/database.ts';
import type { NotificationRequest } from './notification-request.ts';

/** A row of the queue as to_jsonb shows it: snake_case, instants as text. */
export interface NotificationRecord {
  readonly recipient_id: string;
  readonly id: string;
  readonly franchise_id: string;
  readonly franchisee_id: string | null;
  readonly location_id: string | null;
  readonly notification_type: string;
}

export async function insertNotifications(
  tx: Tx,
  requests: readonly (NotificationRequest & { readonly id: string })[],
): Promise<{ record: NotificationRecord; created_at: Date }[]> {
  const of = <V>(pick: (request: NotificationRequest & { readonly id: string }) => V): V[] => requests.map(pick);
  const { rows } = await sql<{ record: NotificationRecord; created_at: Date }>`
    insert into notification_queue (recipient_id, id, franchise_id, franchisee_id, location_id, source_event_id,
      notification_type, title, message, data, delivery_method, priority)
    select n.recipient_id, n.id, n.franchise_id, n.franchisee_id, n.location_id, n.source_event_id, n.notification_type,
      n.title, n.message, n.data::jsonb, n.delivery_method, n.priority
    from unnest(
      ${of((r) => r.recipientId)}::uuid[], ${of((r) => r.id)}::uuid[], ${of((r) => r.event.franchise_id)}::uuid[],
      ${of((r) => r.event.franchisee_id)}::uuid[], ${of((r) => r.event.location_id)}::uuid[],
      ${of((r) => r.event.id)}::uuid[], ${of((r) => r.notificationType)}::text[], ${of((r) => r.title)}::text[],
      ${of((r) => r.message)}::text[], ${of((r) => JSON.stringify(r.data))}::text[],
      ${of((r) => r.deliveryMethod)}::text[], ${of((r) => r.priority)}::smallint[]
    ) as n (recipient_id, id, franchise_id, franchisee_id, location_id, source_event_id, notification_type, title,
      message, data, delivery_method, priority)
    on conflict (recipient_id, source_event_id, delivery_method) do nothing
    returning to_jsonb(notification_queue) as record, created_at`.execute(tx);
  return rows;
}

/**
 * The people to tell of a shop's affairs, by shop: its managers and its franchisee's users; where the brand runs the shop
 * itself, the brand's admins stand in for the franchisee.
 */
export async function findShopAudience(tx: Tx, locationIds: readonly string[]): Promise<Map<string, string[]>> {
  const { rows } = await sql<{ location_id: string; user_ids: string[] }>`
    select l.id as location_id, array_agg(distinct m.user_id) as user_ids
    from locations l join memberships m on m.franchise_id = l.franchise_id and (
      (m.role = 'location_manager' and m.location_id = l.id)
      or (m.role = 'franchisee' and m.franchisee_id = l.franchisee_id)
      or (m.role = 'franchise_admin' and l.franchisee_id is null))
    where l.id = any(${[...new Set(locationIds)]}::uuid[])
    group by l.id`.execute(tx);
  return new Map(rows.map((row) => [row.location_id, row.user_ids]));
}

/** The newest messages of the actor, whose rows alone the policies show; `before` is the id of the last one seen. */
export async function selectNotifications(
  tx: Tx,
  page: { limit: number; before: string | null },
): Promise<OwnNotification[]> {
  const { rows } = await sql<OwnNotification>`
    select id, notification_type, title, message, data, priority, status, location_id, created_at, read_at
    from notification_queue
    where ${page.before}::uuid is null or id < ${page.before}::uuid
    order by id desc limit ${page.limit}`.execute(tx);
  return rows;
}

export interface OwnNotification {
  readonly id: string;
  readonly notification_type: string;
  readonly title: string;
  readonly message: string;
  readonly data: Record<string, unknown>;
  readonly priority: number;
  readonly status: string;
  readonly location_id: string | null;
  readonly created_at: Date;
  readonly read_at: Date | null;
}
