// A vendor's document that could not be read as a sale, read once more as it was kept: what has changed since is us, an
// item of the catalogue, or the till's settings. Parsing the bytes as a sale of our own, which they are not, would refuse
// them for ever.
import type { Tx } from '../../../platform/database.ts';
import { type BookDocumentsParts, bookDocuments } from '../connectors/book-documents.ts';
import type { ConnectionFields, PosSystemType } from '../connectors/connector.ts';
import type { ConnectorTable } from '../credentials/connect.ts';
import { loadShops, type Shop } from '../queries.ts';
import type { SyncErrorView } from '../reading/queries.ts';
import type { SaleResult } from '../sale.ts';
import { findSystem } from '../systems/queries.ts';

export interface KeptDocument {
  readonly kept: SyncErrorView;
  readonly raw: Buffer;
  readonly systemType: PosSystemType;
  readonly settings: ConnectionFields;
  readonly shop: Shop;
}

/** What the till of a kept document is today. */
export async function findKeptDocument(tx: Tx, kept: SyncErrorView, raw: Buffer): Promise<KeptDocument | null> {
  const system = await findSystem(tx, kept.posSystemId);
  const [shop] = await loadShops(tx, [kept.locationId]);
  if (system === null || shop === undefined) return null;
  return { kept, raw, systemType: system.systemType, settings: system.settings, shop };
}

/** The refusal where any part of the document is refused; else what became of its first sale. */
export async function translateAgain(
  { db, clock, ingest, connectors }: BookDocumentsParts & { readonly connectors: ConnectorTable },
  { kept, raw, systemType, settings, shop }: KeptDocument,
  performedBy: string,
): Promise<SaleResult> {
  const { results, leftOut } = await bookDocuments(
    { db, clock, ingest },
    {
      ...{ connector: connectors[systemType], settings, performedBy },
      system: { ...shop, id: kept.posSystemId },
      documents: [{ reference: { kind: 'order', id: kept.externalId ?? '' }, bytes: raw }],
      isReplay: true,
    },
  );
  const result = results.find(({ status }) => status === 'rejected') ?? results[0];
  // Nothing is wrong with it any more and nothing of it is ours to book: of another shop, not paid yet.
  return result ?? { externalId: kept.externalId, version: null, status: 'duplicate', detail: leftOut.join(' ') };
}
