// A simulated vendor as its caller holds it: the same for all makes, so that one program can drive them all.

import type { SimBooks } from './books.ts';
import type { ItemBook } from './item-book.ts';
import type { CreditNote, Edit, Exchange, Ring, TakeBack } from './tills.ts';
import type { Trouble } from './trouble.ts';
import type { WebhookCounters } from './webhook-sender.ts';

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
  /** Drops what has not changed since `instant`, milliseconds since 1970, from the API and from the books. */
  forget(instant: number): void;
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
