// Square's catalog: each item with one variation, which is what sells and what has the SKU.

import { textOf, textsOf } from '../http-door.ts';
import type { Item } from '../item-book.ts';
import { page } from './page.ts';
import { invalid } from './refusals.ts';
import type { Rendering } from './rendering.ts';
import { readInstant } from './search-orders.ts';
import { stamp } from './square-money.ts';

interface CatalogRow {
  readonly id: string;
  readonly item: Item;
  readonly type: 'ITEM' | 'ITEM_VARIATION';
}

type Body = Readonly<Record<string, unknown>>;

const listPage = 100;
const searchLimitMax = 1000;
const retrieveMax = 1000;

/** The currency is the merchant's: one for its whole catalog. */
export interface Catalog {
  list(query: URLSearchParams, now: number): Record<string, unknown>;
  search(body: Body, now: number): Record<string, unknown>;
  batchRetrieve(body: Body): Record<string, unknown>;
}

export function createCatalog(rendering: Rendering, currency: string): Catalog {
  const rows = (): CatalogRow[] =>
    [...rendering.items.items.values()].flatMap((item) => [
      { id: rendering.ids.item(item.key), item, type: 'ITEM' as const },
      { id: rendering.ids.variation(item.key), item, type: 'ITEM_VARIATION' as const },
    ]);
  const render = (row: CatalogRow) => renderObject(row, rendering, currency);
  const answer = ({ rows: found, cursor }: { rows: readonly CatalogRow[]; cursor: string | undefined }) => ({
    objects: found.map(render),
    ...(cursor === undefined ? {} : { cursor }),
  });
  return {
    list(query, now) {
      const types = query.get('types')?.split(',') ?? ['ITEM', 'ITEM_VARIATION'];
      const cursor = query.get('cursor') ?? undefined;
      const wanted = rows().filter((row) => types.includes(row.type) && !row.item.deleted);
      return answer(paged(wanted, { query: types.join(), cursor, now, limit: listPage }));
    },
    search(body, now) {
      const types = textsOf(body['object_types']) ?? ['ITEM', 'ITEM_VARIATION'];
      const begin = readInstant(body['begin_time'], 'begin_time') ?? Number.NEGATIVE_INFINITY;
      const deleted = body['include_deleted_objects'] === true;
      // Exclusive, unlike the windows of orders.
      const wanted = rows().filter(
        ({ item, type }) => types.includes(type) && item.modifiedAt > begin && (deleted || !item.deleted),
      );
      const { cursor, ...query } = body;
      const limit = Math.min(Number(body['limit'] ?? listPage), searchLimitMax);
      const found = paged(wanted, { query: JSON.stringify(query), cursor: textOf(cursor), now, limit });
      return { ...answer(found), latest_time: stamp(now) };
    },
    batchRetrieve(body) {
      const ids = textsOf(body['object_ids']);
      if (!ids?.length) throw invalid('MISSING_REQUIRED_PARAMETER', 'object_ids are needed', 'object_ids');
      if (ids.length > retrieveMax) throw invalid('ARRAY_LENGTH_TOO_LONG', `At most ${retrieveMax}`, 'object_ids');
      const deleted = body['include_deleted_objects'] === true;
      const byId = new Map(rows().map((row) => [row.id, row]));
      const found = ids.flatMap((id) => byId.get(id) ?? []).filter(({ item }) => deleted || !item.deleted);
      const related =
        body['include_related_objects'] === true
          ? found.flatMap(({ item, type }) => (type === 'ITEM' ? [] : (byId.get(rendering.ids.item(item.key)) ?? [])))
          : [];
      return {
        objects: found.map(render),
        ...(related.length > 0 ? { related_objects: related.map(render) } : {}),
      };
    },
  };
}

const paged = (
  rows: readonly CatalogRow[],
  given: { query: string; cursor: string | undefined; now: number; limit: number },
) => page({ ...given, end: given.now, ascending: true, keyOf: ({ item }) => item.createdAt, rows: () => rows });

function renderObject(row: CatalogRow, rendering: Rendering, currency: string): Record<string, unknown> {
  const { item, type } = row;
  const common = {
    id: row.id,
    type,
    updated_at: stamp(item.modifiedAt),
    created_at: stamp(item.createdAt),
    version: item.modifiedAt,
    is_deleted: item.deleted,
    present_at_all_locations: true,
  };
  if (type === 'ITEM_VARIATION') return { ...common, item_variation_data: variationData(item, rendering, currency) };
  const variation = { id: rendering.ids.variation(item.key), item, type: 'ITEM_VARIATION' as const };
  return {
    ...common,
    item_data: { name: item.product.name, variations: [renderObject(variation, rendering, currency)] },
  };
}

const variationData = ({ key, product }: Item, { ids }: Rendering, currency: string) => ({
  item_id: ids.item(key),
  name: 'Regular',
  sku: product.sku,
  pricing_type: 'FIXED_PRICING',
  price_money: { amount: product.priceCents, currency },
  sellable: true,
  stockable: true,
});
