// What a reader of a vendor's API has added up, in the form of the vendor's own books.

import type { DayTotal } from '../../src/vendors/books.ts';
import type { Tender } from '../../src/vendors/ticket.ts';

export interface ReadBack {
  readonly totals: readonly Pick<DayTotal, 'shopId' | 'businessDate' | 'tender' | 'paid' | 'tips' | 'refunded'>[];
  /** Shop, then what left the shelf by SKU, in thousandths; nothing for what came back altogether. */
  readonly items: ReadonlyMap<string, readonly (readonly [string, number])[]>;
}

export class Tally {
  readonly #totals = new Map<string, ReadBack['totals'][number]>();
  readonly #items = new Map<string, Map<string, number>>();

  pay(where: Where, money: Partial<Record<'paid' | 'tips' | 'refunded', number>>): void {
    const key = `${where.shopId} ${where.businessDate} ${where.tender}`;
    const old = this.#totals.get(key) ?? { ...where, paid: 0, tips: 0, refunded: 0 };
    this.#totals.set(key, {
      ...old,
      paid: old.paid + (money.paid ?? 0),
      tips: old.tips + (money.tips ?? 0),
      refunded: old.refunded + (money.refunded ?? 0),
    });
  }

  take(shopId: string, sku: string | undefined, quantity: number): void {
    if (sku === undefined) return;
    const items = this.#items.get(shopId) ?? new Map<string, number>();
    this.#items.set(shopId, items);
    items.set(sku, (items.get(sku) ?? 0) + quantity);
  }

  readBack(): ReadBack {
    return {
      totals: [...this.#totals].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, total]) => total),
      items: new Map(
        [...this.#items].map(([shop, items]) => [shop, [...items].filter(([, quantity]) => quantity !== 0).toSorted()]),
      ),
    };
  }
}

export interface Where {
  readonly shopId: string;
  readonly businessDate: string;
  readonly tender: Tender;
}

/** Business dates of the two test shops, by the plain calendar of their zones: the first one's day ends at four. */
export function dateAt(shopId: string, instant: number): string {
  const isSydney = shopId === 'sydney';
  const timeZone = isSydney ? 'Australia/Sydney' : 'America/New_York';
  const date = new Intl.DateTimeFormat('en-CA', { timeZone }).format(instant);
  const hour = Number(new Intl.DateTimeFormat('en', { timeZone, hour: 'numeric', hourCycle: 'h23' }).format(instant));
  const isNextDay = hour >= (isSydney ? 0 : 4);
  return isNextDay ? date : new Date(Date.parse(date) - 86_400_000).toISOString().slice(0, 10);
}
