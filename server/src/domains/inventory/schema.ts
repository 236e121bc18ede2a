// The wire shapes of inventory: what its routes take and answer. Everything taken has a limit; unknown fields are refused.
import { z } from 'zod';
import { currencyField as currency } from '../../platform/currencies.ts';
import { type DecimalKind, money, parseDecimal, quantity, unitCost } from '../../platform/decimal.ts';
import { listQuery } from '../../platform/http-lists.ts';
import { changesOf } from '../../platform/versioned-update-wire.ts';
import { adjustmentTypes } from './adjustment.ts';
import { movementTypes } from './movement-type.ts';

const id = z.uuid().toLowerCase();
const instant = z.iso.datetime();
const text = (charactersMax: number) => z.string().trim().min(1).max(charactersMax);

/** A figure on its way in: a number, or text with as many digits as the column holds; exact from here on. */
function decimalOf(kind: DecimalKind) {
  return z.union([z.number(), z.string().max(40)]).transform((input, context) => {
    const parsed = parseDecimal(kind, input);
    if (parsed.ok) return parsed.value;
    context.addIssue({ code: 'custom', message: parsed.message });
    return z.NEVER;
  });
}

const notNegative = (kind: DecimalKind) => decimalOf(kind).refine((value) => value.gte('0'), 'must be 0 or more');

const skuCharactersMax = 100;
const nameCharactersMax = 200;
const unitCharactersMax = 20;
const reasonCharactersMax = 500;

const sku = text(skuCharactersMax).describe('Unique within the brand; capitals matter');
const unit = text(unitCharactersMax).describe('What a quantity of 1 means');

const figures = {
  price: notNegative(money).nullable().exactOptional(),
  costPrice: notNegative(unitCost).nullable().exactOptional(),
};

export const newProduct = z.strictObject({
  franchiseId: id.exactOptional().describe('Needed only by who belongs to several'),
  sku,
  name: text(nameCharactersMax),
  unit: unit.default('piece'),
  ...figures,
  currency: currency.exactOptional().describe("ISO 4217; the brand's where it is left out"),
});

export const productChanges = changesOf({
  sku: sku.exactOptional(),
  name: text(nameCharactersMax).exactOptional(),
  unit: unit.exactOptional(),
  ...figures,
  currency: currency.exactOptional().describe('ISO 4217'),
});

export type ProductChanges = z.output<typeof productChanges>;

export const productView = z.object({
  id,
  franchiseId: id,
  sku: z.string(),
  name: z.string(),
  unit: z.string(),
  price: z.number().nullable(),
  costPrice: z.number().nullable(),
  currency: z.string(),
  createdAt: instant,
  updatedAt: instant,
  version: z.int(),
});

const level = notNegative(quantity).nullable().exactOptional();

const maxStockLevel = level.describe('What the shelf is filled up to');

export const newItem = z.strictObject({
  locationId: id,
  productId: id,
  reorderLevel: level.describe('At or below it, having been above it, the stock is low and an alert opens'),
  rearmLevel: level.describe('At or above it the alert ends; a tenth above reorderLevel, at least 1, if left out'),
  maxStockLevel,
});

export const itemChanges = changesOf({
  reorderLevel: level.describe('null: the item is never low'),
  rearmLevel: level.describe('null, or left out with a new reorderLevel: a tenth above reorderLevel, at least 1'),
  maxStockLevel,
});

export type ItemChanges = z.output<typeof itemChanges>;

export const stockView = z.object({
  inventoryItemId: id,
  locationId: id,
  productId: id,
  sku: z.string(),
  productName: z.string(),
  unit: z.string(),
  currentStock: z.number().describe('May be negative: what was sold before its delivery was booked'),
  reorderLevel: z.number().nullable(),
  rearmLevel: z.number().nullable(),
  maxStockLevel: z.number().nullable(),
  low: z.boolean().describe('At or below reorderLevel'),
  negative: z.boolean(),
  alert: z.object({ id, openedAt: instant }).nullable().describe('The open alert, if there is one'),
  lastRestockedAt: instant.nullable(),
  lastCountedAt: instant.nullable(),
  updatedAt: instant,
  version: z.int().describe('Counts edits of the levels; the stock moves without it'),
});

export const newAdjustment = z.strictObject({
  locationId: id,
  productId: id,
  type: z.enum(adjustmentTypes),
  quantity: decimalOf(quantity).describe(
    'What it adds to the stock: above 0 for in, below 0 for out and waste. For count: the figure on the shelf',
  ),
  countedAt: z.iso
    .datetime({ offset: true })
    .exactOptional()
    .describe('For count, and only then: when the figure was read; what happened after it is added'),
  reason: text(reasonCharactersMax).nullable().default(null),
});

export const adjustmentView = stockView.extend({
  id: id.describe("The adjustment; `referenceId` of its movement in the item's ledger"),
  type: z.enum(adjustmentTypes),
  quantity: z.number().describe('The difference that was booked; for count its correction'),
  occurredAt: instant,
});

export const movementView = z.object({
  id,
  movementType: z.enum(movementTypes),
  quantity: z.number().describe('What it added to the stock, signed'),
  reason: z.string().nullable(),
  referenceType: z.string().describe('What caused it'),
  referenceId: id,
  performedBy: z.string(),
  occurredAt: instant,
  recordedAt: instant,
});

const alertState = z.enum(['open', 'resolved']);

export const alertView = z.object({
  id,
  inventoryItemId: id,
  locationId: id,
  productId: id,
  sku: z.string(),
  productName: z.string(),
  state: alertState,
  currentStock: z.number().describe('When the alert opened or, once it is resolved, ended'),
  reorderLevel: z.number(),
  rearmLevel: z.number(),
  openedAt: instant,
  resolvedAt: instant.nullable(),
});

export const idParams = z.strictObject({ id });
export const itemParams = z.strictObject({ id, productId: id });
export const alertQuery = listQuery.extend({ state: alertState.exactOptional() });
