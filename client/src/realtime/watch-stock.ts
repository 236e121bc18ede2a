// A shop's stock, watched: first the snapshot, then its changes, as one picture that never misses one.
import type { Http } from '../http.ts';
import { unwrap } from '../http.ts';
import type { StockItem } from '../openapi.ts';
import { type AlertChange, isAlertEvent, isStockEvent, type StockChange } from './event-payloads.ts';
import type { FeedState } from './feed-state.ts';
import type { FeedHandlers, LiveFeed } from './live-feed.ts';
import { readMissed } from './read-missed.ts';
import type { SyncEvent } from './sync-event.ts';

/** Why there is a snapshot: the first, after changes were lost for good, or because items or their levels are others. */
export type SnapshotReason = 'first' | 'resync' | 'levels';

/** What a watch of a shop's stock calls. */
export type StockHandlers = {
  /** The whole stock by SKU. */
  onSnapshot(items: readonly StockItem[], reason: SnapshotReason): void;
  /** One item's stock has changed, or it has a new alert or one less: how it is now, and the event that says so. */
  onChange(item: StockItem, event: SyncEvent): void;
  /** Why and whether the picture may be old; see client/SPEC.md for the states. */
  onState?(state: FeedState, reason: string | undefined): void;
};

/** A watch of a shop's stock. */
export type StockWatch = {
  /** The present picture, by SKU; empty before the first snapshot. */
  readonly items: readonly StockItem[];
  readonly state: FeedState;
  /** How old the picture may be, in ms; undefined before the first. */
  ageMs(): number | undefined;
  stop(): Promise<void>;
};

type Means = {
  http: Http;
  openFeed(wanted: { scope: { locationId: string } }, handlers: FeedHandlers): LiveFeed;
};

/** Begins to watch. What is wrong (no right, no shop) comes as a state with its reason, and is tried again. */
export function watchStock(locationId: string, handlers: StockHandlers, { http, openFeed }: Means): StockWatch {
  const shelf = new Shelf(http, locationId);
  let reason: SnapshotReason = 'first';
  const feed: LiveFeed = openFeed(
    { scope: { locationId } },
    {
      async takePicture() {
        const cursor = await shelf.read();
        handlers.onSnapshot(shelf.items(), reason);
        reason = 'resync';
        return cursor;
      },
      onEvent(event) {
        const effect = shelf.apply(event);
        if (effect === 'read anew') {
          reason = 'levels';
          feed.retake();
        } else if (effect !== undefined) {
          handlers.onChange(effect, event);
        }
      },
      ...(handlers.onState && { onState: handlers.onState }),
    },
  );
  return {
    get items() {
      return shelf.items();
    },
    get state() {
      return feed.state;
    },
    ageMs: () => feed.ageMs(),
    stop: () => {
      shelf.stop();
      return feed.stop();
    },
  };
}

/** Most that the server gives at once. */
const pageSize = 500;

/** Readings of a shelf of several pages that is changed while it is read, before it is given up for a while. */
const readingsMax = 5;

type Items = Map<string, StockItem>;

class Shelf {
  readonly #http: Http;
  readonly #locationId: string;
  #items: Items = new Map();
  /** Counts calls of read: one that is overtaken by a later one, because a break came between, must not be shown. */
  #reading = 0;

  constructor(http: Http, locationId: string) {
    this.#http = http;
    this.#locationId = locationId;
  }

  items(): StockItem[] {
    return [...this.#items.values()].sort((a, b) => (a.sku < b.sku ? -1 : 1));
  }

  /**
   * Reads the whole shelf and resolves with the cursor at which it is true. Until it is read to its end the picture
   * before it stays. Throws where items or levels change during each of its readings: it is tried again later; and where
   * it is called again, or stopped, before it has come to its end.
   */
  async read(): Promise<string> {
    this.#reading += 1;
    const own = this.#reading;
    for (let time = 1; time <= readingsMax; time++) {
      const read = await this.#readOnce();
      if (own !== this.#reading) throw new Error('The shelf is read anew already, or not watched any more.');
      if (read === 'read anew') continue;
      this.#items = read.items;
      return read.cursor;
    }
    throw new Error('The items of the shop and their levels are being changed faster than its shelf can be read.');
  }

  /** What is being read is not shown any more. */
  stop(): void {
    this.#reading += 1;
  }

  /** The item as it is after the event; `read anew` where the event does not say how it is; undefined if it is about none. */
  apply(event: SyncEvent): StockItem | 'read anew' | undefined {
    return applyTo(this.#items, event);
  }

  /**
   * Each page is true at a moment of its own, so the pages before it are brought there by what happened in between. What
   * happened to an item that has not been read yet is known to its page, as long as there is one: an item that appears
   * on none was put where the pages had been read already.
   */
  async #readOnce(): Promise<{ items: Items; cursor: string } | 'read anew'> {
    const items: Items = new Map();
    const awaited = new Set<string>();
    let cursor: string | undefined;
    for (let after: string | undefined, isFirst = true; isFirst || after !== undefined; isFirst = false) {
      const page = await this.#readPage(after);
      for (const event of cursor === undefined ? [] : await this.#between(cursor, page.feedCursor)) {
        if (applyTo(items, event) !== 'read anew') continue;
        const { inventoryItemId } = event.changeData as StockChange | AlertChange;
        if (items.has(inventoryItemId)) return 'read anew';
        awaited.add(inventoryItemId);
      }
      for (const item of page.items) items.set(item.inventoryItemId, item);
      cursor = page.feedCursor;
      after = page.nextCursor ?? undefined;
    }
    return [...awaited].every((id) => items.has(id)) ? { items, cursor: cursor ?? '' } : 'read anew';
  }

  async #between(from: string, until: string): Promise<SyncEvent[]> {
    const events: SyncEvent[] = [];
    for (let after = from, isAll = false; !isAll; ) {
      const page = await readMissed(this.#http, { scopeId: this.#locationId, after, until });
      events.push(...page.events);
      after = page.cursor;
      isAll = page.isAll;
    }
    return events;
  }

  #readPage(after: string | undefined) {
    const query = after === undefined ? { limit: pageSize } : { limit: pageSize, after };
    const params = { path: { id: this.#locationId }, query };
    return unwrap(this.#http.GET('/v1/locations/{id}/stock', { params }));
  }
}

/** Changes the item that the event is about, and returns it; see Shelf.apply. */
function applyTo(items: Items, event: SyncEvent): StockItem | 'read anew' | undefined {
  if (!isStockEvent(event) && !isAlertEvent(event)) return undefined;
  const known = items.get(event.changeData.inventoryItemId);
  if (known === undefined || ('reason' in event.changeData && event.changeData.reason === 'levels')) return 'read anew';
  const item = isStockEvent(event) ? moved(known, event) : alerted(known, event);
  items.set(item.inventoryItemId, item);
  return item;
}

function moved(item: StockItem, { changeData, recordedAt }: SyncEvent & { changeData: StockChange }): StockItem {
  const { newStock: currentStock } = changeData;
  const low = item.reorderLevel !== null && currentStock <= item.reorderLevel;
  return { ...item, currentStock, low, negative: currentStock < 0, updatedAt: recordedAt.toISOString() };
}

function alerted(item: StockItem, { changeData, recordedAt }: SyncEvent & { changeData: AlertChange }): StockItem {
  const { alertId, state } = changeData;
  return { ...item, alert: state === 'open' ? { id: alertId, openedAt: recordedAt.toISOString() } : null };
}
