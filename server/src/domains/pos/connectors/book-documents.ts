// From a vendor's documents to booked sales: the one way for pollers, webhooks and re-scans alike.
//
// Those of one system must come one call after the other, in the order in which they were fetched: where a version is
// booked with other content the later fetch counts as the newer, and a make that adds refunds up has them taken apart by
// comparing with what is booked. Systems among themselves are free.
import { backgroundActor } from '../../../platform/actor.ts';
import type { Clock } from '../../../platform/clock.ts';
import type { Database } from '../../../platform/database.ts';
import { type ArrivedSale, bookInLanes, type IngestParts } from '../ingest-sales.ts';
import { parseSale, type SaleTerms } from '../parse-sale.ts';
import type { Sale, SaleResult } from '../sale.ts';
import type { SystemFacts } from '../systems/queries.ts';
import type { ConnectionFields, Connector, Translation, TranslationFacts, VendorDocument } from './connector.ts';
import { untranslatable } from './errors.ts';
import { findCatalogueItems, findRefundsOf, upsertCatalogueItems } from './queries.ts';
import type { BookedRefund, CatalogueItem, ShopTerms } from './translation-facts.ts';

const actor = backgroundActor('pos-connectors');

export interface BookDocumentsParts {
  readonly db: Database;
  readonly clock: Clock;
  readonly ingest: IngestParts;
}

export interface FetchedDocuments {
  readonly connector: Connector;
  readonly system: SystemFacts & Pick<ShopTerms, 'timeZone' | 'closingHour'>;
  readonly settings: ConnectionFields;
  /** The actor's id that stock moves are booked under, e.g. `system:pos-poll`. */
  readonly performedBy: string;
  readonly documents: readonly VendorDocument[];
  /** They come from the kept errors and not from the vendor: nothing newer is replaced, nothing refused is kept twice. */
  readonly isReplay?: true;
}

export interface BookedDocuments {
  readonly created: number;
  readonly updated: number;
  readonly duplicate: number;
  /** Kept as sync errors: documents that could not be translated, and sales that were refused. */
  readonly rejected: number;
  /** Why documents became nothing though nothing is wrong with them. */
  readonly leftOut: readonly string[];
  /** External ids of refunds booked before that documents count without naming them. */
  readonly standing: readonly string[];
  /** One a sale or refusal, in order. */
  readonly results: readonly SaleResult[];
  /** The sales that could be read, whatever became of them. */
  readonly sales: readonly { readonly sale: Sale; readonly status: SaleResult['status'] }[];
}

/** What is answered is durable. Throws what the lanes throw (`pos.overloaded`, `pos.not_durable`): ask again later. */
export async function bookDocuments(parts: BookDocumentsParts, fetched: FetchedDocuments): Promise<BookedDocuments> {
  const { system, performedBy } = fetched;
  const translations = await translateAll(parts, fetched);
  const terms = { now: parts.clock.now() };
  const arrived = translations.flatMap(({ document, translation }) => arrivedOf(document, translation, terms));
  const isCoarse = fetched.connector.versions === 'coarse';
  const origin = fetched.isReplay ? { isReplay: true as const } : isCoarse ? { isFetched: true as const } : {};
  const waiting = arrived.map(({ raw, parsed }) => ({ system, performedBy, raw, parsed, ...origin }));
  const results = waiting.length === 0 ? [] : await bookInLanes(parts.ingest, waiting);
  const count = (status: SaleResult['status']) => results.filter((result) => result.status === status).length;
  return {
    created: count('created'),
    updated: count('updated'),
    duplicate: count('duplicate'),
    rejected: count('rejected'),
    leftOut: translations.flatMap(({ translation }) => translation.leftOut),
    standing: translations.flatMap(({ translation }) => translation.standing ?? []),
    results,
    sales: arrived.flatMap(({ parsed }, index) =>
      parsed.ok ? [{ sale: parsed.sale, status: results[index]?.status ?? 'rejected' }] : [],
    ),
  };
}

/** Keeps what a vendor's catalogue says, for the SKUs of lines. */
export async function keepCatalogue(
  { db, clock }: Pick<BookDocumentsParts, 'db' | 'clock'>,
  system: SystemFacts,
  items: readonly CatalogueItem[],
): Promise<void> {
  // The last word on an item counts; a statement cannot write one row twice.
  const unique = [...new Map(items.flatMap(keepable).map((item) => [item.externalProductId, item])).values()];
  if (unique.length === 0) return;
  await db.transaction(actor, (tx) => upsertCatalogueItems(tx, system, { items: unique, at: clock.now() }));
}

/** As lines are read: an item of a longer id is in no line that can be booked. */
const idCharactersMax = 200;
const skuCharactersMax = 100;
const textCharactersMax = 200;

/** One row of a catalogue that no table can hold must not keep all others out, nor the sales behind them. */
function keepable(item: CatalogueItem): CatalogueItem[] {
  const { externalProductId, sku, name } = item;
  if (externalProductId.length > idCharactersMax || !isStorable(externalProductId)) return [];
  // A mangled SKU would be another product's, a mangled name is a name still.
  const isSku = sku !== null && sku.length <= skuCharactersMax && isStorable(sku);
  const shown = name?.replaceAll('\0', '').slice(0, textCharactersMax).toWellFormed() ?? null;
  return [{ ...item, sku: isSku ? sku : null, name: shown }];
}

/** An id that no row can hold is in no row; asking for it would fail the look-up of the whole page, every time. */
const isStorable = (id: string): boolean => !id.includes('\u0000') && id.isWellFormed();

interface Translated {
  readonly document: VendorDocument;
  readonly translation: Translation;
}

// Translations are pure and cheap, so which facts they need is found out by running them: once against nothing, noting
// what they ask for, and once more with all of that, read in one transaction for the whole page.
async function translateAll(parts: BookDocumentsParts, fetched: FetchedDocuments): Promise<Translated[]> {
  const { connector, system, settings, documents } = fetched;
  const base = { shop: system, settings, arrivedAt: parts.clock.now() };
  const asked = { products: new Set<string>(), sales: new Set<string>() };
  const asking: TranslationFacts = {
    ...base,
    catalogue: (id) => {
      if (isStorable(id)) asked.products.add(id);
      return null;
    },
    refundsOf: (id) => {
      if (isStorable(id)) asked.sales.add(id);
      return [];
    },
  };
  const translateWith = (facts: TranslationFacts): Translated[] =>
    documents.map((document) => ({ document, translation: connector.translate(document, facts) }));
  const first = translateWith(asking);
  if (asked.products.size === 0 && asked.sales.size === 0) return first;
  const [products, refunds] = await parts.db.transaction(actor, (tx) =>
    Promise.all([
      asked.products.size === 0 ? [] : findCatalogueItems(tx, system, [...asked.products]),
      asked.sales.size === 0 ? [] : findRefundsOf(tx, system, [...asked.sales]),
    ]),
  );
  const productOf = new Map(products.map((item) => [item.externalProductId, item]));
  const refundsOf = new Map<string, BookedRefund[]>();
  for (const refund of refunds) refundsOf.set(refund.refundOf, [...(refundsOf.get(refund.refundOf) ?? []), refund]);
  return translateWith({
    ...base,
    catalogue: (id) => productOf.get(id) ?? null,
    refundsOf: (id) => refundsOf.get(id) ?? [],
  });
}

function arrivedOf(document: VendorDocument, translation: Translation, terms: SaleTerms): ArrivedSale[] {
  const sales = translation.sales.map(({ bytes }) => ({ raw: bytes, parsed: parseSale(bytes, terms) }));
  const refusals = translation.refusals.map(({ externalId, detail }) => ({
    raw: document.bytes,
    parsed: {
      ok: false as const,
      refusal: {
        externalId: externalId?.slice(0, 200) ?? null,
        version: null,
        code: untranslatable.definition.code,
        detail,
      },
    },
  }));
  return [...sales, ...refusals];
}
