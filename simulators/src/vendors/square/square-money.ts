// How Square writes amounts, instants and quantities.

export const money = (amount: number, currency: string) => ({ amount, currency });

export const stamp = (instant: number): string => new Date(instant).toISOString();

/** Square's quantities are texts of up to five decimals. */
export const quantityText = (thousandths: number): string => String(thousandths / 1000);

export const percentText = (rate: number): string => String(rate / 100_000);
