// The ledger as the rows of Square's three lists: orders (sold and returned alike), payments and refunds.

import type { ChangeWindow } from '../change-log.ts';
import type { Ledger } from '../ledger.ts';
import type { GoodsBack, LedgerPayment, LedgerRefund, LedgerSale } from '../ledger-rows.ts';
import type { ListedRow } from './list-rows.ts';
import { renderOrder } from './render-order.ts';
import { renderPayment, renderRefund } from './render-payment.ts';
import { renderReturnOrder } from './render-return.ts';
import type { Rendering } from './rendering.ts';
import type { OrderRow } from './search-orders.ts';

export interface Rendered {
  render(): Record<string, unknown>;
}

export type SquareOrder = OrderRow & Rendered;
export type SquareListed = ListedRow & Rendered;

const orderStates = { open: 'OPEN', completed: 'COMPLETED', voided: 'CANCELED', merged: 'CANCELED' } as const;
const paymentStates = { approved: 'APPROVED', captured: 'COMPLETED', voided: 'CANCELED' } as const;
const refundStates = { pending: 'PENDING', completed: 'COMPLETED', failed: 'FAILED' } as const;

/** Those that were changed in the window, and the returns. */
export function* orderRows(
  ledger: Ledger,
  rendering: Rendering,
  window: ChangeWindow,
): Generator<SquareOrder, void, undefined> {
  for (const sale of ledger.salesLog.between(window)) yield soldOrder(sale, rendering);
  for (const back of ledger.returns.values()) if (!back.isExchange) yield returnOrder(back, rendering);
}

/** The order of that id, whichever kind it is. */
export function findOrder(id: string, ledger: Ledger, rendering: Rendering): SquareOrder | undefined {
  const sale = ledger.sales.get(id);
  if (sale) return soldOrder(sale, rendering);
  const back = ledger.returns.get(id);
  return back && !back.isExchange ? returnOrder(back, rendering) : undefined;
}

const soldOrder = (sale: LedgerSale, rendering: Rendering): SquareOrder => ({
  id: sale.id,
  locationId: rendering.ids.location(sale.shop.id),
  state: orderStates[sale.state],
  createdAt: sale.createdAt,
  modifiedAt: sale.modifiedAt,
  closedAt: sale.closedAt,
  version: rendering.switches.ordersMadeBy === 'api' ? sale.version : undefined,
  render: () => renderOrder(sale, rendering),
});

const returnOrder = (back: GoodsBack, rendering: Rendering): SquareOrder => ({
  id: back.id,
  locationId: rendering.ids.location(back.shop.id),
  state: 'COMPLETED',
  createdAt: back.createdAt,
  modifiedAt: back.modifiedAt,
  closedAt: back.createdAt,
  version: rendering.switches.ordersMadeBy === 'api' ? back.version : undefined,
  render: () => renderReturnOrder(back, rendering),
});

/** Those that were changed in the window. */
export function* paymentRows(
  ledger: Ledger,
  rendering: Rendering,
  window: ChangeWindow,
): Generator<SquareListed, void, undefined> {
  for (const { payment, sale } of ledger.paymentsLog.between(window)) {
    yield paymentRow(payment, sale, { ledger, rendering });
  }
}

export function paymentRow(
  payment: LedgerPayment,
  sale: LedgerSale,
  given: { readonly ledger: Ledger; readonly rendering: Rendering },
): SquareListed {
  const refunds = () => given.ledger.returnsOf(sale).flatMap((back) => back.refunds);
  return {
    id: payment.id,
    locationId: given.rendering.ids.location(sale.shop.id),
    status: paymentStates[payment.status],
    createdAt: payment.createdAt,
    modifiedAt: payment.modifiedAt,
    total: payment.amount + payment.tip,
    ...(payment.offline ? { offlineAt: payment.paidAt } : {}),
    render: () => renderPayment(payment, { sale, refunds: refunds() }, given.rendering),
  };
}

export function* refundRows(ledger: Ledger, rendering: Rendering): Generator<SquareListed, void, undefined> {
  for (const back of ledger.returns.values()) {
    for (const refund of back.refunds) yield refundRow(refund, back, rendering);
  }
}

export const refundRow = (refund: LedgerRefund, back: GoodsBack, rendering: Rendering): SquareListed => ({
  id: refund.id,
  locationId: rendering.ids.location(back.shop.id),
  status: refundStates[refund.status],
  createdAt: refund.createdAt,
  modifiedAt: refund.modifiedAt,
  total: refund.amount,
  render: () => renderRefund(refund, back, rendering),
});
