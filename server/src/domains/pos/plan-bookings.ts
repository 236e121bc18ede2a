// What one group commit writes, worked out in memory before the first row is written: sales are taken in the order in
// which they came, each against what is booked and what the commit itself books before it. Pure.
import type { NewEvent } from '../../events/index.ts';
import { add, type Decimal, decimal, isZero, negate, plain, subtract, zero } from '../../platform/decimal.ts';
import { newId } from '../../platform/new-id.ts';
import type { ProductRef, StockMovement } from '../inventory/index.ts';
import { businessDate } from './business-date.ts';
import { decideSale } from './decide-sale.ts';
import { versionReused, wrongCurrency } from './errors.ts';
import { type RefusedSale, rejected } from './kept-refusals.ts';
import type { BookedSale, LineRow, SaleRow, Shop, SoldProduct, UnmappedRow } from './queries.ts';
import type { Refusal, Sale, SaleLine, SaleResult } from './sale.ts';
import { saleEvent } from './sale-event.ts';
import type { WaitingSale } from './waiting-sale.ts';

/** What the database knew when the commit began, under the lock of its shops. */
export interface KnownFacts {
  /** By location id. */
  readonly shops: ReadonlyMap<string, Shop>;
  readonly booked: readonly BookedSale[];
  /** Of the booked sales that a higher version is about to replace. */
  readonly sold: readonly SoldProduct[];
  /** Null for a product that nobody has mapped yet. */
  readonly productOf: (waiting: WaitingSale, line: SaleLine) => ProductRef | null;
  readonly now: Date;
}

export interface BookingPlan {
  /** One a sale, in order. */
  readonly results: SaleResult[];
  readonly inserts: SaleRow[];
  readonly updates: SaleRow[];
  readonly lines: LineRow[];
  readonly unmapped: UnmappedRow[];
  readonly movements: StockMovement[];
  readonly events: NewEvent<'pos.transaction'>[];
  readonly refused: RefusedSale[];
}

/** A line and the product that it was found to be. */
export interface ResolvedLine {
  readonly line: SaleLine;
  readonly product: ProductRef | null;
}

/** A sale as it stands at this point of the commit. */
interface SaleState {
  readonly isNew: boolean;
  readonly id: string;
  readonly franchiseeId: string | null;
  readonly createdAt: Date;
  /** Of all its versions: what was taken in dollars is given back in dollars, whatever the shop takes by now. */
  readonly currency: string;
  version: number;
  contentHash: Buffer;
  totalAmount: string;
  /** What it has taken from stock, by product id. */
  taken: Map<string, Decimal>;
  /** Set where this commit changes it: the last of its versions here is the one that is written. */
  change: { row: SaleRow; lines: readonly ResolvedLine[] } | null;
}

export function planBookings(sales: readonly WaitingSale[], facts: KnownFacts): BookingPlan {
  const planner = new Planner(facts);
  for (const waiting of sales) planner.take(waiting);
  return planner.finish();
}

export function saleKey(posSystemId: string, { kind, externalId }: Pick<Sale, 'kind' | 'externalId'>): string {
  // The system's id has a fixed length and the kind ends at the first blank: the text is unambiguous.
  return `${posSystemId}${kind} ${externalId}`;
}

class Planner {
  readonly #facts: KnownFacts;
  readonly #states = new Map<string, SaleState>();
  readonly #plan: BookingPlan = {
    results: [],
    inserts: [],
    updates: [],
    lines: [],
    unmapped: [],
    movements: [],
    events: [],
    refused: [],
  };

  constructor(facts: KnownFacts) {
    this.#facts = facts;
    const takenOf = new Map<string, Map<string, Decimal>>();
    for (const { saleId, productId, quantity } of facts.sold) {
      const taken = takenOf.get(saleId) ?? new Map<string, Decimal>();
      takenOf.set(saleId, taken.set(productId, decimal(quantity)));
    }
    for (const booked of facts.booked) {
      const { id, franchiseeId, createdAt, currency, version, contentHash, totalAmount } = booked;
      const taken = takenOf.get(id) ?? new Map<string, Decimal>();
      const state = {
        isNew: false,
        id,
        franchiseeId,
        createdAt,
        currency,
        version,
        contentHash,
        totalAmount,
        taken,
        change: null,
      };
      this.#states.set(saleKey(booked.posSystemId, booked), state);
    }
  }

  take(waiting: WaitingSale): void {
    const { parsed } = waiting;
    const answer = parsed.ok ? this.#decide(waiting, parsed.sale) : parsed.refusal;
    if ('status' in answer) {
      this.#plan.results.push(answer);
    } else {
      this.#plan.refused.push({ waiting, refusal: answer });
      this.#plan.results.push(rejected(answer));
    }
  }

  #decide(waiting: WaitingSale, sale: Sale): SaleResult | Refusal {
    const shop = this.#shopOf(waiting);
    const key = saleKey(waiting.system.id, sale);
    const known = this.#states.get(key) ?? null;
    const state = known ?? newState(shop, this.#facts.now);
    if (sale.currency !== state.currency) {
      const whose = known ? `the ${state.currency} that it is booked in` : `the shop's ${state.currency}`;
      return refusal(sale, wrongCurrency, `currency must be ${whose}.`);
    }
    const decision = decideSale(known, sale, waiting.isFetched === true);
    if (decision === 'reused') {
      const detail = `Version ${sale.version} of this sale is booked with other content; a changed sale needs a higher version.`;
      return refusal(sale, versionReused, detail);
    }
    if (decision !== 'duplicate') {
      this.#states.set(key, state);
      this.#book(state, waiting, sale);
    }
    return { externalId: sale.externalId, version: sale.version, status: statusOf[decision], transactionId: state.id };
  }

  /** What is written of a sale is its last state; what moved and what is told is every step on the way. */
  finish(): BookingPlan {
    for (const state of this.#states.values()) {
      if (state.change === null) continue;
      const { row, lines } = state.change;
      (state.isNew ? this.#plan.inserts : this.#plan.updates).push(row);
      for (const [index, resolved] of lines.entries()) this.#writeLine(row, index + 1, resolved);
    }
    return this.#plan;
  }

  #book(state: SaleState, waiting: WaitingSale, sale: Sale): void {
    const lines = sale.lines.map((line) => ({ line, product: this.#facts.productOf(waiting, line) }));
    const row = this.#rowOf(state, waiting, sale);
    const isFirst = state.isNew && state.change === null;
    this.#moveStock(waiting, row, isFirst ? firstMoves(lines) : changedMoves(state.taken, lines));
    this.#plan.events.push(saleEvent(row, lines, isFirst ? null : state));
    state.version = sale.version;
    state.contentHash = sale.contentHash;
    state.totalAmount = sale.total;
    state.taken = takenBy(lines);
    state.change = { row, lines };
  }

  #rowOf(state: SaleState, { system }: WaitingSale, sale: Sale): SaleRow {
    const shop = this.#facts.shops.get(system.locationId) as Shop;
    return {
      locationId: system.locationId,
      id: state.id,
      franchiseId: shop.franchiseId,
      franchiseeId: state.franchiseeId,
      posSystemId: system.id,
      kind: sale.kind,
      refundOf: sale.refundOf,
      externalId: sale.externalId,
      version: sale.version,
      contentHash: sale.contentHash,
      status: sale.status,
      occurredAt: sale.occurredAt,
      businessDate: sale.businessDate ?? businessDate(sale.occurredAt, shop.timeZone, shop.closingHour),
      currency: sale.currency,
      totalAmount: sale.total,
      discrepancy: sale.discrepancy,
      paymentMethod: sale.paymentMethod,
      metadata: sale.metadata,
      breakdown: sale.breakdown,
      createdAt: state.createdAt,
      updatedAt: this.#facts.now,
    };
  }

  #moveStock(waiting: WaitingSale, row: SaleRow, moves: readonly Move[]): void {
    const shop = this.#shopOf(waiting);
    for (const { productId, quantity } of moves) {
      if (isZero(quantity)) continue;
      this.#plan.movements.push({
        locationId: row.locationId,
        franchiseId: row.franchiseId,
        // The shelf is the present owner's, whoever owned the shop when the sale was first booked.
        franchiseeId: shop.franchiseeId,
        productId,
        type: 'sale',
        quantity: plain(quantity),
        referenceType: 'pos_transaction',
        referenceId: row.id,
        performedBy: waiting.performedBy,
        occurredAt: row.occurredAt,
        reason: null,
      });
    }
  }

  #writeLine(row: SaleRow, lineNumber: number, { line, product }: ResolvedLine): void {
    const { locationId, franchiseId, franchiseeId, posSystemId, occurredAt } = row;
    const owner = { locationId, saleId: row.id, lineNumber, franchiseId, franchiseeId };
    const { quantity, unitPrice, totalPrice, modifiers, externalProductId } = line;
    const sku = line.sku ?? product?.sku ?? null;
    const name = line.name ?? product?.name ?? null;
    const productId = product?.id ?? null;
    this.#plan.lines.push({
      ...owner,
      productId,
      sku,
      externalProductId,
      name,
      quantity,
      unitPrice,
      totalPrice,
      modifiers,
    });
    if (product === null) {
      this.#plan.unmapped.push({
        ...owner,
        posSystemId,
        externalProductId: mappingReference(line),
        sku: line.sku,
        name,
        quantity,
        occurredAt,
      });
    }
  }

  #shopOf({ system }: WaitingSale): Shop {
    const shop = this.#facts.shops.get(system.locationId);
    if (shop === undefined) throw new Error(`The shop ${system.locationId} of POS system ${system.id} is not there`);
    return shop;
  }
}

const statusOf = { create: 'created', update: 'updated', duplicate: 'duplicate' } as const;

/** What a product is mapped by: the vendor's own id for it, else the SKU that nobody knows. */
export function mappingReference(line: SaleLine): string {
  return line.externalProductId ?? line.sku ?? '';
}

interface Move {
  readonly productId: string;
  /** Signed: what it adds to the stock. */
  readonly quantity: Decimal;
}

function firstMoves(lines: readonly ResolvedLine[]): Move[] {
  return lines.flatMap(({ line, product }) =>
    product === null ? [] : [{ productId: product.id, quantity: negate(decimal(line.quantity)) }],
  );
}

/** Puts back what the version before took and takes what this one does, as one difference a product. */
function changedMoves(before: ReadonlyMap<string, Decimal>, lines: readonly ResolvedLine[]): Move[] {
  const after = takenBy(lines);
  return [...new Set([...before.keys(), ...after.keys()])].map((productId) => ({
    productId,
    quantity: subtract(before.get(productId) ?? zero, after.get(productId) ?? zero),
  }));
}

function takenBy(lines: readonly ResolvedLine[]): Map<string, Decimal> {
  const taken = new Map<string, Decimal>();
  for (const { line, product } of lines) {
    if (product !== null) taken.set(product.id, add(taken.get(product.id) ?? zero, decimal(line.quantity)));
  }
  return taken;
}

function newState(shop: Shop, now: Date): SaleState {
  return {
    isNew: true,
    id: newId(),
    franchiseeId: shop.franchiseeId,
    createdAt: now,
    currency: shop.currency,
    version: 0,
    contentHash: Buffer.alloc(0),
    totalAmount: '0',
    taken: new Map(),
    change: null,
  };
}

function refusal(sale: Sale, reason: typeof versionReused, detail: string): Refusal {
  return { externalId: sale.externalId, kind: sale.kind, version: sale.version, code: reason.definition.code, detail };
}
