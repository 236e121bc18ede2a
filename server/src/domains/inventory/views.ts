// From rows to what the routes answer: figures as numbers (of at most 15 digits, so exact), instants as text.
import type { z } from 'zod';
import { decimal, isNegative, toJsonNumber } from '../../platform/decimal.ts';
import type { BookedAdjustment } from './adjust-stock.ts';
import type { Product } from './products/queries.ts';
import type { adjustmentView, alertView, movementView, productView, stockView } from './schema.ts';
import type { LedgerEntry, StockAlert, StockItem } from './shelves/queries.ts';
import { isLow } from './stock-level.ts';

export function viewProduct(row: Product): z.input<typeof productView> {
  return {
    ...row,
    price: figure(row.price),
    costPrice: figure(row.costPrice),
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

export function viewStock({ alertId, alertOpenedAt, ...row }: StockItem): z.input<typeof stockView> {
  const stock = decimal(row.currentStock);
  return {
    ...row,
    currentStock: toJsonNumber(stock),
    reorderLevel: figure(row.reorderLevel),
    rearmLevel: figure(row.rearmLevel),
    maxStockLevel: figure(row.maxStockLevel),
    low: isLow(stock, row.reorderLevel === null ? null : decimal(row.reorderLevel)),
    negative: isNegative(stock),
    alert: alertId === null || alertOpenedAt === null ? null : { id: alertId, openedAt: alertOpenedAt.toISOString() },
    lastRestockedAt: row.lastRestockedAt?.toISOString() ?? null,
    lastCountedAt: row.lastCountedAt?.toISOString() ?? null,
    updatedAt: row.updatedAt.toISOString(),
  };
}

export function viewAdjustment({ item, ...booked }: BookedAdjustment): z.input<typeof adjustmentView> {
  return {
    ...viewStock(item),
    id: booked.id,
    type: booked.type,
    quantity: toJsonNumber(booked.quantity),
    occurredAt: booked.occurredAt.toISOString(),
  };
}

export function viewMovement({ recordedAtExact: _, ...row }: LedgerEntry): z.input<typeof movementView> {
  return {
    ...row,
    quantity: toJsonNumber(row.quantity),
    occurredAt: row.occurredAt.toISOString(),
    recordedAt: row.recordedAt.toISOString(),
  };
}

export function viewAlert(row: StockAlert): z.input<typeof alertView> {
  return {
    ...row,
    currentStock: toJsonNumber(row.currentStock),
    reorderLevel: toJsonNumber(row.reorderLevel),
    rearmLevel: toJsonNumber(row.rearmLevel),
    openedAt: row.openedAt.toISOString(),
    resolvedAt: row.resolvedAt?.toISOString() ?? null,
  };
}

const figure = (text: string | null): number | null => (text === null ? null : toJsonNumber(text));
