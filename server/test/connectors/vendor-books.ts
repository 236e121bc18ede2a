/** The simulated vendor's own books in the words of memory-books.ts. */
import { minorDigits, type SimulatedTills } from '@tillstream/simulators/vendors';

const major = (amount: number, currency: string): string => {
  const digits = minorDigits(currency);
  const text = (Math.abs(amount) / 10 ** digits).toFixed(digits);
  return (amount < 0 ? '-' : '') + (digits === 0 ? text : text.replace(/\.?0+$/, ''));
};

export function vendorDayTotals(tills: SimulatedTills, shopId: string) {
  const rows = tills.books().totals.filter((total) => total.shopId === shopId);
  return Object.fromEntries(
    rows
      .map(({ businessDate, tender, currency, paid, tips, refunded }) => [
        `${businessDate} ${tender}`,
        { paid: major(paid, currency), tips: major(tips, currency), refunded: major(refunded, currency) },
      ])
      .sort(),
  );
}

export function vendorGoods(tills: SimulatedTills, shopId: string): Record<string, string> {
  const goods = [...(tills.books().itemsSold.get(shopId) ?? [])];
  return Object.fromEntries(
    goods
      .filter(([, thousandths]) => thousandths !== 0)
      .map(([sku, thousandths]) => [sku, String(thousandths / 1000)])
      .sort(),
  );
}

/** Totals by sale id, tip included. */
export function vendorSales(tills: SimulatedTills, shopId: string): Record<string, string> {
  const sales = tills.books().sales.filter((sale) => sale.shopId === shopId);
  return Object.fromEntries(sales.map(({ id, total, tip, currency }) => [id, major(total + tip, currency)]).sort());
}
