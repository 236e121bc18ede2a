// Edits the levels of a shop's item. The stock itself is never edited: it moves by what happens (adjust-stock.ts).
import { v7 as uuidv7 } from 'uuid';
import { append } from '../../../events/index.ts';
import { type Action, type Caller, requirePermission } from '../../../identity/index.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database, Tx } from '../../../platform/database.ts';
import { type Decimal, decimal, plain, toJsonNumber } from '../../../platform/decimal.ts';
import type { Editable } from '../../../platform/versioned-update.ts';
import { unknownItem } from '../errors.ts';
import { lockStock } from '../lock-stock.ts';
import { type AlertRow, insertAlerts, resolveAlerts } from '../queries.ts';
import type { ItemChanges } from '../schema.ts';
import { itemChanges } from '../schema.ts';
import { findStockItem } from '../shelves/queries.ts';
import type { StockLevels } from '../stock-level.ts';
import { viewStock } from '../views.ts';
import { alertAfterEdit, editLevels } from './edited-levels.ts';
import { alertEdited, type EditedItem, levelsEdited } from './level-events.ts';
import { findItemPlace, updateLevels } from './queries.ts';

/** Throws `inventory.unknown_item` for an item that the caller does not see, `identity.forbidden` where it lacks the right. */
export function readItem(db: Database, caller: Caller, id: string): Promise<EditedItem> {
  return db.transaction(caller, (tx) => loadItem(tx, caller, { id, action: 'inventory.read' }));
}

/** Refuses with `inventory.unknown_item`, `inventory.levels_contradict` and `identity.forbidden`. */
export function createItemEdit(clock: Clock): Editable<'inventory_items', Caller, EditedItem, ItemChanges> {
  return {
    kind: 'inventory_items',
    changes: itemChanges,
    load: (tx, caller, id) => loadItem(tx, caller, { id, action: 'inventory.manage' }),
    async write(tx, { row, changes }) {
      const before = levelsOf(row);
      const after = editLevels(before, changes);
      const record = await updateLevels(tx, { ...row, ...asTexts(after) });
      if (record === undefined) return undefined;
      const alerts = await changeAlert(tx, row, { before, after });
      const at = clock.now();
      await append(tx, [levelsEdited(row, record, at), ...alerts.map((alert) => alertEdited(row, alert, at))]);
      const written = await findStockItem(tx, row.locationId, row.productId);
      if (written === undefined) throw new Error(`The item ${row.inventoryItemId} is missing after its edit`);
      return { ...row, ...written };
    },
    owner: ({ franchiseId, franchiseeId, locationId }) => ({ franchiseId, franchiseeId, locationId }),
    view: viewItem,
    show: (changes) => Object.fromEntries(Object.entries(changes).map(([name, level]) => [name, figure(level)])),
  };
}

export function viewItem({ franchiseId: _, franchiseeId: __, ...item }: EditedItem) {
  return viewStock(item);
}

async function loadItem(
  tx: Tx,
  caller: Caller,
  { id, action }: { readonly id: string; readonly action: Action },
): Promise<EditedItem> {
  const place = await findItemPlace(tx, id);
  if (place === undefined) throw unknownItem(`There is no inventory item ${id}.`);
  requirePermission(caller, action, place);
  // The stock decides what the levels do to the alert: between reading and writing it must stand still.
  if (action === 'inventory.manage') await lockStock(tx, [place.locationId]);
  const item = await findStockItem(tx, place.locationId, place.productId);
  if (item === undefined) throw new Error(`The item ${id} was found and is not there`);
  return { ...item, ...place };
}

async function changeAlert(
  tx: Tx,
  item: EditedItem,
  { before, after }: { readonly before: StockLevels; readonly after: StockLevels },
): Promise<AlertRow[]> {
  const { alertId, currentStock } = item;
  const transition = alertAfterEdit({ before, after, stock: decimal(currentStock), alertOpen: alertId !== null });
  if (transition === 'resolve' && alertId !== null) {
    return resolveAlerts(tx, [{ id: alertId, locationId: item.locationId, currentStock }]);
  }
  const { reorderLevel, rearmLevel } = asTexts(after);
  if (transition !== 'open' || reorderLevel === null || rearmLevel === null) return [];
  return insertAlerts(tx, [{ ...item, id: uuidv7(), reorderLevel, rearmLevel }]);
}

function levelsOf({ reorderLevel, rearmLevel, maxStockLevel }: EditedItem): StockLevels {
  const exact = (level: string | null): Decimal | null => (level === null ? null : decimal(level));
  return { reorderLevel: exact(reorderLevel), rearmLevel: exact(rearmLevel), maxStockLevel: exact(maxStockLevel) };
}

function asTexts({ reorderLevel, rearmLevel, maxStockLevel }: StockLevels) {
  const text = (level: Decimal | null): string | null => level && plain(level);
  return { reorderLevel: text(reorderLevel), rearmLevel: text(rearmLevel), maxStockLevel: text(maxStockLevel) };
}

const figure = (level: Decimal | null): number | null => level && toJsonNumber(level);
