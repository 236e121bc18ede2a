// The rows of a vendor's own ledger: what has happened in its shops, whatever its API makes of it later.
// `…At` are milliseconds since 1970; created and modified are the vendor's server's, the others the device's.

import type { PricedLine, Tender, Ticket } from './ticket.ts';
import type { VendorShop } from './vendor-shop.ts';

export interface LedgerLine extends PricedLine {
  readonly id: string;
  voided: boolean;
  voidedAt?: number;
  /** Thousandths that came back. */
  returned: number;
  /** The line of an earlier sale that this one was given for. */
  readonly exchangedFor?: string;
  exchanged: boolean;
}

export interface LedgerPayment {
  readonly id: string;
  readonly saleId: string;
  readonly tender: Tender;
  /** Without the tip. */
  amount: number;
  tip: number;
  status: 'approved' | 'captured' | 'voided';
  readonly offline: boolean;
  readonly paidAt: number;
  readonly createdAt: number;
  modifiedAt: number;
  /** What has gone back so far, by refunds that did not fail. */
  refunded: number;
  refundedTip: number;
}

export interface LedgerSale {
  readonly id: string;
  readonly shop: VendorShop;
  readonly ticket: Ticket;
  lines: readonly LedgerLine[];
  readonly payments: LedgerPayment[];
  /** What the total was when it was rung up: some vendors' orders go on saying so. */
  readonly openingTotal: number;
  /** Without tips; of voided lines nothing is left in it. */
  total: number;
  tax: number;
  serviceCharge: number;
  orderDiscount: number;
  /** Merged: its lines went to another sale and it counts no more. */
  state: 'open' | 'completed' | 'voided' | 'merged';
  readonly testMode: boolean;
  readonly offline: boolean;
  readonly openedAt: number;
  readonly createdAt: number;
  modifiedAt: number;
  closedAt?: number;
  version: number;
  /** Goods taken in payment, where the vendor nets them against what is sold. */
  readonly exchange?: GoodsBack;
  /** Value of this sale's goods that was spent on other goods: it will not go back as money any more. */
  tradedIn: number;
}

export interface ReturnedLine {
  readonly line: LedgerLine;
  /** Thousandths of the line that had come back before. */
  readonly from: number;
  readonly quantity: number;
  readonly gross: number;
  readonly discount: number;
  readonly tax: number;
  readonly total: number;
}

/** What came back at one go: goods, or an amount without goods. */
export interface GoodsBack {
  /** Where the vendor has an order for it, that order's id. */
  readonly id: string;
  readonly shop: VendorShop;
  /** Undefined: nobody knows what was sold before. */
  readonly sale?: LedgerSale;
  readonly lines: readonly ReturnedLine[];
  /** Goods and service charge, with tax, without tip. */
  readonly amount: number;
  readonly tip: number;
  readonly reason: string;
  /** Taken in payment: there is no order of its own for it, but the one that sells the other goods. */
  readonly isExchange: boolean;
  exchangedInto?: string;
  readonly refunds: LedgerRefund[];
  readonly returnedAt: number;
  readonly createdAt: number;
  modifiedAt: number;
  version: number;
}

/** Money that goes back to one tender. */
export interface LedgerRefund {
  readonly id: string;
  readonly payment?: LedgerPayment;
  readonly tender: Tender;
  /** With the tip that goes back. */
  readonly amount: number;
  readonly tip: number;
  status: 'pending' | 'completed' | 'failed';
  readonly refundedAt: number;
  readonly createdAt: number;
  modifiedAt: number;
  version: number;
}

/** What a ledger tells its vendor's webhooks. */
export type LedgerChange = { readonly type: 'created' | 'updated' } & (
  | { readonly of: 'sale'; readonly sale: LedgerSale }
  | { readonly of: 'payment'; readonly sale: LedgerSale; readonly payment: LedgerPayment }
  | { readonly of: 'return'; readonly back: GoodsBack }
  | { readonly of: 'refund'; readonly back: GoodsBack; readonly refund: LedgerRefund }
);

/** Names for new rows, in the vendor's own style. */
export type NextId = (kind: 'sale' | 'line' | 'payment' | 'refund' | 'return', belongsTo?: string) => string;
