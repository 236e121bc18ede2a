/**
 * The books that a connector's documents come to, kept in memory by the rules of the database: what is tested is the
 * connector, and a month of a shop is read in a second.
 */
import { businessDate } from '../../src/domains/pos/business-date.ts';
import type { Connection, Connector, VendorDocument } from '../../src/domains/pos/connectors/connector.ts';
import type { BookedRefund, CatalogueItem, ShopTerms } from '../../src/domains/pos/connectors/translation-facts.ts';
import { decideSale } from '../../src/domains/pos/decide-sale.ts';
import { parseSale } from '../../src/domains/pos/parse-sale.ts';
import type { Sale } from '../../src/domains/pos/sale.ts';
import { add, decimal, plain, zero } from '../../src/platform/decimal.ts';

export interface Refused {
  readonly externalId: string | null;
  readonly detail: string;
}

export class MemoryBooks {
  readonly connector: Connector;
  connection: Connection;
  readonly shop: ShopTerms;
  readonly sales = new Map<string, Sale>();
  readonly refused: Refused[] = [];
  readonly leftOut: string[] = [];
  readonly #catalogue = new Map<string, CatalogueItem>();
  /** How often a document changed something. */
  changes = 0;

  constructor(connector: Connector, connection: Connection, shop: ShopTerms) {
    this.connector = connector;
    this.connection = connection;
    this.shop = shop;
  }

  /** As keepCatalogue does: what is deleted keeps its name and SKU. */
  async readCatalogue(since: Date | null): Promise<void> {
    for await (const items of this.connector.fetchCatalogue(this.connection, since)) {
      for (const item of items) {
        const known = this.#catalogue.get(item.externalProductId);
        const sku = item.isDeleted ? (item.sku ?? known?.sku ?? null) : item.sku;
        this.#catalogue.set(item.externalProductId, { ...item, sku, name: item.name ?? known?.name ?? null });
      }
    }
  }

  /** Reads a window page by page, as a poller does; a failure is answered by going on from the last page. */
  async readWindow(from: Date, to: Date, { onFailure }: { onFailure?: (error: unknown) => void } = {}): Promise<void> {
    await this.#renewIfDue();
    let resumeAt: string | null = null;
    for (let attempt = 0; ; attempt++) {
      try {
        for await (const page of this.connector.fetchChanges(this.connection, { from, to }, resumeAt)) {
          this.book(page.documents);
          resumeAt = page.resumeAt;
        }
        return;
      } catch (error) {
        if (onFailure === undefined || attempt > 500) throw error;
        onFailure(error);
      }
    }
  }

  async #renewIfDue(): Promise<void> {
    const { tokens } = this.connector;
    const due = tokens?.renewAt(this.connection.credentials);
    if (!tokens || !due || due > this.connection.now()) return;
    this.connection = { ...this.connection, credentials: await tokens.renew(this.connection) };
  }

  book(documents: readonly VendorDocument[]): void {
    const now = this.connection.now();
    for (const document of documents) {
      const translation = this.connector.translate(document, {
        shop: this.shop,
        settings: this.connection.settings,
        arrivedAt: now,
        catalogue: (id) => this.#catalogue.get(id) ?? null,
        refundsOf: (id) => this.#refundsOf(id),
      });
      this.refused.push(...translation.refusals);
      this.leftOut.push(...translation.leftOut);
      for (const { bytes } of translation.sales) {
        const parsed = parseSale(bytes, { currency: this.shop.currency, now });
        if (parsed.ok) this.#apply(parsed.sale);
        else this.refused.push(parsed.refusal);
      }
    }
  }

  #apply(sale: Sale): void {
    const key = `${sale.kind} ${sale.externalId}`;
    const decision = decideSale(this.sales.get(key) ?? null, sale, true);
    if (decision === 'duplicate') return;
    this.changes++;
    this.sales.set(key, sale);
  }

  #refundsOf(saleId: string): BookedRefund[] {
    return [...this.sales.values()]
      .filter((sale) => sale.kind === 'refund' && sale.refundOf === saleId)
      .map(({ externalId, version, status, total, breakdown }) => {
        return { externalId, version, status, total, tip: String(breakdown?.['tip'] ?? 0) };
      })
      .sort((a, b) => (a.externalId < b.externalId ? -1 : 1));
  }

  businessDateOf(sale: Sale): string {
    return sale.businessDate ?? businessDate(sale.occurredAt, this.shop.timeZone, this.shop.closingHour);
  }

  /** By business date and tender: what came in, without tips, the tips, and what went back with tips. */
  dayTotals(): Record<string, { paid: string; tips: string; refunded: string }> {
    const totals: Record<string, { paid: string; tips: string; refunded: string }> = {};
    for (const sale of this.sales.values()) {
      const tenders = (sale.breakdown?.['tenders'] ?? []) as { method: string; amount: number; tip?: number }[];
      for (const { method, amount, tip = 0 } of tenders) {
        if (method === 'exchange') continue;
        const key = `${this.businessDateOf(sale)} ${method}`;
        const total = totals[key] ?? { paid: '0', tips: '0', refunded: '0' };
        totals[key] = total;
        const [money, gratuity] = [decimal(String(amount)), decimal(String(tip))];
        if (sale.kind === 'refund') {
          total.refunded = plain(add(decimal(total.refunded), add(money, gratuity).neg()));
        } else {
          total.paid = plain(add(decimal(total.paid), money));
          total.tips = plain(add(decimal(total.tips), gratuity));
        }
      }
    }
    return Object.fromEntries(Object.entries(totals).sort());
  }

  /** What is gone for good, by SKU. */
  goods(): Record<string, string> {
    const goods = new Map<string, string>();
    for (const { lines } of this.sales.values()) {
      for (const { sku, quantity } of lines) {
        if (sku !== null) goods.set(sku, plain(add(decimal(goods.get(sku) ?? '0'), decimal(quantity))));
      }
    }
    return Object.fromEntries([...goods].filter(([, quantity]) => !decimal(quantity).eq(zero)).sort());
  }

  /** Sales that count, by id. */
  counting(): Map<string, Sale> {
    const counting = [...this.sales.values()].filter((sale) => sale.kind === 'sale' && sale.status === 'completed');
    return new Map(counting.map((sale) => [sale.externalId, sale]));
  }
}
