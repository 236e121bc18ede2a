// What a shop's staff can do at any make of till. The simulated vendors all take these orders; what their APIs tell of
// them is each one's own.

import type { SimBooks } from './books.ts';
import type { ItemBook } from './item-book.ts';
import type { Tender, Ticket, TicketLine } from './ticket.ts';
import type { Trouble } from './trouble.ts';
import type { WebhookCounters } from './webhook-sender.ts';

export interface Ring {
  readonly shopId: string;
  readonly ticket: Ticket;
  /** When it happened at the till, milliseconds since 1970; now if left out. Earlier is a till that was offline. */
  readonly occurredAt?: number;
  /** The payment was taken without a connection. */
  readonly offline?: boolean;
  readonly testMode?: boolean;
  /** `open`: not paid yet; `approved`: the card is only authorised. Paid for good if left out. */
  readonly until?: 'open' | 'approved';
}

export interface Edit {
  readonly add?: readonly TicketLine[];
  /** Ids of lines that are struck out. */
  readonly voidLines?: readonly string[];
  /** The whole new tip. */
  readonly tip?: number;
}

export interface TakeBack {
  /** Nothing named: everything that is left, tip included. */
  readonly lines?: readonly { readonly line: string; readonly quantity?: number }[];
  /** An amount without goods, minor units. */
  readonly amount?: number;
  readonly tip?: number;
  readonly reason?: string;
  /** The bank has not answered yet; `settleRefund` tells how it ends. */
  readonly pending?: boolean;
}

export interface CreditNote {
  readonly shopId: string;
  readonly amount: number;
  readonly tender: Tender;
}

export interface Exchange {
  readonly lines: readonly { readonly line: string; readonly quantity?: number }[];
  readonly ticket: Ticket;
}

export type VendorKind = 'square' | 'clover' | 'toast' | 'custom';

/** A simulated vendor with its shops, at work. Every sale's and line's id is the vendor's own. */
export interface SimulatedTills {
  readonly kind: VendorKind;
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly url: string;
  /** May be changed at any time. */
  readonly trouble: Trouble;
  /** Requests answered so far, and what became of the webhooks. */
  readonly requests: () => number;
  readonly webhooks: Readonly<WebhookCounters>;
  /** The vendor's id of a shop: Square's location, Clover's merchant, Toast's restaurant. */
  externalIdOf(shopId: string): string;
  /** What the shop can sell; changes are seen by the catalog's readers. */
  itemsOf(shopId: string): ItemBook;
  ring(ring: Ring): RungSale;
  /** Pays a sale that was left open. */
  pay(saleId: string): RungSale;
  /** Takes the money that was only authorised. */
  capture(saleId: string): RungSale;
  /** Throws where the vendor lets nobody change such a sale. */
  edit(saleId: string, edit: Edit): RungSale;
  /** Calls a sale off; where the vendor only refunds by then, everything is refunded instead. */
  void(saleId: string): RungSale;
  refund(saleId: string, what?: TakeBack): RungReturn;
  settleRefund(refundId: string, status: 'completed' | 'failed'): void;
  /** Money back without a sale. Throws where the vendor has no such thing. */
  credit(note: CreditNote): RungReturn;
  exchange(saleId: string, exchange: Exchange): RungSale;
  /** Throws where the vendor has no such thing. */
  merge(intoId: string, fromId: string): RungSale;
  /** The shop's day ends: at Toast every order of it is touched. */
  closeout(shopId: string): void;
  books(): SimBooks;
  /** Resolves when no webhook is under way. */
  webhooksSettled(): Promise<void>;
  close(): Promise<void>;
}

export interface RungSale {
  readonly id: string;
  readonly lines: readonly {
    readonly id: string;
    readonly sku?: string;
    readonly name: string;
    readonly quantity: number;
  }[];
  readonly state: 'open' | 'completed' | 'voided' | 'merged';
}

export interface RungReturn {
  readonly id: string;
  readonly refunds: readonly { readonly id: string; readonly amount: number }[];
}
