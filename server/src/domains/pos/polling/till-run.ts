// One run at one till, under its lease: what its stages share. A stage asks the vendor, books page by page, and writes
// down how far it has come after each; killed anywhere, the next run begins at the last page that was booked, and what is
// booked twice is a repetition.
import type { Clock } from '../../../platform/clock.ts';
import type { Database, Tx } from '../../../platform/database.ts';
import type { VendorDocument } from '../connectors/connector.ts';
import type { CatalogueItem } from '../connectors/translation-facts.ts';
import type { OpenTill } from '../credentials/connect.ts';
import type { DueTill, Held } from './queries.ts';

/** What became of the documents of a page. */
export interface Booked {
  readonly created: number;
  readonly updated: number;
  readonly duplicate: number;
  readonly rejected: number;
  /** What the documents say is sold, refused ones left out: what a proof of a day compares with the books. */
  readonly sales: readonly SaleAtVendor[];
  /** Refunds in the books that the documents count without naming them, by external id. */
  readonly standing: readonly string[];
}

export interface SaleAtVendor {
  readonly kind: 'sale' | 'refund';
  readonly externalId: string;
  readonly version: number;
  readonly businessDate: string;
  /** Plain decimals as text. */
  readonly total: string;
  readonly tenders: readonly Tender[];
  /** Whether it was not in the books like this before. */
  readonly isNews: boolean;
}

export interface Tender {
  readonly method: string;
  readonly amount: string;
}

export interface TillRun {
  readonly db: Database;
  readonly clock: Clock;
  readonly till: DueTill;
  readonly held: Held;
  readonly open: OpenTill;
  readonly signal: AbortSignal;
  readonly book: (documents: readonly VendorDocument[]) => Promise<Booked>;
  /** Both throw LeaseLost where the till is no more what the run began with. */
  readonly keepItems: (items: readonly CatalogueItem[]) => Promise<void>;
  /** Our clock moved to the vendor's, as far as it was told; never ahead of ours. */
  readonly vendorNow: () => Date;
  /** Whether the run has had its share: what is left waits for the till's next turn. */
  readonly isOverdue: () => boolean;
  /** For what a vendor said, which may quote what it was sent. */
  readonly withoutSecrets: (text: string) => string;
  readonly inTransaction: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  /** Statements that are all sent as it is called: one wait instead of two. */
  readonly ask: <T>(work: (tx: Tx) => Promise<T>) => Promise<T>;
  /** One statement that writes to the till's row while it is ours, and answers whether it is. Throws LeaseLost. */
  readonly keep: (write: (tx: Tx) => Promise<boolean>) => Promise<void>;
}

/** Another node has the till: it was taken for dead. Whatever we were doing, it does. */
export class LeaseLost extends Error {
  override readonly name = 'LeaseLost';
}

export function refuseLost(isOurs: boolean): void {
  if (!isOurs) throw new LeaseLost('The till was given to another node');
}
