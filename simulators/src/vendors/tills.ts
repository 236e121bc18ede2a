// What a shop's staff can do at any make of till. The simulated vendors all take these orders (simulated-tills.ts); what
// their APIs tell of them is each one's own.

import type { Tender, Ticket, TicketLine } from './ticket.ts';

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
