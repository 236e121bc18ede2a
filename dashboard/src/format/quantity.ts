// Quantities: at most four decimals, without trailing zeros.

const format = new Intl.NumberFormat(undefined, { maximumFractionDigits: 4 });

/** "12", "1,250", "0.5"; a minus sign for stock that was sold before it was booked in. */
export function formatQuantity(quantity: number): string {
  return format.format(quantity);
}
