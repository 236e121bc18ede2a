// The Send port on the public client: shoppers use the door that every program from outside uses.

import type { NewSale, SaleResult } from '@tillstream/client';
import type { Sale } from './sale.ts';
import type { Send } from './till.ts';

/** The one call that is needed of a client made by createTillstream. */
export interface SalesClient {
  recordSales(posSystemId: string, sales: readonly NewSale[]): Promise<readonly SaleResult[]>;
}

/** Sends through `client`, whose errors tell playShoppers whether and when to repeat. An abort leaves the answer behind. */
export function sendThrough(client: SalesClient): Send {
  return async (posSystemId, sales, signal) => {
    const aborted = Promise.withResolvers<never>();
    const onAbort = () => aborted.reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
    try {
      signal.throwIfAborted();
      const results = await Promise.race([client.recordSales(posSystemId, sales.map(wireSale)), aborted.promise]);
      return results.map((result, at) => ({ ...result, externalId: result.externalId ?? sales[at]?.externalId ?? '' }));
    } finally {
      signal.removeEventListener('abort', onAbort);
    }
  };
}

const wireSale = (sale: Sale): NewSale => ({ ...sale, lines: sale.lines.map((line) => ({ ...line })) });
