// The brand's tree: franchises, franchisees and their shops.
import { type Http, unwrap } from '../http.ts';
import type { NewLocation } from '../openapi.ts';

type PageQuery = { limit?: number; after?: string };

export function placeCalls(http: Http) {
  return {
    listFranchises: (query: PageQuery = {}) => unwrap(http.GET('/v1/franchises', { params: { query } })),

    listFranchisees: (query: PageQuery = {}) => unwrap(http.GET('/v1/franchisees', { params: { query } })),

    /** The locations that the credential may see, by name. */
    listLocations: (query: PageQuery = {}) => unwrap(http.GET('/v1/locations', { params: { query } })),

    readLocation: (id: string) => unwrap(http.GET('/v1/locations/{id}', { params: { path: { id } } })),

    /** Opens a shop. Its time zone and currency decide what a day and an amount are there. */
    openLocation: (location: NewLocation) => unwrap(http.POST('/v1/locations', { body: location })),
  };
}
