// What a cashier types in, and what it comes to. All amounts are whole minor units (cents) and all quantities whole
// thousandths, so every total is exact; each rounding is half up, once, where it is named.

import { type VendorShop, wholeTaxRate } from './vendor-shop.ts';

export type Tender = 'card' | 'cash' | 'wallet' | 'gift_card' | 'other';

export interface TicketModifier {
  readonly name: string;
  /** For one unit of the line. */
  readonly price: number;
  readonly sku?: string;
  /** Toast nests them to any depth; the others show them side by side. */
  readonly modifiers?: readonly TicketModifier[];
}

export interface TicketLine {
  /** Left out for what is typed in by hand: no vendor knows an item for it. */
  readonly sku?: string;
  readonly name: string;
  /** Thousandths. */
  readonly quantity: number;
  /** Sold by weight: the quantity may be no whole number, and modifiers are refused. */
  readonly byWeight?: boolean;
  /** For one unit, without modifiers. */
  readonly price: number;
  readonly modifiers?: readonly TicketModifier[];
  /** Off this line. */
  readonly discount?: number;
  /** Instead of the shop's own. */
  readonly taxRate?: number;
}

export interface Ticket {
  readonly lines: readonly TicketLine[];
  /** Whole percent off everything, after the lines' own discounts. */
  readonly discountPercent?: number;
  /** Not taxed. */
  readonly serviceCharge?: number;
  /** The service charge is the staff's, as for a large party. */
  readonly gratuity?: boolean;
  /** Goes with the first payment. */
  readonly tip?: number;
  /** How it is paid; who has no amount pays the rest. One card for everything if left out. */
  readonly payments?: readonly { readonly tender: Tender; readonly amount?: number }[];
}

export interface PricedLine extends TicketLine {
  /** Price and modifiers times the quantity. */
  readonly gross: number;
  readonly orderDiscount: number;
  /** Its own discount and its share of the ticket's. */
  readonly allDiscount: number;
  readonly tax: number;
  /** Gross less discounts plus tax. */
  readonly total: number;
}

export interface Priced {
  readonly lines: readonly PricedLine[];
  readonly gross: number;
  readonly lineDiscount: number;
  readonly orderDiscount: number;
  readonly tax: number;
  readonly serviceCharge: number;
  /** What is to be paid, without the tip. */
  readonly total: number;
}

/** Prices the lines of one ticket together: the ticket's discount is shared out over them to the last cent. */
export function priceTicket(
  lines: readonly TicketLine[],
  ticket: Pick<Ticket, 'discountPercent' | 'serviceCharge'>,
  shop: Pick<VendorShop, 'taxRate'>,
): Priced {
  const own = lines.map((line) => {
    const gross = Math.round((unitPrice(line) * line.quantity) / 1000);
    return { line, gross, discount: Math.min(line.discount ?? 0, gross) };
  });
  const discountable = own.map(({ gross, discount }) => gross - discount);
  const shares = shareOut(Math.round((sum(discountable) * (ticket.discountPercent ?? 0)) / 100), discountable);
  const priced = own.map(({ line, gross, discount }, at) => {
    const orderDiscount = shares[at] ?? 0;
    const net = gross - discount - orderDiscount;
    const tax = Math.round((net * (line.taxRate ?? shop.taxRate ?? 0)) / wholeTaxRate);
    return { ...line, discount, gross, orderDiscount, allDiscount: discount + orderDiscount, tax, total: net + tax };
  });
  const serviceCharge = ticket.serviceCharge ?? 0;
  return {
    lines: priced,
    gross: sum(priced.map(({ gross }) => gross)),
    lineDiscount: sum(priced.map(({ discount }) => discount)),
    orderDiscount: sum(shares),
    tax: sum(priced.map(({ tax }) => tax)),
    serviceCharge,
    total: sum(priced.map(({ total }) => total)) + serviceCharge,
  };
}

/** A unit's price with all its modifiers. Throws a RangeError for modifiers of goods by weight: nobody can round those. */
export function unitPrice(line: Pick<TicketLine, 'price' | 'modifiers' | 'byWeight'>): number {
  if (line.byWeight && line.modifiers?.length) throw new RangeError('goods by weight take no modifiers');
  return line.price + sum((line.modifiers ?? []).map(modifierPrice));
}

export function modifierPrice(modifier: TicketModifier): number {
  return modifier.price + sum((modifier.modifiers ?? []).map(modifierPrice));
}

/** All modifiers side by side, the nested ones after the one they belong to. */
export function flatModifiers(modifiers: readonly TicketModifier[] = []): readonly TicketModifier[] {
  return modifiers.flatMap((modifier) => [modifier, ...flatModifiers(modifier.modifiers)]);
}

/** Splits `amount` in proportion to `weights`; the parts add up to it exactly. */
export function shareOut(amount: number, weights: readonly number[]): readonly number[] {
  const whole = sum(weights);
  let weighed = 0;
  let given = 0;
  return weights.map((weight) => {
    weighed += weight;
    const until = whole === 0 ? 0 : Math.round((amount * weighed) / whole);
    const part = until - given;
    given = until;
    return part;
  });
}

export const sum = (amounts: readonly number[]): number => amounts.reduce((total, amount) => total + amount, 0);
