// Plays what staff do at the vendors' tills, each thing when the clock has come to it.

import { setImmediate as turnOfLoop } from 'node:timers/promises';
import type { Clock } from '../clock.ts';
import type { RungSale, SimulatedTills } from './simulated-tills.ts';
import type { TillAction } from './till-actions.ts';
import type { TakeBack } from './tills.ts';

export interface TillPlay {
  /** In the order of `at`. Pulled one ahead, so it may be endless. */
  readonly actions: Iterable<TillAction>;
  readonly tillsOf: (shopId: string) => SimulatedTills;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onPlayed?: (action: TillAction) => void;
}

// A play that is behind its clock must still let the servers answer.
const playedInOneGo = 50;

/** Resolves with the number of actions played when the stream ends or the signal is aborted. */
export async function playTills(play: TillPlay): Promise<number> {
  const perform = createPerformer(play.tillsOf);
  let played = 0;
  for (const action of play.actions) {
    for (let left = action.at - play.clock.now(); left > 0; left = action.at - play.clock.now()) {
      if (play.signal.aborted) return played;
      await play.clock.sleep(left, play.signal);
    }
    if (++played % playedInOneGo === 0) await turnOfLoop();
    if (play.signal.aborted) return played - 1;
    perform(action);
    play.onPlayed?.(action);
  }
  return played;
}

interface Followed {
  readonly rungAt: number;
  sale: RungSale;
  refundId?: string;
}

// Longer than anything is planned ahead: refunds come three days later at most, and are settled a day after that.
const followedMs = 5 * 86_400_000;

/** Does one action after the other; remembers the vendors' ids of the sales that something happens to later. */
export function createPerformer(tillsOf: (shopId: string) => SimulatedTills): (action: TillAction) => void {
  const followed = new Map<string, Followed>();
  const known = (key: string): Followed => {
    const found = followed.get(key);
    if (!found) throw new Error(`no sale was rung up as ${key}`);
    return found;
  };
  return (action) => {
    const tills = tillsOf(action.shopId);
    for (const [key, { rungAt }] of followed) {
      if (rungAt > action.at - followedMs) break;
      followed.delete(key);
    }
    if (action.what === 'ring') {
      const sale = tills.ring({ ...action.ring, shopId: action.shopId });
      if (action.isFollowed) followed.set(action.key, { sale, rungAt: action.at });
    } else if (action.what === 'credit') {
      tills.credit(action);
    } else if (action.what === 'closeout') {
      tills.closeout(action.shopId);
    } else if (action.what === 'merge') {
      known(action.key).sale = tills.merge(known(action.key).sale.id, known(action.from).sale.id);
    } else {
      follow(tills, action, known(action.key));
    }
  };
}

type FollowUp = Exclude<TillAction, { readonly what: 'ring' | 'credit' | 'closeout' | 'merge' }>;

function follow(tills: SimulatedTills, action: FollowUp, followed: Followed): void {
  const { sale } = followed;
  const [first] = sale.lines;
  if (action.what === 'pay') followed.sale = tills.pay(sale.id);
  if (action.what === 'capture') followed.sale = tills.capture(sale.id);
  if (action.what === 'void') followed.sale = tills.void(sale.id);
  if (action.what === 'edit') {
    const voidLines = action.voidsFirst && first ? [first.id] : [];
    const { add = [] } = action;
    followed.sale = tills.edit(sale.id, { add, voidLines, ...(action.tip === undefined ? {} : { tip: action.tip }) });
  }
  if (action.what === 'exchange' && first) {
    tills.exchange(sale.id, { lines: [{ line: first.id }], ticket: action.ticket });
  }
  if (action.what === 'refund') {
    const back = tills.refund(sale.id, { ...takeBackOf(action, first), pending: action.isPending ?? false });
    if (back.refunds[0]) followed.refundId = back.refunds[0].id;
  }
  if (action.what === 'settle' && followed.refundId !== undefined) tills.settleRefund(followed.refundId, action.status);
}

function takeBackOf(
  { of }: Extract<TillAction, { readonly what: 'refund' }>,
  first: RungSale['lines'][number] | undefined,
): TakeBack {
  if (typeof of === 'object') return of;
  if (of === 'everything' || !first) return {};
  // Goods by weight come back whole.
  return { lines: [{ line: first.id, quantity: first.quantity % 1000 === 0 ? 1000 : first.quantity }] };
}
