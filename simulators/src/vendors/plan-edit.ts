// What a change of a sale's lines or tip comes to, decided before anything is touched: a refusal must leave all as it was.

import type { LedgerPayment, LedgerSale } from './ledger-rows.ts';
import { type Priced, priceTicket, sum } from './ticket.ts';
import type { Edit } from './tills.ts';

export interface PlannedEdit {
  /** The lines that stay, in their order, and behind them the new ones; undefined where no line changes. */
  readonly priced: Priced | undefined;
  readonly struck: ReadonlySet<string>;
  /** What the first payment becomes; undefined where nothing was paid yet, or nothing of it changes. */
  readonly first: Pick<LedgerPayment, 'amount' | 'tip'> | undefined;
}

/** The first payment follows the new total. Throws for what no till lets anybody do. */
export function planEdit(sale: LedgerSale, edit: Edit): PlannedEdit {
  if (sale.state === 'voided' || sale.state === 'merged') throw new Error(`${sale.id} is ${sale.state}`);
  const struck = new Set(edit.voidLines);
  const added = edit.add ?? [];
  const changesLines = struck.size > 0 || added.length > 0;
  if (changesLines && sale.lines.some(({ returned }) => returned > 0)) {
    throw new Error(`${sale.id} has given goods back and keeps its lines`);
  }
  const kept = sale.lines.filter((line) => !line.voided && !struck.has(line.id));
  const priced = changesLines ? priceTicket([...kept, ...added], sale.ticket, sale.shop) : undefined;
  return { priced, struck, first: firstPayment(sale, priced?.total ?? sale.total, edit.tip) };
}

function firstPayment(sale: LedgerSale, total: number, newTip: number | undefined): PlannedEdit['first'] {
  const [first, ...others] = sale.payments;
  if (!first) return undefined;
  const amount = total - (sale.exchange?.amount ?? 0) - sum(others.map((payment) => payment.amount));
  const tip = newTip ?? first.tip;
  if (amount < first.refunded || tip < first.refundedTip || (amount === 0 && tip === 0)) {
    throw new Error(`${sale.id}: its first payment cannot become ${amount} and ${tip} of tip`);
  }
  return amount === first.amount && tip === first.tip ? undefined : { amount, tip };
}
