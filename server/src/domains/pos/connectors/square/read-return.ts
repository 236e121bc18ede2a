// What came back, from an order with `returns`: goods, and the tax, tip and charges that went back with them.
import { type Decimal, isZero, subtract, sum } from '../../../../platform/decimal.ts';
import type { TranslationFacts } from '../connector.ts';
import type { SaleDraft } from '../sale-draft.ts';
import type { VendorFields } from '../vendor-json.ts';
import { moneyOrZero, readLine, readParts, taxOnTop } from './square-money.ts';

export interface ReadReturn {
  readonly sourceOrderId: string | null;
  /** Of all its parts. */
  readonly total: Decimal;
  readonly parts: Pick<SaleDraft, 'lines' | 'tax' | 'tip' | 'serviceCharge' | 'flags'> & {
    readonly adjustment: Decimal;
  };
}

export function readReturn(
  order: VendorFields,
  { currency, facts }: { readonly currency: string; readonly facts: TranslationFacts },
): ReadReturn {
  const returns = order.list('returns');
  const all = returns.flatMap((part) => part.list('return_line_items'));
  const goods = all.filter((line) => !isMereAmount(line));
  const amounts = order.child('return_amounts');
  const flags: string[] = [];
  const lines = goods.map((line) => readLine(line, { gross: 'gross_return_money', currency, facts, flags }));
  const taxes = returns.flatMap((part) => part.list('return_taxes'));
  const tax = taxOnTop(moneyOrZero(amounts, 'tax_money', currency), taxes, currency);
  const tip = moneyOrZero(amounts, 'tip_money', currency);
  const charges = returns.flatMap((part) => part.list('return_service_charges'));
  const serviceCharge =
    charges.length === 0
      ? moneyOrZero(amounts, 'service_charge_money', currency)
      : sum(readParts(charges, currency).map(({ amount }) => amount));
  const mereAmounts = all
    .filter(isMereAmount)
    .map((line) =>
      subtract(moneyOrZero(line, 'gross_return_money', currency), moneyOrZero(line, 'total_discount_money', currency)),
    );
  const rounding = moneyOrZero(order.child('rounding_adjustment'), 'amount_money', currency);
  const adjustment = sum([...mereAmounts, rounding]);
  const sourceOrderId = returns.map((part) => part.text('source_order_id')).find((id) => id !== null) ?? null;
  const total = sum([...lines.map((line) => line.total), tax, tip, serviceCharge, adjustment]);
  return {
    sourceOrderId,
    total,
    parts: { lines, tax, tip, serviceCharge, adjustment, ...(flags.length === 0 ? {} : { flags }) },
  };
}

/** The Refunds API cannot name goods: it writes one line of an amount. */
function isMereAmount(line: VendorFields): boolean {
  const quantity = line.figure('quantity');
  if (quantity !== null && isZero(quantity)) return true;
  return (
    line.text('item_type') === 'CUSTOM_AMOUNT' && !line.has('catalog_object_id') && !line.has('source_line_item_uid')
  );
}
