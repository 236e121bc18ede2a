// Sales: sending them from a till, and reading a shop's.
import { type Http, unwrap } from '../http.ts';
import type { NewSale } from '../openapi.ts';

/** The period and page of a list of sales; `from` and `to` are RFC 3339 times, `from` included and `to` not. */
export type TransactionsQuery = { from?: string; to?: string; limit?: number; after?: string };

export function salesCalls(http: Http) {
  return {
    /**
     * Sends 1 to 1,000 sales of one till and answers a result each, in order; one refused sale does not fail another.
     * Safe to repeat: a sale is booked once per `externalId` and `version`. Throws only when the request as a whole
     * was refused, or when nothing answered (`isTemporary`): then send the same sales again.
     */
    recordSales: async (posSystemId: string, sales: readonly NewSale[]) => {
      const params = { path: { id: posSystemId } };
      const body = { transactions: [...sales] };
      return (await unwrap(http.POST('/v1/pos-systems/{id}/transactions', { params, body }))).results;
    },

    /** The till systems that the credential may see, in the order of their registration. */
    listPosSystems: (query: { limit?: number; after?: string } = {}) =>
      unwrap(http.GET('/v1/pos-systems', { params: { query } })),

    readTransaction: (id: string) => unwrap(http.GET('/v1/transactions/{id}', { params: { path: { id } } })),

    /** One page of a shop's sales, newest first, each at its highest version. */
    listTransactions: (locationId: string, query: TransactionsQuery = {}) =>
      unwrap(http.GET('/v1/locations/{id}/transactions', { params: { path: { id: locationId }, query } })),
  };
}
