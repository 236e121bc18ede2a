// Refills the demo's shelves. Generated shoppers would empty a shop within days; here the shop notices after a while that
// an item is far down and fills it up, late enough for the low-stock alert to have been seen.

import type { TillSale } from './sale.ts';
import { thousandths } from './sale.ts';
import type { SendResult } from './till.ts';

/** What a shop has of one product, as told by the server when the shelf keeper starts. */
export interface Shelf {
  readonly locationId: string;
  readonly productId: string;
  readonly sku: string;
  readonly currentStock: number;
  readonly reorderLevel: number;
  readonly maxStockLevel: number;
}

/** Books a delivery at the server. A rejection is tried again at a later sale. */
export type Restock = (locationId: string, productId: string, quantity: number) => Promise<void>;

export interface ShelfKeeperPorts {
  readonly shelves: readonly Shelf[];
  readonly restock: Restock;
  readonly now: () => number;
  /** How long an item stays deep under its reorder level before it is refilled, in milliseconds. */
  readonly patienceMs?: number;
  readonly onError?: (error: unknown) => void;
}

export interface ShelfKeeper {
  /** Takes acknowledged sales off the shelves and refills what has been low for long: an `onAcknowledged` of playShoppers. */
  onSold(sales: readonly TillSale[], results: readonly SendResult[]): Promise<void>;
}

const patienceMsDefault = 3 * 60_000;

/** Deep is half of the reorder level: above it the alert alone is the story. */
const deepShare = 0.5;

interface ShelfState {
  readonly shelf: Shelf;
  /** In thousandths of the product's unit. */
  left: number;
  deepSince: number | undefined;
  refilling: boolean;
}

export function createShelfKeeper(ports: ShelfKeeperPorts): ShelfKeeper {
  const keyOf = (locationId: string, sku: string) => `${locationId} ${sku}`;
  const states = new Map<string, ShelfState>(
    ports.shelves.map((shelf) => [
      keyOf(shelf.locationId, shelf.sku),
      { shelf, left: thousandths(shelf.currentStock), deepSince: undefined, refilling: false },
    ]),
  );

  const refill = async (state: ShelfState) => {
    const wanted = thousandths(state.shelf.maxStockLevel) - state.left;
    state.refilling = true;
    try {
      await ports.restock(state.shelf.locationId, state.shelf.productId, wanted / 1000);
      state.left += wanted;
      state.deepSince = undefined;
    } catch (error) {
      ports.onError?.(error);
    } finally {
      state.refilling = false;
    }
  };

  return {
    async onSold(sales, results) {
      // A duplicate was booked by a request whose answer got lost; only a rejected sale has not left the shelf.
      for (const [at, sale] of sales.entries()) {
        if (results[at]?.status !== 'rejected') takeOff(sale, (sku) => states.get(keyOf(sale.shopId, sku)));
      }
      const shops = new Set(sales.map((sale) => sale.shopId));
      const due = [...states.values()].filter(
        (state) => shops.has(state.shelf.locationId) && !state.refilling && isDue(state, ports),
      );
      await Promise.all(due.map(refill));
    },
  };
}

/** Only the difference to the version before leaves the shelf: what a refund brings back returns to it. */
function takeOff({ sale, before }: TillSale, stateOf: (sku: string) => ShelfState | undefined): void {
  const move = (sku: string, amount: number) => {
    const state = stateOf(sku);
    if (state) state.left -= amount;
  };
  for (const line of sale.lines) move(line.sku, thousandths(line.quantity));
  for (const line of before?.lines ?? []) move(line.sku, -thousandths(line.quantity));
}

function isDue(state: ShelfState, ports: ShelfKeeperPorts): boolean {
  if (state.left > thousandths(state.shelf.reorderLevel) * deepShare) {
    state.deepSince = undefined;
    return false;
  }
  state.deepSince ??= ports.now();
  return ports.now() - state.deepSince >= (ports.patienceMs ?? patienceMsDefault);
}
