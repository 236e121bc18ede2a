// Quantities: at most four decimals, without trailing zeros, and the unit in the number that goes with them.

const format = new Intl.NumberFormat(undefined, { maximumFractionDigits: 4 });
const plurals = new Intl.PluralRules('en');

/** Units are the shop's own words. Those that are English count words have a plural; "kg", "ml" and "pc" have none. */
const pluralOf: ReadonlyMap<string, string> = new Map([
  ['piece', 'pieces'],
  ['bottle', 'bottles'],
  ['bag', 'bags'],
  ['box', 'boxes'],
  ['can', 'cans'],
  ['case', 'cases'],
  ['cup', 'cups'],
  ['pack', 'packs'],
  ['portion', 'portions'],
  ['slice', 'slices'],
  ['tray', 'trays'],
]);

/** "12", "1,250", "0.5"; a minus sign for stock that was sold before it was booked in. */
export function formatQuantity(quantity: number): string {
  return format.format(quantity);
}

/** The unit as it stands behind the quantity: "1 piece", "-1 piece", "7 pieces", "0.5 kg". */
export function unitFor(quantity: number, unit: string): string {
  return plurals.select(Math.abs(quantity)) === 'one' ? unit : (pluralOf.get(unit) ?? unit);
}

/** What a shelf holds, in a sentence: "7 left", "none left", "3 oversold". */
export function describeLeft(quantity: number): string {
  if (quantity < 0) return `${formatQuantity(-quantity)} oversold`;
  return quantity === 0 ? 'none left' : `${formatQuantity(quantity)} left`;
}
