// What the staff of many shops do in the course of time, as plain values: a stream that any vendor's tills can be driven
// with (play-tills.ts). Sales are named by the caller's keys here, because a vendor gives its ids only when it is played.

import type { Tender, Ticket } from './ticket.ts';
import type { Edit, Ring } from './tills.ts';

interface Step {
  /** When it is done, milliseconds since 1970. */
  readonly at: number;
  readonly shopId: string;
}

interface OnSale extends Step {
  readonly key: string;
}

export type TillAction =
  | (OnSale & { readonly what: 'ring'; readonly ring: Omit<Ring, 'shopId'>; readonly isFollowed: boolean })
  | (OnSale & { readonly what: 'pay' })
  | (OnSale & { readonly what: 'capture' })
  | (OnSale & {
      readonly what: 'edit';
      readonly add?: Edit['add'];
      readonly tip?: number;
      readonly voidsFirst?: boolean;
    })
  | (OnSale & { readonly what: 'void' })
  | (OnSale & { readonly what: 'refund'; readonly of: RefundOf; readonly isPending?: boolean })
  | (OnSale & { readonly what: 'settle'; readonly status: 'completed' | 'failed' })
  | (OnSale & { readonly what: 'exchange'; readonly ticket: Ticket })
  | (OnSale & { readonly what: 'merge'; readonly from: string })
  | (Step & { readonly what: 'credit'; readonly amount: number; readonly tender: Tender })
  | (Step & { readonly what: 'closeout' });

/** Everything, one piece of the first line, or an amount without goods. */
export type RefundOf = 'everything' | 'one-piece' | { readonly amount: number };
