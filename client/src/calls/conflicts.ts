// Editing what others edit too, and settling the edits that came too late.
import { type Http, unwrap } from '../http.ts';
import type { paths } from '../openapi.ts';

type Json<Content> = Content extends { content: { 'application/json': infer Body } } ? Body : never;
type Edit<Path extends EditPath> = paths[Path]['patch'];
type EditPath = '/v1/locations/{id}' | '/v1/products/{id}' | '/v1/inventory-items/{id}' | '/v1/pos-systems/{id}';

/** What can be edited, by the name of its table, and where. */
interface EditPaths {
  readonly locations: '/v1/locations/{id}';
  readonly products: '/v1/products/{id}';
  readonly inventory_items: '/v1/inventory-items/{id}';
  readonly pos_systems: '/v1/pos-systems/{id}';
}

export type EditableTable = keyof EditPaths;

/** The fields of an edit: those that are left out stay as they are. */
export type Updates<Table extends EditableTable> = Json<Edit<EditPaths[Table]>['requestBody']>;

/** A row after its edit. */
export type Edited<Table extends EditableTable> = Json<Edit<EditPaths[Table]>['responses'][200]>;

type Editor<Table extends EditableTable> = (
  http: Http,
  edit: { readonly body: Updates<Table>; readonly params: EditParams },
) => Promise<Edited<Table>>;

interface EditParams {
  readonly path: { readonly id: string };
  readonly header: { readonly 'if-match': string };
}

const editors: { readonly [Table in EditableTable]: Editor<Table> } = {
  locations: (http, edit) => unwrap(http.PATCH('/v1/locations/{id}', edit)),
  products: (http, edit) => unwrap(http.PATCH('/v1/products/{id}', edit)),
  inventory_items: (http, edit) => unwrap(http.PATCH('/v1/inventory-items/{id}', edit)),
  pos_systems: (http, edit) => unwrap(http.PATCH('/v1/pos-systems/{id}', edit)),
};

type ConflictsQuery = NonNullable<paths['/v1/sync-conflicts']['get']['parameters']['query']>;
type Decision = Json<NonNullable<paths['/v1/sync-conflicts/{id}/resolve']['post']['requestBody']>>;

export function conflictCalls(http: Http) {
  return {
    /**
     * Edits a row of `locations`, `products`, `inventory_items` or `pos_systems`, if it is still at the version that the
     * program has read. Resolves with the row at its next version; throws a ConflictError with both sides where somebody
     * else was faster.
     *
     * @example
     * const product = await tillstream.updateWithConflictDetection('products', id, { price: 3.2 }, 4);
     */
    updateWithConflictDetection: <Table extends EditableTable>(
      ...[table, id, updates, expectedVersion]: [
        table: Table,
        id: string,
        updates: Updates<Table>,
        expectedVersion: number,
      ]
    ): Promise<Edited<Table>> =>
      editors[table](http, { body: updates, params: { path: { id }, header: { 'if-match': `"${expectedVersion}"` } } }),

    /** Edits that were refused because another came first, the newest first. */
    listSyncConflicts: (query: ConflictsQuery = {}) => unwrap(http.GET('/v1/sync-conflicts', { params: { query } })),

    readSyncConflict: (id: string) => unwrap(http.GET('/v1/sync-conflicts/{id}', { params: { path: { id } } })),

    /** Settles one: `mine` applies the refused edit, `theirs` leaves all as it is, `merged` applies what is given. */
    resolveSyncConflict: (id: string, decision: Decision) =>
      unwrap(http.POST('/v1/sync-conflicts/{id}/resolve', { params: { path: { id } }, body: decision })),
  };
}
