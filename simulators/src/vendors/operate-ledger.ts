// What all makes of till have in common when staff operate them: the ledger does it. A vendor passes what it does
// differently.

import { booksOf } from './books.ts';
import type { Ledger } from './ledger.ts';
import type { GoodsBack, LedgerSale } from './ledger-rows.ts';
import type { RungReturn, RungSale, SimulatedTills } from './simulated-tills.ts';

type Operations = Pick<
  SimulatedTills,
  | 'ring'
  | 'pay'
  | 'capture'
  | 'edit'
  | 'void'
  | 'refund'
  | 'settleRefund'
  | 'credit'
  | 'exchange'
  | 'merge'
  | 'closeout'
  | 'books'
  | 'forget'
>;

export interface HouseRules {
  /** Why a sale's lines cannot be changed, or undefined. */
  readonly editRefusal: (sale: LedgerSale, changesLines: boolean) => string | undefined;
  /** False: what is voided by then is refunded. */
  readonly canVoid: (sale: LedgerSale) => boolean;
  readonly hasCredits: boolean;
  /** Goods are taken in payment within one order; elsewhere they are refunded and the others sold. */
  readonly netsExchanges: boolean;
  readonly hasMerges: boolean;
  readonly closeout?: (shopId: string) => void;
}

export function operateLedger(ledger: Ledger, rules: HouseRules): Operations {
  return {
    ring: (ring) => rung(ledger.ring(ring)),
    pay: (id) => rung(ledger.pay(id)),
    capture: (id) => rung(ledger.capture(id)),
    edit(id, edit) {
      const sale = ledger.sale(id);
      const refusal = rules.editRefusal(sale, Boolean(edit.add?.length || edit.voidLines?.length));
      if (refusal !== undefined) throw new Error(`${id} cannot be changed: ${refusal}`);
      return rung(ledger.edit(id, edit));
    },
    void(id) {
      const sale = ledger.sale(id);
      if (rules.canVoid(sale)) return rung(ledger.void(id));
      ledger.takeBack(id, { reason: 'Voided too late' });
      return rung(sale);
    },
    refund: (id, what = {}) => returned(ledger.takeBack(id, what)),
    settleRefund: (id, status) => ledger.settleRefund(id, status),
    credit(note) {
      if (!rules.hasCredits) throw new Error('this vendor gives no money back without a sale');
      return returned(ledger.credit(note));
    },
    exchange(id, exchange) {
      if (rules.netsExchanges) return rung(ledger.exchange(id, exchange));
      ledger.takeBack(id, { lines: exchange.lines, reason: 'Exchange' });
      return rung(ledger.ring({ shopId: ledger.sale(id).shop.id, ticket: exchange.ticket }));
    },
    merge(into, from) {
      if (!rules.hasMerges) throw new Error('this vendor merges no checks');
      return rung(ledger.merge(into, from));
    },
    closeout: (shopId) => rules.closeout?.(shopId),
    books: () => booksOf(ledger),
    forget: (instant) => ledger.forget(instant),
  };
}

const rung = ({ id, lines, state }: LedgerSale): RungSale => ({
  id,
  state,
  lines: lines
    .filter((line) => !line.voided)
    .map(({ id, sku, name, quantity }) => ({ id, ...(sku === undefined ? {} : { sku }), name, quantity })),
});

const returned = ({ id, refunds }: GoodsBack): RungReturn => ({
  id,
  refunds: refunds.map((refund) => ({ id: refund.id, amount: refund.amount })),
});
