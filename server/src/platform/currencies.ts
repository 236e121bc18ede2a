// The digits of currencies after the point, by ISO 4217. The list of the ICU says how amounts are shown, which is another
// thing: it shows forints and Colombian pesos without their hundredths, in which vendors count them all the same.
import { z } from 'zod';

const without = 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF';
const thousandths = 'BHD IQD JOD KWD LYD OMR TND';
const tenThousandths = 'CLF UYW';

const digits: ReadonlyMap<string, number> = new Map([
  ...without.split(' ').map((currency) => [currency, 0] as const),
  ...thousandths.split(' ').map((currency) => [currency, 3] as const),
  ...tenThousandths.split(' ').map((currency) => [currency, 4] as const),
]);

/** Digits of the minor unit: 2 of USD, 0 of JPY, 3 of KWD; 2 for what is no currency. */
export function minorDigits(currency: string): number {
  return digits.get(currency) ?? 2;
}

/** As the columns of amounts have them. */
const digitsMax = 2;
const known: ReadonlySet<string> = new Set(Intl.supportedValuesOf('currency'));

/** Why books cannot be kept in it; null where they can. */
export function currencyProblem(currency: string): string | null {
  if (!known.has(currency)) return 'must be an ISO 4217 code in capitals, such as USD';
  if (minorDigits(currency) <= digitsMax) return null;
  return 'is counted in smaller parts than hundredths, which amounts here do not have';
}

/** A currency on its way in. */
export const currencyField = z.string().superRefine((currency, context) => {
  const problem = currencyProblem(currency);
  if (problem !== null) context.addIssue({ code: 'custom', message: problem });
});
