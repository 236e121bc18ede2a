// What the shoppers leave behind: sales in the wire shape of POST /v1/pos-systems/{id}/transactions, and the shops and
// products they are made of. Everything else in this package produces or carries these values.

/** A product as a till knows it. `price` is in the minor unit of the shop's currency (cents), for one `unit`. */
export interface Product {
  readonly sku: string;
  readonly name: string;
  readonly unit: 'piece' | 'kg';
  readonly priceCents: number;
  /** How readily people ask for it, before a shop's own favourites; 1 is an ordinary product, 0 never sells. */
  readonly popularity: number;
}

/** A shop with one till system. Clock times are local to `timeZone`; a closing time not after the opening one is the next day's. */
export interface Shop {
  readonly id: string;
  readonly posSystemId: string;
  readonly timeZone: string;
  readonly currency: string;
  readonly opensAt: `${number}:${number}`;
  readonly closesAt: `${number}:${number}`;
  /** Sells around the clock, at night at a fraction of the day's rate: for demos that must show life at any hour. */
  readonly alwaysOpen?: boolean;
  /** Expected number of sales from opening to closing. */
  readonly salesPerDay: number;
}

export interface SaleLine {
  readonly sku: string;
  readonly name: string;
  /** In the product's unit, at most three decimals; what is left after refunds. */
  readonly quantity: number;
  readonly unitPrice: number;
  readonly total: number;
}

/** One version of a sale. A later version is the sale's whole new state, as the sales route wants it. */
export interface Sale {
  readonly externalId: string;
  readonly version: number;
  readonly status: 'completed' | 'refunded' | 'voided';
  readonly occurredAt: string;
  readonly total: number;
  readonly currency: string;
  readonly paymentMethod: 'card' | 'cash' | 'mobile';
  readonly lines: readonly SaleLine[];
}

/** A sale as it leaves a till at the instant `at` (milliseconds since 1970); `before` is the version that it replaces. */
export interface TillSale {
  readonly at: number;
  readonly shopId: string;
  readonly posSystemId: string;
  readonly sale: Sale;
  readonly before?: Sale;
}

/** Thousandths of a unit are whole numbers here, so that no sum of quantities drifts. */
export const thousandths = (quantity: number): number => Math.round(quantity * 1000);

/** Amounts are summed as whole cents; this is the only way from a wire amount (two decimals) to one. */
export const cents = (amount: number): number => Math.round(amount * 100);

/** A line whose total is exact: the price times the quantity must be whole cents, which the callers' quantities see to. */
export function saleLine(product: Product, quantityThousandths: number): SaleLine {
  const totalCents = (product.priceCents * quantityThousandths) / 1000;
  if (!Number.isInteger(totalCents)) {
    throw new RangeError(
      `${quantityThousandths} thousandths of ${product.sku} at ${product.priceCents} cents is no whole cent`,
    );
  }
  return {
    sku: product.sku,
    name: product.name,
    quantity: quantityThousandths / 1000,
    unitPrice: product.priceCents / 100,
    total: totalCents / 100,
  };
}

/** The sum of the lines, through whole cents: 0.1 + 0.2 must be 0.3 on the wire. */
export function totalOf(lines: readonly SaleLine[]): number {
  return lines.reduce((sum, line) => sum + cents(line.total), 0) / 100;
}
