// What changes on shelves besides their stock: levels and items, of which no event tells enough. A watched shelf has to be
// read anew for each, also where the watch hears of it only by what it missed.
import type { Tillstream } from '../../../client/src/index.ts';
import type { Shop } from '../../../client/test/open-shop.ts';
import { inTurns, pick } from './rush.ts';

export interface ShelfChanges {
  /** Gives every fourth shop new levels, and each of them now and then a new item. What fails is left: the next round comes. */
  change(round: number): Promise<void>;
  /** Changes that the server acknowledged. */
  readonly made: number;
}

export function changeShelves(owner: Tillstream, shops: readonly Shop[]): ShelfChanges {
  let made = 0;
  const addItem = async ({ locationId }: Shop, round: number) => {
    const product = { sku: `A${round}-${locationId}`, name: 'New', unit: 'piece', currency: 'USD' };
    const { id: productId } = await owner.createProduct(product);
    await owner.createInventoryItem({ locationId, productId, reorderLevel: 5 });
  };
  const changeLevels = async ({ locationId }: Shop, round: number) => {
    const { items } = await owner.listStock(locationId, { limit: 500 });
    const { inventoryItemId, version } = pick(items, round);
    const reorderLevel = 1 + (round % 30);
    const levels = { reorderLevel, rearmLevel: reorderLevel + 1 };
    await owner.updateWithConflictDetection('inventory_items', inventoryItemId, levels, version);
  };
  return {
    get made() {
      return made;
    },
    async change(round) {
      const some = shops.filter((_, index) => (index + round) % 4 === 0);
      await inTurns(some.length, 4, async (index) => {
        const change = round % 20 < 4 ? addItem : changeLevels;
        await change(pick(some, index), round).then(
          () => void made++,
          () => undefined,
        );
      });
    },
  };
}
