// Who is told of what, and in which words: one entry a kind of event that anybody is told of. Pure; the follower looks the
// people up.
import type { ChangeData, EventType, StoredEvent } from '../../events/index.ts';

/** The people of a place, as memberships know them. */
export type Audience = 'shop_managers_and_franchisee';

export interface Announcement {
  readonly audience: Audience;
  readonly notificationType: string;
  readonly title: string;
  readonly message: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** 1 to 10; 3 or less is sent at once. */
  readonly priority: number;
}

type Rule = (event: StoredEvent) => Announcement | null;

/** What an event announces, or null where nobody need hear of it. */
export function announcementOf(event: StoredEvent): Announcement | null {
  return rules[event.event_type]?.(event) ?? null;
}

// Complete on purpose: a new kind of event does not compile until somebody has decided who hears of it.
const rules: Readonly<Record<EventType, Rule | null>> = {
  'stock.alert': lowStock,
  'inventory.update': null,
  'pos.transaction': null,
  'pos.day_compared': differingDay,
  'notification.queued': null,
  'access.changed': null,
};

/** The kinds of events that somebody may be told of. */
export const announcedKinds = Object.entries(rules).flatMap(([kind, rule]) => (rule ? [kind as EventType] : []));

function differingDay(event: StoredEvent): Announcement | null {
  const day = event.change_data as ChangeData<'pos.day_compared'>;
  if (day.state !== 'different') return null;
  const figures = `The vendor has ${day.vendorCount} for ${day.vendorTotal} ${day.currency}, the books ${day.bookedCount} for ${day.bookedTotal}`;
  return {
    audience: 'shop_managers_and_franchisee',
    notificationType: 'pos_day_differs',
    title: 'A Day Differs From the Till',
    message: `${day.businessDate} at ${day.locationName} (${day.posSystemName}): ${day.differences} sales differ. ${figures}.`,
    data: { pos_system_id: day.posSystemId, location_id: day.locationId, business_date: day.businessDate },
    priority: 4,
  };
}

function lowStock(event: StoredEvent): Announcement | null {
  const alert = event.change_data as ChangeData<'stock.alert'>;
  if (alert.state !== 'open') return null;
  return {
    audience: 'shop_managers_and_franchisee',
    notificationType: 'stock_alert',
    title: 'Low Stock Alert',
    message: `${alert.productName} is running low at ${alert.locationName}. Current stock: ${alert.currentStock}`,
    data: {
      alert_id: alert.alertId,
      product_id: alert.productId,
      location_id: alert.locationId,
      current_stock: alert.currentStock,
      reorder_level: alert.reorderLevel,
    },
    priority: 3,
  };
}
