// Everything the page shows of its shops, from snapshots over HTTP and live events, joined without hole or double.
//
// The order that makes it exact: subscribe, mark, read the snapshot, merge it at the mark, and apply again whatever
// came since the mark. Sales carry versions and may be applied any number of times; stock and alerts carry their whole
// new state, and an item's events come in order, so the newest one applied is the truth.
import { isAlertEvent, isSaleEvent, isStockEvent, type SyncEvent } from '@tillstream/client';
import { Pictures } from './pictures.ts';
import { type Sale, saleFromEvent } from './sale.ts';
import { SalesHour } from './sales-hour.ts';
import { alertFromEvent, type ShopAlert } from './shop-alert.ts';
import { type StockLevel, withChange } from './stock-level.ts';

/** What was read of one shop over HTTP. */
export type ShopSnapshot = { locationId: string; sales: Sale[]; levels: StockLevel[]; alerts: ShopAlert[] };

/** Where in the stream a snapshot was begun. */
export type Mark = { events: SyncEvent[] };

/** What an event meant for the screen. `unknown-item`: its levels are not known yet, the stock must be read again. */
export type Effect = 'applied' | 'alert-opened' | 'unknown-item';

/** Resolved alerts stay on the list until there are more of them than this. */
export const resolvedAlertsMax = 20;

export class ShopView {
  readonly sales = new SalesHour();
  readonly levels = new Map<string, StockLevel>();
  readonly alerts = new Map<string, ShopAlert>();
  readonly #loaded = new Set<string>();
  readonly #marks = new Set<Mark>();
  readonly #pictures = new Pictures();
  #serverAheadMs = 0;

  /** Takes a live event. */
  apply(event: SyncEvent): Effect {
    for (const mark of this.#marks) mark.events.push(event);
    this.#serverAheadMs = Math.max(this.#serverAheadMs, event.recordedAt.getTime() - Date.now());
    const effect = this.#take(event);
    this.#pictures.due();
    return effect;
  }

  /** Call before the snapshot is asked for. Every mark must be merged or dropped, or it collects events for ever. */
  mark(): Mark {
    const mark: Mark = { events: [] };
    this.#marks.add(mark);
    return mark;
  }

  /** Forgets a mark whose snapshot failed. */
  drop(mark: Mark): void {
    this.#marks.delete(mark);
  }

  /** Takes a shop's snapshot that was asked for after `mark`. */
  merge(mark: Mark, snapshot: ShopSnapshot): void {
    this.#marks.delete(mark);
    this.#loaded.add(snapshot.locationId);
    for (const sale of snapshot.sales) this.sales.apply(sale);
    replaceOf(snapshot.locationId, this.levels, new Map(snapshot.levels.map((each) => [each.inventoryItemId, each])));
    replaceOf(snapshot.locationId, this.alerts, new Map(snapshot.alerts.map((each) => [each.id, each])));
    for (const event of mark.events) if (event.locationId === snapshot.locationId) this.#take(event);
    this.#pictures.due();
  }

  /** True once a snapshot of the shop has been merged. */
  hasSnapshotOf(locationId: string): boolean {
    return this.#loaded.has(locationId);
  }

  /** The present time by the server's clock, as far as it is ahead of ours: a slow clock here must not hide new sales. */
  nowMs(): number {
    return Date.now() + this.#serverAheadMs;
  }

  /** Calls `listener` when there is a new picture to draw; returns the function that stops it. */
  subscribe(listener: () => void): () => void {
    return this.#pictures.subscribe(listener);
  }

  /** A number that is higher for each new picture. */
  get revision(): number {
    return this.#pictures.revision;
  }

  #take(event: SyncEvent): Effect {
    if (isSaleEvent(event)) {
      this.sales.apply(saleFromEvent(event));
      return 'applied';
    }
    if (isStockEvent(event)) {
      const level = this.levels.get(event.changeData.inventoryItemId);
      if (level !== undefined) this.levels.set(level.inventoryItemId, withChange(level, event.changeData));
      // `levels` says that a person edited them; the event does not carry the new ones.
      return level === undefined || event.changeData.reason === 'levels' ? 'unknown-item' : 'applied';
    }
    if (!isAlertEvent(event)) return 'applied';
    const alert = alertFromEvent(event);
    this.alerts.delete(alert.id);
    this.alerts.set(alert.id, alert);
    this.#forgetResolved();
    return alert.state === 'open' ? 'alert-opened' : 'applied';
  }

  #forgetResolved(): void {
    const resolved = [...this.alerts.values()].filter((alert) => alert.state === 'resolved');
    for (const alert of resolved.slice(0, Math.max(0, resolved.length - resolvedAlertsMax))) {
      this.alerts.delete(alert.id);
    }
  }
}

/** Puts what a shop has now in the place of what it had; other shops keep theirs. */
function replaceOf<T extends { locationId: string }>(
  locationId: string,
  known: Map<string, T>,
  present: ReadonlyMap<string, T>,
): void {
  for (const [id, each] of known) if (each.locationId === locationId) known.delete(id);
  for (const [id, each] of present) known.set(id, each);
}
