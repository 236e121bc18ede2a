// Money: added up as whole hundredths, shown in the currency of the shop.

/** A figure per currency, in hundredths of its unit. Currencies are never added to each other. */
export type Hundredths = ReadonlyMap<string, number>;

/**
 * An amount in hundredths. Amounts have at most 15 digits, two of them decimals, so the product is a whole number
 * after rounding; sums of hundredths are exact, sums of the amounts themselves are not (0.1 + 0.2).
 */
export function toHundredths(amount: number): number {
  return Math.round(amount * 100);
}

const formats = new Map<string, (amount: number) => string>();

/** Formats an amount in its currency, such as "$1,234.50"; an unknown currency code is shown as it is. */
export function formatMoney(amount: number, currency: string): string {
  let format = formats.get(currency);
  if (format === undefined) {
    format = createFormat(currency);
    formats.set(currency, format);
  }
  return format(amount);
}

/** Formats hundredths per currency, the largest first: "$1,234.50 · €80.00". Nothing at all is "0" of the fallback. */
export function formatHundredths(sums: Hundredths, fallbackCurrency: string): string {
  if (sums.size === 0) return formatMoney(0, fallbackCurrency);
  return [...sums]
    .sort(([, one], [, other]) => other - one)
    .map(([currency, hundredths]) => formatMoney(hundredths / 100, currency))
    .join(' · ');
}

/** A short label of an axis, such as "$120" or "¥1.2K"; without a currency only the figure. */
export function formatAxisMoney(amount: number, currency: string | undefined): string {
  const short = { notation: 'compact', minimumFractionDigits: 0, maximumFractionDigits: 1 } as const;
  try {
    const money = { ...short, style: 'currency', currencyDisplay: 'narrowSymbol' } as const;
    return new Intl.NumberFormat(undefined, currency === undefined ? short : { ...money, currency }).format(amount);
  } catch {
    return new Intl.NumberFormat(undefined, short).format(amount);
  }
}

function createFormat(currency: string): (amount: number) => string {
  try {
    return new Intl.NumberFormat(undefined, { style: 'currency', currency }).format;
  } catch {
    // Not three letters: show the figure with whatever code it came with.
    const plain = new Intl.NumberFormat(undefined, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
    return (amount) => `${plain.format(amount)} ${currency}`;
  }
}
