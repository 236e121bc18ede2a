// What came back, as Square shows it: a second order that sells nothing. The sold order is never touched.

import type { GoodsBack, LedgerRefund, ReturnedLine } from '../ledger-rows.ts';
import { sum } from '../ticket.ts';
import type { Rendering } from './rendering.ts';
import { money, quantityText, stamp } from './square-money.ts';

export function renderReturnOrder(back: GoodsBack, rendering: Rendering): Record<string, unknown> {
  const { currency } = back.shop;
  const { returns, return_amounts } = renderReturn(back, rendering);
  const zero = money(0, currency);
  return {
    id: back.id,
    location_id: rendering.ids.location(back.shop.id),
    source: { name: rendering.switches.ordersMadeBy === 'api' ? 'Partner till' : 'Point of Sale' },
    returns,
    return_amounts,
    net_amounts: {
      total_money: money(-back.amount - back.tip, currency),
      tax_money: money(-sum(back.lines.map(({ tax }) => tax)), currency),
      discount_money: zero,
      tip_money: money(-back.tip, currency),
      service_charge_money: zero,
    },
    refunds: back.refunds.map((refund) => renderOldRefund(refund, back, rendering)),
    created_at: stamp(back.createdAt),
    updated_at: stamp(back.modifiedAt),
    closed_at: stamp(back.createdAt),
    state: 'COMPLETED',
    ...(rendering.switches.ordersMadeBy === 'api' ? { version: back.version } : {}),
    total_money: zero,
    total_tax_money: zero,
    total_discount_money: zero,
    total_tip_money: zero,
    total_service_charge_money: zero,
    net_amount_due_money: zero,
  };
}

/** The two fields that return orders and exchanges share. */
export function renderReturn(back: GoodsBack, rendering: Rendering) {
  const { currency } = back.shop;
  const goods = sum(back.lines.map(({ total }) => total));
  const free = back.amount - goods;
  const lines = back.lines.map((line) => renderReturnedLine(line, currency, rendering));
  return {
    returns: [
      {
        uid: `${back.id}-r`,
        ...(back.sale ? { source_order_id: back.sale.id } : {}),
        return_line_items: free > 0 ? [...lines, customAmount(back, free)] : lines,
        ...(back.tip > 0 ? { return_tips: [{ uid: `${back.id}-tip`, applied_money: money(back.tip, currency) }] } : {}),
      },
    ],
    return_amounts: {
      total_money: money(back.amount + back.tip, currency),
      tax_money: money(sum(back.lines.map(({ tax }) => tax)), currency),
      discount_money: money(sum(back.lines.map(({ discount }) => discount)), currency),
      tip_money: money(back.tip, currency),
      service_charge_money: money(0, currency),
    },
  };
}

function renderReturnedLine(returned: ReturnedLine, currency: string, rendering: Rendering) {
  const { line, quantity } = returned;
  const item = line.sku === undefined ? undefined : rendering.items.bySku(line.sku);
  return {
    uid: `${line.id}-r${line.returned}`,
    source_line_item_uid: line.id,
    name: line.name,
    quantity: quantityText(quantity),
    ...(item
      ? { item_type: 'ITEM', catalog_object_id: rendering.ids.variation(item.key), variation_name: 'Regular' }
      : { item_type: 'CUSTOM_AMOUNT' }),
    base_price_money: money(line.price, currency),
    gross_return_money: money(returned.gross, currency),
    total_tax_money: money(returned.tax, currency),
    total_discount_money: money(returned.discount, currency),
    total_money: money(returned.total, currency),
  };
}

/** The Refunds API cannot name items: what it gives back is one line of this kind. */
const customAmount = (back: GoodsBack, amount: number) => ({
  uid: `${back.id}-custom`,
  quantity: '1',
  item_type: 'CUSTOM_AMOUNT',
  base_price_money: money(amount, back.shop.currency),
  gross_return_money: money(amount, back.shop.currency),
  total_tax_money: money(0, back.shop.currency),
  total_discount_money: money(0, back.shop.currency),
  total_money: money(amount, back.shop.currency),
});

const oldStatuses = { pending: 'PENDING', completed: 'APPROVED', failed: 'FAILED' } as const;

const renderOldRefund = (refund: LedgerRefund, back: GoodsBack, { ids }: Rendering) => ({
  id: refund.id,
  location_id: ids.location(back.shop.id),
  transaction_id: back.sale?.id ?? back.id,
  ...(refund.payment ? { tender_id: refund.payment.id } : {}),
  created_at: stamp(refund.createdAt),
  reason: back.reason,
  amount_money: money(refund.amount, back.shop.currency),
  status: oldStatuses[refund.status],
});
