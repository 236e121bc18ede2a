// Books what was fetched at a till, by the way that every sale takes, and says what was sold for a proof of the day.
import { add, decimal, plain } from '../../../platform/decimal.ts';
import type { JsonObject } from '../../../platform/parse-json-exact.ts';
import { businessDate } from '../business-date.ts';
import { type BookDocumentsParts, bookDocuments } from '../connectors/book-documents.ts';
import type { VendorDocument } from '../connectors/connector.ts';
import type { OpenTill } from '../credentials/connect.ts';
import type { Sale } from '../sale.ts';
import type { DueTill } from './queries.ts';
import type { Booked, SaleAtVendor, Tender } from './till-run.ts';

const performedBy = 'system:pos-poll';

/** Throws what the lanes throw: ask again later. */
export async function bookAtTill(
  parts: BookDocumentsParts,
  {
    till,
    open,
    documents,
  }: { readonly till: DueTill; readonly open: OpenTill; readonly documents: readonly VendorDocument[] },
): Promise<Booked> {
  if (documents.length === 0) return { created: 0, updated: 0, duplicate: 0, rejected: 0, sales: [], standing: [] };
  const system = { ...factsOf(till), timeZone: till.timeZone, closingHour: till.closingHour };
  const { connector, connection } = open;
  const booked = await bookDocuments(parts, {
    connector,
    system,
    settings: connection.settings,
    performedBy,
    documents,
  });
  const { created, updated, duplicate, rejected, standing } = booked;
  const sales = booked.sales.map(({ sale, status }) => soldAt(till, sale, status !== 'duplicate'));
  return { created, updated, duplicate, rejected, sales, standing };
}

export function factsOf({ posSystemId: id, locationId, franchiseId, franchiseeId, currency }: DueTill) {
  return { id, locationId, franchiseId, franchiseeId, currency };
}

function soldAt({ timeZone, closingHour }: DueTill, sale: Sale, isNews: boolean): SaleAtVendor {
  const { kind, externalId, version, total, occurredAt } = sale;
  const day = sale.businessDate ?? businessDate(occurredAt, timeZone, closingHour);
  return { kind, externalId, version, total, isNews, businessDate: day, tenders: tendersOf(sale) };
}

/** As loadBookedDays reads them from the books. */
function tendersOf({ breakdown, paymentMethod, total }: Sale): Tender[] {
  const tenders = breakdown?.['tenders'];
  if (Array.isArray(tenders) && tenders.length > 0) {
    return (tenders as JsonObject[]).map(({ method, amount, tip }) => ({
      method: String(method),
      amount: plain(add(decimal(String(amount)), decimal(String(tip ?? 0)))),
    }));
  }
  return paymentMethod === null ? [] : [{ method: paymentMethod, amount: total }];
}
