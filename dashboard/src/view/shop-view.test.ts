import type { SyncEvent } from '@tillstream/client';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Sale } from './sale.ts';
import type { ShopAlert } from './shop-alert.ts';
import { type Mark, resolvedAlertsMax, type ShopSnapshot, ShopView } from './shop-view.ts';
import type { StockLevel } from './stock-level.ts';

const shop = 'shop-1';
const nowMs = Date.now();

const latte: StockLevel = {
  ...{
    inventoryItemId: 'item-1',
    locationId: shop,
    productId: 'product-1',
    productName: 'Latte',
    sku: 'L',
    unit: 'pc',
  },
  ...{ currentStock: 20, reorderLevel: 10, rearmLevel: 11, maxStockLevel: 40 },
};

let eventsMade = 0;

function event(eventType: string, changeData: Record<string, unknown>): SyncEvent {
  eventsMade += 1;
  return {
    ...{ id: `event-${eventsMade}`, eventType, entityType: 'any', entityId: 'any', changeData, sourceSystem: 'pos' },
    ...{ targetSystems: [], timestamp: new Date(nowMs), recordedAt: new Date(nowMs) },
    ...{ franchiseId: 'brand', franchiseeId: null, locationId: shop },
  };
}

function stockEvent(newStock: number, reason = 'sale', inventoryItemId = latte.inventoryItemId): SyncEvent {
  return event('inventory.update', { inventoryItemId, productName: 'Latte', newStock, reason });
}

function saleEvent(id: string, totalAmount: number): SyncEvent {
  return event('pos.transaction', {
    ...{ transactionId: id, version: 1, status: 'completed', locationId: shop, currency: 'USD', totalAmount },
    ...{ occurredAt: new Date(nowMs).toISOString(), lines: [] },
  });
}

function alertEvent(state: 'open' | 'resolved', currentStock: number): SyncEvent {
  return event('stock.alert', {
    ...{ alertId: 'alert-1', inventoryItemId: latte.inventoryItemId, locationId: shop, locationName: 'Astoria' },
    ...{ productName: 'Latte', state, currentStock, reorderLevel: 10 },
  });
}

function snapshot(levels: StockLevel[], sales: Sale[] = [], alerts: ShopAlert[] = []): ShopSnapshot {
  return { locationId: shop, levels, sales, alerts };
}

describe('joining snapshot and stream', () => {
  /** What may happen between a server and a screen, in any order that keeps the stream itself in order. */
  const step = fc.constantFrom('commit', 'deliver', 'ask', 'answer', 'merge');

  test('when everything has arrived, the screen shows each sale once and the stock of the server', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        const view = new ShopView();
        const server = { stock: 20, sales: [] as Sale[] };
        const onTheWay: SyncEvent[] = [];
        let asked: { mark: Mark; answer?: ShopSnapshot } | undefined;

        const run: Record<string, () => void> = {
          commit: () => {
            const sold = server.sales.length + 1;
            server.stock -= 1;
            server.sales.push(sale(String(sold), 1.1));
            onTheWay.push(saleEvent(String(sold), 1.1), stockEvent(server.stock));
          },
          deliver: () => {
            const next = onTheWay.shift();
            if (next !== undefined) view.apply(next);
          },
          ask: () => {
            asked ??= { mark: view.mark() };
          },
          answer: () => {
            if (asked) asked.answer ??= snapshot([{ ...latte, currentStock: server.stock }], [...server.sales]);
          },
          merge: () => {
            if (asked?.answer) view.merge(asked.mark, asked.answer);
            if (asked?.answer) asked = undefined;
          },
        };
        for (const name of ['ask', 'answer', 'merge', ...steps, 'ask', 'answer', 'merge']) run[name]?.();
        while (onTheWay.length > 0) run['deliver']?.();

        expect(view.levels.get(latte.inventoryItemId)?.currentStock).toBe(server.stock);
        expect(view.sales.totals(nowMs)).toEqual({
          count: server.sales.length,
          revenue: new Map(server.sales.length === 0 ? [] : [['USD', server.sales.length * 110]]),
        });
      }),
    );
  });

  test('a snapshot takes away what the shop no longer keeps, and leaves other shops alone', () => {
    const view = new ShopView();
    const elsewhere = { ...latte, inventoryItemId: 'item-9', locationId: 'shop-2' };
    view.merge(view.mark(), snapshot([latte]));
    view.merge(view.mark(), { ...snapshot([elsewhere]), locationId: 'shop-2' });
    view.merge(view.mark(), snapshot([]));
    expect([...view.levels.keys()]).toEqual(['item-9']);
  });
});

describe('what an event means', () => {
  test('an item that is not known yet, or whose levels were edited, wants the stock to be read again', () => {
    const view = new ShopView();
    expect(view.apply(stockEvent(5))).toBe('unknown-item');
    view.merge(view.mark(), snapshot([latte]));
    expect(view.apply(stockEvent(5))).toBe('applied');
    expect(view.apply(stockEvent(5, 'levels'))).toBe('unknown-item');
  });

  test('an alert opens, is announced once, and is resolved in place', () => {
    const view = new ShopView();
    view.merge(view.mark(), snapshot([latte]));
    expect(view.apply(alertEvent('open', 9))).toBe('alert-opened');
    expect(view.alerts.get('alert-1')).toMatchObject({ state: 'open', currentStock: 9, productName: 'Latte' });
    expect(view.apply(alertEvent('resolved', 30))).toBe('applied');
    expect(view.alerts.get('alert-1')).toMatchObject({ state: 'resolved' });
  });
});

describe('alerts across a break', () => {
  const open: ShopAlert = {
    ...{ id: 'alert-1', inventoryItemId: 'item-1', locationId: shop, productName: 'Latte', state: 'open' },
    ...{ currentStock: 9, reorderLevel: 10, changedAtMs: nowMs },
  };

  test('the snapshot decides: what was resolved unseen is resolved, what opened unseen is open', () => {
    const view = new ShopView();
    view.apply(alertEvent('open', 9));
    view.merge(
      view.mark(),
      snapshot(
        [latte],
        [],
        [
          { ...open, state: 'resolved' },
          { ...open, id: 'alert-2' },
        ],
      ),
    );
    expect([...view.alerts.values()].map(({ id, state }) => [id, state])).toEqual([
      ['alert-1', 'resolved'],
      ['alert-2', 'open'],
    ]);
  });

  test('what came after the question was asked is newer than its answer', () => {
    const view = new ShopView();
    const mark = view.mark();
    view.apply(alertEvent('resolved', 30));
    view.merge(mark, snapshot([latte], [], [open]));
    expect(view.alerts.get('alert-1')?.state).toBe('resolved');
  });

  test('resolved alerts do not pile up, open ones are never forgotten', () => {
    const view = new ShopView();
    const many = Array.from({ length: 50 }, (_, index) => [
      { ...open, id: `open-${index}` },
      { ...open, id: `resolved-${index}`, state: 'resolved' as const },
    ]).flat();
    view.merge(view.mark(), snapshot([latte], [], many));
    view.apply(alertEvent('resolved', 30));
    const states = [...view.alerts.values()].map((alert) => alert.state);
    expect(states.filter((state) => state === 'open')).toHaveLength(50);
    expect(states.filter((state) => state === 'resolved')).toHaveLength(resolvedAlertsMax);
    expect(view.alerts.has('alert-1')).toBe(true);
  });
});

function sale(id: string, totalAmount: number): Sale {
  return {
    ...{ id, version: 1, status: 'completed', isRefund: false, locationId: shop, currency: 'USD', totalAmount },
    ...{ occurredAtMs: nowMs, recordedAtMs: nowMs, items: [] },
  };
}
