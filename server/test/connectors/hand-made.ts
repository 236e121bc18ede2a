/** Documents made by hand, translated as a fetch of a till in New York would have them and read as the books would. */
import type { PosSystemType, TranslationFacts } from '../../src/domains/pos/connectors/connector.ts';
import { connectors } from '../../src/domains/pos/connectors/index.ts';
import type { BookedRefund } from '../../src/domains/pos/connectors/translation-facts.ts';
import { parseSale } from '../../src/domains/pos/parse-sale.ts';

export const now = new Date('2026-03-10T17:00:00Z');
const settings = {
  square: { locationIds: 'L1' },
  clover: { merchantId: 'M1' },
  toast: { restaurantGuid: 'r1' },
  custom: { storeId: 's1' },
};

interface Given {
  readonly currency?: string;
  readonly refunds?: readonly BookedRefund[];
  readonly sku?: string;
}

export function translate(make: PosSystemType, bundle: object | string, given: Given = {}) {
  const { currency = 'USD', refunds = [], sku = null } = given;
  const facts: TranslationFacts = {
    shop: { currency, timeZone: 'America/New_York', closingHour: 4 },
    settings: settings[make],
    arrivedAt: now,
    catalogue: (externalProductId) => ({ externalProductId, sku, name: null, isDeleted: true }),
    refundsOf: () => refunds,
  };
  const bytes = Buffer.from(typeof bundle === 'string' ? bundle : JSON.stringify(bundle));
  return connectors[make].translate({ reference: { kind: 'order', id: 'doc' }, bytes }, facts);
}

/** Throws where anything is refused. */
export function booked(make: PosSystemType, bundle: object | string, given: Given = {}) {
  const { sales, refusals } = translate(make, bundle, given);
  if (refusals.length > 0) throw new Error(refusals[0]?.detail);
  return sales.map(({ bytes }) => {
    const parsed = parseSale(bytes, { currency: given.currency ?? 'USD', now });
    if (!parsed.ok) throw new Error(`${parsed.refusal.code}: ${parsed.refusal.detail}`);
    return parsed.sale;
  });
}
