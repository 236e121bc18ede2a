// The one way in which stock changes, whatever the cause: sales of a group commit, deliveries, losses, counts. Ledger,
// stock, alerts and events are written together, in four statements however many movements there are (and up to two
// more when an item is new to a shop, becomes low or is so no longer).
import { type AnyNewEvent, append } from '../../events/index.ts';
import type { Tx } from '../../platform/database.ts';
import { type Decimal, plain } from '../../platform/decimal.ts';
import { newId } from '../../platform/new-id.ts';
import {
  type AlertEnd,
  type AlertRow,
  changeStock,
  type ItemChange,
  insertAlerts,
  insertBareItems,
  insertMovements,
  type NewAlert,
  type NewMovement,
  resolveAlerts,
  stockStates,
} from './queries.ts';
import { alertChanged, stockMoved } from './stock-events.ts';
import { alertTransition } from './stock-level.ts';
import { type PlannedMove, planMove, type StockMovement, sumByItem } from './stock-movement.ts';

/** One item after all of a commit's movements. */
export interface MovedItem {
  readonly inventoryItemId: string;
  readonly locationId: string;
  readonly productId: string;
  readonly previousStock: Decimal;
  readonly newStock: Decimal;
}

/**
 * Books the movements, one ledger row each, and appends their events: one `inventory.update` an item, with the figure
 * after all of them, and a `stock.alert` for each item that became low or is so no longer. The caller holds `lockStock`
 * for every shop named, acts with rights over them, and writes the movements' cause in the same transaction.
 *
 * A product without an item at the shop gets one, with stock 0 and no levels. Stock may become negative: what was sold
 * was sold. A sale that happened before the item's last count gets a second row that takes it back (see planMove).
 * Throws `inventory.unknown_product` for a product that is not the brand's, and `inventory.amount_out_of_range` for a
 * stock that cannot be kept exactly; then nothing has been written.
 */
export async function moveStock(
  tx: Tx,
  movements: readonly StockMovement[],
  sourceSystem: string,
): Promise<readonly MovedItem[]> {
  if (movements.length === 0) return [];
  const move = await prepareMove(tx, movements, sourceSystem);
  await writeMove(tx, move, []);
  return move.items;
}

/** Movements that are decided on and not yet written. */
export interface PreparedMove {
  readonly items: readonly PlannedMove[];
  readonly events: readonly AnyNewEvent[];
}

/**
 * The first half of moveStock, with its conditions and refusals: reads, decides, and writes what has to be read back (items
 * that are new to their shop, alerts). What is left needs no answer, so that a COMMIT can be sent right behind it.
 */
export async function prepareMove(
  tx: Tx,
  movements: readonly StockMovement[],
  sourceSystem: string,
): Promise<PreparedMove> {
  if (movements.length === 0) return { items: [], events: [] };
  const moves = sumByItem(movements);
  const states = await stockStates(tx, moves);
  const planned = moves.map((move, index) => planMove(move, states[index], newId));
  const missing = planned.filter((move) => move.isNew);
  const [newRecords, alerts] = await Promise.all([
    missing.length > 0 ? insertBareItems(tx, missing) : [],
    changeAlerts(tx, planned),
  ]);
  const recordOf = new Map(newRecords.map((row) => [row.inventoryItemId, row.record]));
  const items = planned.map((move) => ({ ...move, record: recordOf.get(move.inventoryItemId) ?? move.record }));
  const moveOf = finder(items);
  const events = [
    ...items.map((move) => stockMoved(move, sourceSystem)),
    ...alerts.map((alert) => alertChanged(moveOf(alert), alert, sourceSystem)),
  ];
  return { items, events };
}

/**
 * The second half: the stock, the ledger, and the events, of which `causes` come first. All statements are sent before it
 * returns its promise.
 */
export async function writeMove(
  tx: Tx,
  { items, events }: PreparedMove,
  causes: readonly AnyNewEvent[],
): Promise<void> {
  await Promise.all([
    items.length > 0 ? changeStock(tx, items.map(toItemChange)) : undefined,
    items.length > 0 ? insertMovements(tx, items, items.flatMap(toLedgerRows)) : undefined,
    append(tx, [...causes, ...events]),
  ]);
}

function toItemChange({ locationId, inventoryItemId, change, restockedAt, countedAt }: PlannedMove): ItemChange {
  return { locationId, inventoryItemId, change: plain(change), restockedAt, countedAt };
}

function toLedgerRows({ movements }: PlannedMove, item: number): NewMovement[] {
  return movements.map((movement) => ({ ...movement, id: newId(), item }));
}

/** Opens and resolves what this commit crossed, with its final figure; most commits cross nothing and cost nothing. */
async function changeAlerts(tx: Tx, planned: readonly PlannedMove[]): Promise<AlertRow[]> {
  const opened: NewAlert[] = [];
  const resolved: AlertEnd[] = [];
  for (const move of planned) {
    const { reorderLevel, rearmLevel, openAlertId } = move;
    if (reorderLevel === null || rearmLevel === null) continue;
    const change = { before: move.previousStock, after: move.newStock, alertOpen: openAlertId !== null };
    const transition = alertTransition({ reorderLevel, rearmLevel }, change);
    const currentStock = plain(move.newStock);
    if (transition === 'open') {
      const levels = { reorderLevel: plain(reorderLevel), rearmLevel: plain(rearmLevel) };
      opened.push({ ...move, ...levels, id: newId(), currentStock });
    } else if (transition === 'resolve' && openAlertId !== null) {
      resolved.push({ id: openAlertId, locationId: move.locationId, currentStock });
    }
  }
  const rows = await Promise.all([
    opened.length > 0 ? insertAlerts(tx, opened) : [],
    resolved.length > 0 ? resolveAlerts(tx, resolved) : [],
  ]);
  return rows.flat();
}

/** Finds the move that a written row belongs to: statements return their rows in no order. */
function finder(planned: readonly PlannedMove[]): (row: { readonly inventoryItemId: string }) => PlannedMove {
  const byItem = new Map(planned.map((move) => [move.inventoryItemId, move]));
  return ({ inventoryItemId }) => {
    const move = byItem.get(inventoryItemId);
    if (move === undefined) throw new Error(`The item ${inventoryItemId} was changed without being moved`);
    return move;
  };
}
