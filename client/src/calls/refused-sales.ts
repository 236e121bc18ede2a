// What could not be booked: refused sales, which wait as they came, and lines of products that nobody knows yet.
import { type Http, settle, unwrap } from '../http.ts';
import type { paths } from '../openapi.ts';

type SyncErrorsQuery = NonNullable<paths['/v1/sync-errors']['get']['parameters']['query']>;
type PageQuery = { limit?: number; after?: string };

/** A product as the till names it. */
export interface TillProduct {
  readonly posSystemId: string;
  readonly externalProductId: string;
}

export function refusedSalesCalls(http: Http) {
  return {
    /** Refused sales as they came, the newest first; by `state`, `code`, shop or till. */
    listSyncErrors: (query: SyncErrorsQuery = {}) => unwrap(http.GET('/v1/sync-errors', { params: { query } })),

    readSyncError: (id: string) => unwrap(http.GET('/v1/sync-errors/{id}', { params: { path: { id } } })),

    /** Tries a refused sale once more. It is booked once, however often it is replayed; 409 when it has been. */
    replaySyncError: (id: string) => unwrap(http.POST('/v1/sync-errors/{id}/replay', { params: { path: { id } } })),

    /** Products that the till has sold and nobody has mapped: their sales count, their stock waits. */
    listUnmapped: (posSystemId: string, query: PageQuery = {}) =>
      unwrap(http.GET('/v1/pos-systems/{id}/unmapped', { params: { path: { id: posSystemId }, query } })),

    listMappings: (posSystemId: string, query: PageQuery = {}) =>
      unwrap(http.GET('/v1/pos-systems/{id}/mappings', { params: { path: { id: posSystemId }, query } })),

    /** Says which product this is, and books the lines that wait for it; answers how many are left to be booked. */
    mapProduct: ({ posSystemId, externalProductId }: TillProduct, productId: string) =>
      unwrap(
        http.PUT('/v1/pos-systems/{id}/mappings/{externalProductId}', {
          params: { path: { id: posSystemId, externalProductId } },
          body: { productId },
        }),
      ),

    /** Takes a mapping away: later sales of this product wait again, booked ones stay. */
    unmapProduct: ({ posSystemId, externalProductId }: TillProduct) =>
      settle(
        http.DELETE('/v1/pos-systems/{id}/mappings/{externalProductId}', {
          params: { path: { id: posSystemId, externalProductId } },
        }),
      ),
  };
}
