// What comes back of a sale, and to which payment its money goes: pure arithmetic on a vendor's ledger.

import type { LedgerPayment, LedgerRefund, LedgerSale, ReturnedLine } from './ledger-rows.ts';
import { sum } from './ticket.ts';
import type { TakeBack } from './tills.ts';

/**
 * Everything that has not come back yet: all goods, what was paid beside them, and the tips. Where money went back before
 * without goods, the rest is too little for the goods that are left, and goes back as an amount as well.
 */
export function allOf(sale: LedgerSale): TakeBack {
  const lines = sale.lines
    .filter((line) => !line.voided && line.returned < line.quantity)
    .map(({ id }) => ({ line: id }));
  const goods = sum(returnedLines(sale, lines).map(({ total }) => total));
  const paid = sum(sale.payments.map((payment) => payment.amount - payment.refunded)) - sale.tradedIn;
  const tip = sum(sale.payments.map((payment) => payment.tip - payment.refundedTip));
  return paid < goods ? { amount: paid, tip } : { lines, amount: paid - goods, tip };
}

/**
 * The named lines with their share of price, discount and tax. Shares are differences of rounded running amounts, so a
 * line that comes back piece by piece gives back to the cent what it cost.
 */
export function returnedLines(sale: LedgerSale, asked: NonNullable<TakeBack['lines']>): readonly ReturnedLine[] {
  return asked.map(({ line: id, quantity: wanted }) => {
    const line = sale.lines.find((each) => each.id === id);
    if (!line || line.voided) throw new Error(`${sale.id} has no line ${id}`);
    const quantity = wanted ?? line.quantity - line.returned;
    if (quantity <= 0 || line.returned + quantity > line.quantity) {
      throw new RangeError(`${quantity} thousandths of ${id} cannot come back: ${line.returned} have already`);
    }
    const share = (amount: number) =>
      Math.round((amount * (line.returned + quantity)) / line.quantity) -
      Math.round((amount * line.returned) / line.quantity);
    const [gross, discount, tax] = [share(line.gross), share(line.allDiscount), share(line.tax)];
    return { line, from: line.returned, quantity, gross, discount, tax, total: gross - discount + tax };
  });
}

/** Splits what goes back over the sale's payments, the first one first. `amount` is without, the result with the tip. */
export function moneyBack(
  sale: LedgerSale,
  amount: number,
  tip: number,
): readonly { readonly payment: LedgerPayment; readonly amount: number; readonly tip: number }[] {
  const paid = sum(sale.payments.map((payment) => payment.amount - payment.refunded)) - sale.tradedIn;
  if (amount > paid) throw new RangeError(`${sale.id}: more would go back than was paid`);
  let goodsLeft = amount;
  let tipLeft = tip;
  const parts = sale.payments
    .filter(({ status }) => status === 'captured')
    .map((payment) => {
      const goods = Math.min(goodsLeft, payment.amount - payment.refunded);
      const gratuity = Math.min(tipLeft, payment.tip - payment.refundedTip);
      goodsLeft -= goods;
      tipLeft -= gratuity;
      return { payment, amount: goods + gratuity, tip: gratuity };
    });
  if (goodsLeft > 0 || tipLeft > 0) throw new RangeError(`${sale.id}: more would go back than was paid`);
  return parts.filter((part) => part.amount > 0);
}

/** Counts a refund in at its payment, or out again where the bank refused it. */
export function countBack(refund: LedgerRefund, sign: 1 | -1): void {
  if (!refund.payment) return;
  refund.payment.refunded += sign * (refund.amount - refund.tip);
  refund.payment.refundedTip += sign * refund.tip;
}
