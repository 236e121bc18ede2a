/** Staff of a simulated shop who do at random whatever their make of till lets them do. */
import type { Random } from '@tillstream/simulators';
import type {
  Edit,
  Ring,
  RungReturn,
  RungSale,
  SimulatedTills,
  TakeBack,
  TicketLine,
} from '@tillstream/simulators/vendors';

export const latte: TicketLine = { sku: 'LAT-R', name: 'Latte', quantity: 1000, price: 450 };
export const twoCroissants: TicketLine = { sku: 'CRO-1', name: 'Butter croissant', quantity: 2000, price: 340 };
export const beans: TicketLine = {
  sku: 'BNS-H',
  name: 'House blend beans',
  quantity: 250,
  price: 2800,
  byWeight: true,
};

/** Does whatever a shop's staff may do, at random; what the vendor does not let them do is not done. */
export class Player {
  readonly #tills: SimulatedTills;
  readonly #random: Random;
  readonly #rung: RungSale[] = [];
  readonly #pending: string[] = [];
  readonly #credits: boolean;
  /** Whose money is held already: their goods stay as they are. */
  readonly #held = new Set<string>();

  constructor(tills: SimulatedTills, random: Random, credits: boolean) {
    this.#tills = tills;
    this.#random = random;
    this.#credits = credits;
  }

  act(shopId: string): void {
    const luck = this.#random.unit();
    const some = this.#rung[Math.floor(this.#random.unit() * this.#rung.length)];
    if (luck < 0.5 || some === undefined) {
      const ring = this.#ring(shopId);
      const rung = this.#tills.ring(ring);
      if (ring.until === 'approved') this.#held.add(rung.id);
      this.#rung.push(rung);
      return;
    }
    // Staff may try anything; a vendor's refusal changes nothing.
    try {
      this.#do(luck, some, shopId);
    } catch {}
  }

  #do(luck: number, some: RungSale, shopId: string): void {
    const line = some.lines[0]?.id ?? '';
    const tills = this.#tills;
    if (luck < 0.56) this.#keep(some, tills.pay(some.id));
    else if (luck < 0.6) this.#keep(some, tills.capture(some.id));
    else if (luck < 0.68) tills.edit(some.id, this.#edit(some, line));
    else if (luck < 0.72) this.#void(some);
    else if (luck < 0.9 && some.state !== 'completed') this.#keep(some, tills.pay(some.id));
    else if (luck < 0.78) tills.refund(some.id, { lines: [{ line }] });
    else if (luck < 0.82) this.#payBack(some, { amount: 50 });
    else if (luck < 0.85) tills.refund(some.id);
    else if (luck < 0.88) {
      const { refunds } = this.#payBack(some, { amount: 20, pending: true });
      this.#pending.push(...refunds.map(({ id }) => id));
    } else if (luck < 0.92 && some.state === 'completed')
      tills.exchange(some.id, { lines: [{ line }], ticket: { lines: [twoCroissants] } });
    else if (luck < 0.94 && this.#credits) tills.credit({ shopId, amount: 175, tender: 'cash' });
    else if (luck < 0.96) this.#merge(some);
    else tills.closeout(shopId);
  }

  /** The last that happens to a sale: of what is left nobody knows how much its goods are worth. */
  #payBack(sale: RungSale, what: TakeBack): RungReturn {
    this.#rung.splice(this.#rung.indexOf(sale), 1);
    return this.#tills.refund(sale.id, what);
  }

  #keep(before: RungSale, after: RungSale): void {
    this.#rung[this.#rung.indexOf(before)] = after;
  }

  #isUnpaid({ id, state }: RungSale): boolean {
    return state === 'open' && !this.#held.has(id);
  }

  #merge(into: RungSale): void {
    const from = this.#rung.find((sale) => sale !== into && this.#isUnpaid(sale));
    if (from === undefined || !this.#isUnpaid(into)) return;
    this.#keep(into, this.#tills.merge(into.id, from.id));
    this.#rung.splice(this.#rung.indexOf(from), 1);
  }

  #void(sale: RungSale): void {
    this.#tills.void(sale.id);
    // Nobody takes in payment what was never sold.
    this.#rung.splice(this.#rung.indexOf(sale), 1);
  }

  settle(): void {
    for (const id of this.#pending) {
      try {
        this.#tills.settleRefund(id, this.#random.chance(0.5) ? 'completed' : 'failed');
      } catch {}
    }
  }

  #ring(shopId: string): Ring {
    const random = this.#random;
    const lines = [latte, twoCroissants, beans].filter(() => random.chance(0.6));
    const ticket = {
      lines: lines.length > 0 ? lines : [latte],
      ...(random.chance(0.2) ? { discountPercent: 15 } : {}),
      ...(random.chance(0.2) ? { serviceCharge: 99 } : {}),
      ...(random.chance(0.3) ? { tip: 175 } : {}),
      ...(random.chance(0.3)
        ? { payments: [{ tender: 'cash' as const, amount: 100 }, { tender: 'card' as const }] }
        : {}),
    };
    const until = random.chance(0.2) ? (random.chance(0.5) ? 'open' : 'approved') : undefined;
    return { shopId, ticket, ...(until === undefined ? {} : { until }) };
  }

  /** Lines of what is paid stay: who strikes one out then leaves books that do not add up, and should see that. */
  #edit(sale: RungSale, line: string): Edit {
    const luck = this.#random.unit();
    if (luck < 0.4 || !this.#isUnpaid(sale)) return { tip: 225 };
    return luck < 0.7 ? { add: [latte] } : { voidLines: [line] };
  }
}
