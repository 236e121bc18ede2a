// Which of Square's webhook events a change in its ledger causes.

import type { Ledger } from '../ledger.ts';
import type { LedgerChange } from '../ledger-rows.ts';
import type { Rendering } from './rendering.ts';
import { stamp } from './square-money.ts';
import { findOrder, paymentRow, refundRow, type SquareOrder } from './square-rows.ts';
import type { SquareEvent } from './webhooks.ts';

/** Nothing for orders of the Point of Sale app: Square sends none for sales that are rung up there. */
export function eventOf(change: LedgerChange, ledger: Ledger, rendering: Rendering): SquareEvent | undefined {
  if (change.of === 'payment') {
    const row = paymentRow(change.payment, change.sale, { ledger, rendering });
    const { order_id, ...rest } = row.render();
    const payment = rendering.switches.paymentOrderId === 'present' ? { ...rest, order_id } : rest;
    return { ...whole('payment', change.type, row.id), locationId: row.locationId, object: { payment } };
  }
  if (change.of === 'refund') {
    const row = refundRow(change.refund, change.back, rendering);
    return { ...whole('refund', change.type, row.id), locationId: row.locationId, object: { refund: row.render() } };
  }
  if (rendering.switches.ordersMadeBy === 'point-of-sale') return undefined;
  const id = change.of === 'sale' ? change.sale.id : change.back.id;
  const row = findOrder(id, ledger, rendering);
  return row && thin(row, change.type);
}

const whole = (what: 'payment' | 'refund', verb: 'created' | 'updated', id: string) => ({
  type: `${what}.${verb}`,
  dataType: what,
  id,
});

const thin = (row: SquareOrder, verb: 'created' | 'updated'): SquareEvent => ({
  type: `order.${verb}`,
  dataType: `order_${verb}`,
  id: row.id,
  locationId: row.locationId,
  object: {
    [`order_${verb}`]: {
      order_id: row.id,
      ...(row.version === undefined ? {} : { version: row.version }),
      location_id: row.locationId,
      state: row.state,
      created_at: stamp(row.createdAt),
      ...(verb === 'updated' ? { updated_at: stamp(row.modifiedAt) } : {}),
    },
  },
});
