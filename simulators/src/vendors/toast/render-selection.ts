// A line of the ledger as Toast's Selection, its modifiers as selections again, to any depth.

import type { LedgerLine, LedgerSale } from '../ledger-rows.ts';
import { modifierPrice, sum, type TicketModifier } from '../ticket.ts';
import { wholeTaxRate } from '../vendor-shop.ts';
import { major, type Rendering, stamp } from './rendering.ts';

export function renderSelection(line: LedgerLine, sale: LedgerSale, rendering: Rendering): Record<string, unknown> {
  const { shop } = sale;
  const inside = rendering.switches.modifierPrices === 'in-selection';
  const modifiers = line.modifiers ?? [];
  const beside = inside ? 0 : Math.round((sum(modifiers.map(modifierPrice)) * line.quantity) / 1000);
  const unit = line.price + (inside ? sum(modifiers.map(modifierPrice)) : 0);
  const rate = line.taxRate ?? shop.taxRate ?? 0;
  return {
    ...reference(line.id, 'MenuItemSelection'),
    ...itemOf(line.sku, sale, rendering),
    optionGroup: null,
    quantity: line.quantity / 1000,
    unitOfMeasure: line.byWeight ? 'KG' : 'NONE',
    selectionType: line.sku === undefined ? 'OPEN_ITEM' : 'NONE',
    preDiscountPrice: major(line.gross - beside, shop),
    price: major(line.gross - beside - (line.discount ?? 0), shop),
    receiptLinePrice: major(unit, shop),
    tax: major(line.tax, shop),
    voided: line.voided,
    voidDate: line.voidedAt === undefined ? null : stamp(line.voidedAt),
    voidReason: line.voided ? reference(rendering.ids.partOf(shop.id, 'mistake'), 'VoidReason') : null,
    refundDetails: refundDetails(line, sale, rendering),
    displayName: line.name,
    deferred: false,
    appliedTaxes: line.tax > 0 ? [appliedTax(line, rate, { sale, rendering })] : [],
    appliedDiscounts: line.discount
      ? [renderDiscount(rendering.ids.partOf(line.id, 'off'), 'Off the shelf price', major(line.discount, shop))]
      : [],
    modifiers: modifiers.map((modifier, n) => renderModifier(modifier, `${line.id}.${n}`, { line, sale, rendering })),
    createdDate: stamp(sale.openedAt),
    modifiedDate: stamp(line.voidedAt ?? sale.openedAt),
  };
}

interface Place {
  readonly line: LedgerLine;
  readonly sale: LedgerSale;
  readonly rendering: Rendering;
}

function renderModifier(modifier: TicketModifier, path: string, place: Place): Record<string, unknown> {
  const { line, sale, rendering } = place;
  const inside = rendering.switches.modifierPrices === 'in-selection';
  const unit = inside ? modifierPrice(modifier) : modifier.price;
  const price = major((unit * line.quantity) / 1000, sale.shop);
  return {
    ...reference(rendering.ids.partOf(path, 'selection'), 'MenuItemSelection'),
    ...itemOf(modifier.sku, sale, rendering),
    optionGroup: reference(rendering.ids.partOf(sale.shop.id, 'options'), 'MenuOptionGroup'),
    quantity: line.quantity / 1000,
    unitOfMeasure: 'NONE',
    selectionType: modifier.sku === undefined ? 'SPECIAL_REQUEST' : 'NONE',
    preDiscountPrice: price,
    price,
    receiptLinePrice: major(unit, sale.shop),
    tax: 0,
    voided: line.voided,
    refundDetails: null,
    displayName: modifier.name,
    deferred: false,
    appliedTaxes: [],
    appliedDiscounts: [],
    modifiers: (modifier.modifiers ?? []).map((each, n) => renderModifier(each, `${path}.${n}`, place)),
    createdDate: stamp(sale.openedAt),
    modifiedDate: stamp(line.voidedAt ?? sale.openedAt),
  };
}

export const reference = (guid: string, entityType: string) => ({ guid, entityType, externalId: null });

/** Null for what was typed in by hand. */
function itemOf(sku: string | undefined, { shop }: LedgerSale, { ids, items }: Rendering) {
  const item = sku === undefined ? undefined : items(shop.id).bySku(sku);
  if (!item) return { item: null, itemGroup: null };
  return {
    item: { ...reference(ids.item(shop.id, item.key), 'MenuItem'), multiLocationId: ids.multiLocation(item.key) },
    itemGroup: reference(ids.partOf(shop.id, 'group'), 'MenuGroup'),
  };
}

export const renderDiscount = (guid: string, name: string, amount: number) => ({
  ...reference(guid, 'AppliedCustomDiscount'),
  name,
  discountAmount: amount,
  nonTaxDiscountAmount: amount,
  triggers: [],
  approver: null,
  processingState: null,
});

const appliedTax = (line: LedgerLine, rate: number, { sale, rendering }: Omit<Place, 'line'>) => ({
  ...reference(rendering.ids.partOf(line.id, 'tax'), 'AppliedTaxRate'),
  taxRate: reference(rendering.ids.partOf(sale.shop.id, `tax-${rate}`), 'TaxRate'),
  name: 'Sales tax',
  rate: rate / wholeTaxRate,
  taxAmount: major(line.tax, sale.shop),
  type: 'PERCENT',
});

/** All that came back of this line so far, in one object. */
function refundDetails(line: LedgerLine, sale: LedgerSale, { ledger }: Rendering) {
  const backs = ledger.returnsOf(sale).filter((back) => back.lines.some((each) => each.line === line));
  const parts = backs.flatMap((back) => back.lines.filter((each) => each.line === line));
  const last = backs.at(-1);
  if (!last) return null;
  return {
    refundAmount: major(sum(parts.map(({ gross, discount }) => gross - discount)), sale.shop),
    taxRefundAmount: major(sum(parts.map(({ tax }) => tax)), sale.shop),
    refundTransaction: reference(last.id, 'RefundTransaction'),
  };
}
