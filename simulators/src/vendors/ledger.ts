// A vendor's own ledger: takes what happens at the tills and keeps the truth that the vendor's API shows bit by bit and
// that its books (books.ts) add up. Knows no vendor; ids, the grain of stamps and what is refused come from outside.

import { ChangeLog } from './change-log.ts';
import type {
  GoodsBack,
  LedgerChange,
  LedgerLine,
  LedgerPayment,
  LedgerRefund,
  LedgerSale,
  NextId,
} from './ledger-rows.ts';
import { planEdit } from './plan-edit.ts';
import { allOf, countBack, moneyBack, returnedLines } from './return-goods.ts';
import { type Priced, priceTicket, sum } from './ticket.ts';
import type { CreditNote, Edit, Exchange, Ring, TakeBack } from './tills.ts';
import type { VendorShop } from './vendor-shop.ts';

export interface LedgerPorts {
  readonly shops: readonly VendorShop[];
  /** Milliseconds since 1970, from the injected clock. */
  readonly now: () => number;
  readonly nextId: NextId;
  /** Server stamps are cut down to whole multiples of this: 1000 at Clover. */
  readonly stampGrainMs: number;
  /** Payments and refunds are part of the order: what changes them changes it. At Square each has a life of its own. */
  readonly wholeOrders: boolean;
  readonly onChange: (change: LedgerChange) => void;
}

export class Ledger {
  /** In the order in which they reached the vendor. */
  readonly sales = new Map<string, LedgerSale>();
  readonly returns = new Map<string, GoodsBack>();
  readonly payments = new Map<string, { readonly payment: LedgerPayment; readonly sale: LedgerSale }>();
  readonly salesLog = new ChangeLog<LedgerSale>();
  readonly paymentsLog = new ChangeLog<{ readonly payment: LedgerPayment; readonly sale: LedgerSale }>();
  readonly #ports: LedgerPorts;

  constructor(ports: LedgerPorts) {
    this.#ports = ports;
  }

  /** Rings a sale up, and pays it unless it is left open. */
  ring(ring: Ring, exchange?: GoodsBack): LedgerSale {
    const shop = this.shop(ring.shopId);
    const now = this.#stamp();
    const priced = priceTicket(ring.ticket.lines, ring.ticket, shop);
    const sale: LedgerSale = {
      id: this.#ports.nextId('sale'),
      shop,
      ticket: ring.ticket,
      lines: this.#lines(priced, exchange),
      payments: [],
      ...totalsOf(priced),
      openingTotal: priced.total,
      state: 'open',
      testMode: ring.testMode ?? false,
      offline: ring.offline ?? false,
      openedAt: ring.occurredAt ?? this.#ports.now(),
      createdAt: now,
      modifiedAt: now,
      version: 1,
      tradedIn: 0,
      ...(exchange ? { exchange } : {}),
    };
    this.sales.set(sale.id, sale);
    this.salesLog.note(sale, now);
    this.#tell({ of: 'sale', type: 'created', sale });
    if (ring.until !== 'open') this.pay(sale.id, ring.until === 'approved' ? 'approved' : 'captured');
    return sale;
  }

  /** Pays an open sale as its ticket says. */
  pay(saleId: string, status: 'approved' | 'captured' = 'captured'): LedgerSale {
    const sale = this.sale(saleId);
    if (sale.state !== 'open' || sale.payments.length > 0) throw new Error(`${saleId} is not waiting to be paid`);
    let left = sale.total - (sale.exchange?.amount ?? 0);
    const ways = sale.ticket.payments ?? [{ tender: 'card' as const }];
    for (const [at, way] of ways.entries()) {
      const rest = at === ways.length - 1 || !('amount' in way) ? left : Math.min(left, way.amount ?? left);
      const tip = at === 0 ? (sale.ticket.tip ?? 0) : 0;
      if (rest > 0 || tip > 0) this.#addPayment(sale, { tender: way.tender, amount: Math.max(0, rest), tip, status });
      left -= rest;
    }
    if (status === 'captured') this.#complete(sale);
    else this.#changed(sale);
    return sale;
  }

  /** Takes the money that was only authorised. */
  capture(saleId: string): LedgerSale {
    const sale = this.sale(saleId);
    const approved = sale.payments.filter(({ status }) => status === 'approved');
    if (approved.length === 0) throw new Error(`${saleId} has no money waiting to be taken`);
    for (const payment of approved) {
      payment.status = 'captured';
      this.#paymentChanged(sale, payment);
    }
    if (sale.state === 'open') this.#complete(sale);
    return sale;
  }

  /** Changes lines or tip; the first payment follows the new total, and what it cannot bear is an error. */
  edit(saleId: string, edit: Edit): LedgerSale {
    const sale = this.sale(saleId);
    const { priced, struck, first } = planEdit(sale, edit);
    for (const line of sale.lines.filter(({ id }) => struck.has(id))) {
      line.voided = true;
      line.voidedAt = this.#stamp();
    }
    if (priced) this.#reprice(sale, priced);
    const [payment] = sale.payments;
    if (first && payment) this.#paymentChanged(sale, Object.assign(payment, first));
    this.#changed(sale);
    return sale;
  }

  /** Calls a sale off before its money has moved: nothing of it is left. */
  void(saleId: string): LedgerSale {
    const sale = this.sale(saleId);
    if (sale.state === 'voided' || sale.state === 'merged') throw new Error(`${saleId} is ${sale.state} already`);
    if (this.returnsOf(sale).length > 0 || sale.exchange) throw new Error(`${saleId} took goods back: refund it`);
    sale.state = 'voided';
    sale.closedAt = this.#stamp();
    for (const payment of sale.payments) {
      payment.status = 'voided';
      this.#paymentChanged(sale, payment);
    }
    this.#changed(sale);
    return sale;
  }

  /** Takes goods or money back. Throws where more would go back than was paid. */
  takeBack(saleId: string, what: TakeBack): GoodsBack {
    const sale = this.sale(saleId);
    if (sale.state !== 'completed') throw new Error(`${saleId} is ${sale.state}: nothing to take back`);
    const asked = what.lines || what.amount !== undefined || what.tip !== undefined ? what : allOf(sale);
    const lines = returnedLines(sale, asked.lines ?? []);
    const amount = sum(lines.map(({ total }) => total)) + (asked.amount ?? 0);
    const money = moneyBack(sale, amount, asked.tip ?? 0);
    if (money.length === 0) throw new RangeError(`${saleId}: nothing is left to go back`);
    const reason = what.reason ?? 'Returned goods';
    const back = this.#goodsBack({
      shop: sale.shop,
      sale,
      lines,
      amount,
      tip: asked.tip ?? 0,
      reason,
      isExchange: false,
    });
    this.#refundAll(back, money, what.pending ?? false);
    return back;
  }

  /** Gives money back for which nobody finds a sale. */
  credit(note: CreditNote): GoodsBack {
    const shop = this.shop(note.shopId);
    const back = this.#goodsBack({
      shop,
      lines: [],
      amount: note.amount,
      tip: 0,
      reason: 'No receipt',
      isExchange: false,
    });
    this.#refund(back, { tender: note.tender, amount: note.amount, tip: 0, pending: false });
    return back;
  }

  /** Goods against goods in one sale: only the difference is paid, or given back if it is negative. */
  exchange(saleId: string, exchange: Exchange): LedgerSale {
    const source = this.sale(saleId);
    if (source.state !== 'completed') throw new Error(`${saleId} is ${source.state}: nothing to exchange`);
    const lines = returnedLines(source, exchange.lines);
    const amount = sum(lines.map(({ total }) => total));
    const { total } = priceTicket(exchange.ticket.lines, exchange.ticket, source.shop);
    const money = moneyBack(source, Math.max(0, amount - total), 0);
    const what = { lines, amount, tip: 0, reason: 'Exchange', isExchange: true };
    const back = this.#goodsBack({ shop: source.shop, sale: source, ...what });
    const sale = this.ring({ shopId: source.shop.id, ticket: exchange.ticket }, back);
    back.exchangedInto = sale.id;
    source.tradedIn += Math.min(amount, total);
    this.#refundAll(back, money, false);
    return sale;
  }

  /** What the bank said to a pending refund. A failed one gives nothing back, though the goods stay returned. */
  settleRefund(refundId: string, status: 'completed' | 'failed'): void {
    for (const back of this.returns.values()) {
      const refund = back.refunds.find(({ id }) => id === refundId);
      if (!refund) continue;
      if (refund.status !== 'pending') throw new Error(`refund ${refundId} is ${refund.status} already`);
      if (status === 'failed') countBack(refund, -1);
      refund.status = status;
      refund.version++;
      refund.modifiedAt = this.#stamp();
      this.#tell({ of: 'refund', type: 'updated', back, refund });
      if (back.sale && refund.payment) this.#paymentChanged(back.sale, refund.payment);
      return;
    }
    throw new Error(`no refund ${refundId}`);
  }

  /** Moves the lines of an open sale to another open one; the emptied one counts no more. */
  merge(intoId: string, fromId: string): LedgerSale {
    const [into, from] = [this.sale(intoId), this.sale(fromId)];
    if (into.state !== 'open' || from.state !== 'open' || into === from) throw new Error('only two open sales merge');
    into.lines = [...into.lines, ...from.lines.map((line) => ({ ...line, id: this.#ports.nextId('line') }))];
    this.#reprice(
      into,
      priceTicket(
        into.lines.filter((line) => !line.voided),
        into.ticket,
        into.shop,
      ),
    );
    from.state = 'merged';
    from.closedAt = this.#stamp();
    this.#changed(from);
    this.#changed(into);
    return into;
  }

  /** A change that changes nothing but the stamp, as a nightly closeout makes. */
  touch(saleId: string): void {
    const sale = this.sale(saleId);
    if (sale.state === 'completed') sale.closedAt = this.#stamp();
    this.#changed(sale);
  }

  /** Drops what has not changed since `instant`, and the books with it: endless sales must not fill the memory. */
  forget(instant: number): void {
    for (const sale of this.sales.values()) {
      if (sale.createdAt >= instant) break;
      if (sale.modifiedAt >= instant || sale.payments.some((payment) => payment.modifiedAt >= instant)) continue;
      this.sales.delete(sale.id);
      for (const { id } of sale.payments) this.payments.delete(id);
      for (const { id } of this.returnsOf(sale)) this.returns.delete(id);
      this.#returnsBySale.delete(sale.id);
    }
    for (const back of this.returns.values()) if (!back.sale && back.modifiedAt < instant) this.returns.delete(back.id);
    this.salesLog.forget(instant);
    this.paymentsLog.forget(instant);
  }

  shop(id: string): VendorShop {
    const found = this.#ports.shops.find((shop) => shop.id === id);
    if (!found) throw new Error(`no shop ${id} at this vendor`);
    return found;
  }

  sale(id: string): LedgerSale {
    const found = this.sales.get(id);
    if (!found) throw new Error(`no sale ${id} at this vendor`);
    return found;
  }

  returnsOf(sale: LedgerSale): readonly GoodsBack[] {
    return this.#returnsBySale.get(sale.id) ?? [];
  }

  readonly #returnsBySale = new Map<string, GoodsBack[]>();

  #lines(priced: Priced, exchange: GoodsBack | undefined): readonly LedgerLine[] {
    return priced.lines.map((line, at) => {
      const given = exchange?.lines[at]?.line.id;
      const id = this.#ports.nextId('line');
      return { ...line, id, voided: false, returned: 0, exchanged: false, ...(given ? { exchangedFor: given } : {}) };
    });
  }

  #addPayment(sale: LedgerSale, money: Pick<LedgerPayment, 'tender' | 'amount' | 'tip' | 'status'>): void {
    const now = this.#stamp();
    const payment: LedgerPayment = {
      ...money,
      id: this.#ports.nextId('payment'),
      saleId: sale.id,
      offline: sale.offline,
      paidAt: sale.offline ? sale.openedAt : this.#ports.now(),
      createdAt: now,
      modifiedAt: now,
      refunded: 0,
      refundedTip: 0,
    };
    sale.payments.push(payment);
    const entry = { payment, sale };
    this.payments.set(payment.id, entry);
    this.paymentsLog.note(entry, now);
    this.#tell({ of: 'payment', type: 'created', sale, payment });
  }

  /** `priced` are the lines that stay, in their order, and behind them new ones. */
  #reprice(sale: LedgerSale, priced: Priced): void {
    const kept = sale.lines.filter((line) => !line.voided);
    sale.lines = [
      ...kept.map((line, at) => Object.assign(line, priced.lines[at])),
      ...this.#lines({ ...priced, lines: priced.lines.slice(kept.length) }, undefined),
      ...sale.lines.filter((line) => line.voided),
    ];
    Object.assign(sale, totalsOf(priced));
  }

  #goodsBack(given: NewGoodsBack): GoodsBack {
    const now = this.#stamp();
    const back: GoodsBack = {
      ...given,
      id: this.#ports.nextId('return'),
      refunds: [],
      returnedAt: this.#ports.now(),
      createdAt: now,
      modifiedAt: now,
      version: 1,
    };
    for (const { line, quantity } of back.lines) {
      line.returned += quantity;
      if (back.isExchange) line.exchanged = true;
    }
    this.returns.set(back.id, back);
    if (back.sale) this.#returnsBySale.set(back.sale.id, [...this.returnsOf(back.sale), back]);
    this.#tell({ of: 'return', type: 'created', back });
    return back;
  }

  #refundAll(back: GoodsBack, money: ReturnType<typeof moneyBack>, pending: boolean): void {
    for (const part of money) this.#refund(back, { ...part, tender: part.payment.tender, pending });
  }

  #refund(back: GoodsBack, given: Pick<LedgerRefund, 'payment' | 'tender' | 'amount' | 'tip'> & Pending): void {
    const now = this.#stamp();
    const { pending, ...money } = given;
    const refund: LedgerRefund = {
      ...money,
      id: this.#ports.nextId('refund', given.payment?.id),
      status: pending ? 'pending' : 'completed',
      refundedAt: back.returnedAt,
      createdAt: now,
      modifiedAt: now,
      version: 1,
    };
    back.refunds.push(refund);
    countBack(refund, 1);
    this.#tell({ of: 'refund', type: 'created', back, refund });
    if (back.sale && refund.payment) this.#paymentChanged(back.sale, refund.payment);
  }

  #complete(sale: LedgerSale): void {
    sale.state = 'completed';
    sale.closedAt = this.#stamp();
    this.#changed(sale);
  }

  #changed(sale: LedgerSale): void {
    sale.modifiedAt = this.#stamp();
    sale.version++;
    this.salesLog.note(sale, sale.modifiedAt);
    this.#tell({ of: 'sale', type: 'updated', sale });
  }

  #paymentChanged(sale: LedgerSale, payment: LedgerPayment): void {
    payment.modifiedAt = this.#stamp();
    const entry = this.payments.get(payment.id);
    if (entry) this.paymentsLog.note(entry, payment.modifiedAt);
    this.#tell({ of: 'payment', type: 'updated', sale, payment });
    if (this.#ports.wholeOrders) this.#changed(sale);
  }

  #stamp(): number {
    return this.#ports.now() - (this.#ports.now() % this.#ports.stampGrainMs);
  }

  #tell(change: LedgerChange): void {
    this.#ports.onChange(change);
  }
}

type NewGoodsBack = Pick<GoodsBack, 'shop' | 'sale' | 'lines' | 'amount' | 'tip' | 'reason' | 'isExchange'>;

interface Pending {
  readonly pending: boolean;
}

function totalsOf(priced: Priced): Pick<LedgerSale, 'total' | 'tax' | 'serviceCharge' | 'orderDiscount'> {
  const { total, tax, serviceCharge, orderDiscount } = priced;
  return { total, tax, serviceCharge, orderDiscount };
}
