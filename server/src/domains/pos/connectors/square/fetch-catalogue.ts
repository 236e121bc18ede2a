// Square's items for their SKUs. Lines name variations, so those are what is kept; of the item they only take the name.
import type { Connection } from '../connector.ts';
import type { CatalogueItem } from '../translation-facts.ts';
import { type AnswerObject, objectIn, objectsIn, textIn } from '../vendor-answer.ts';
import { askSquare } from './ask-square.ts';

const limit = 1000;

export async function* fetchCatalogue(connection: Connection, since: Date | null): AsyncGenerator<CatalogueItem[]> {
  let cursor: string | null = null;
  do {
    const answer: AnswerObject = await askSquare(connection, ({ catalog }) =>
      catalog.search({
        objectTypes: ['ITEM_VARIATION'],
        includeDeletedObjects: true,
        includeRelatedObjects: true,
        limit,
        // Exclusive at Square: a moment earlier, for two changes at one instant.
        ...(since === null ? {} : { beginTime: new Date(since.getTime() - 1).toISOString() }),
        ...(cursor === null ? {} : { cursor }),
      }),
    );
    const items = new Map<string | null, string | null>();
    for (const related of objectsIn(answer['related_objects'])) {
      items.set(textIn(related, 'id'), textIn(objectIn(related, 'item_data'), 'name'));
    }
    yield objectsIn(answer['objects']).flatMap((object) => readVariation(object, items));
    cursor = textIn(answer, 'cursor');
  } while (cursor !== null);
}

function readVariation(object: AnswerObject, items: ReadonlyMap<string | null, string | null>): CatalogueItem[] {
  const externalProductId = textIn(object, 'id');
  if (externalProductId === null || textIn(object, 'type') !== 'ITEM_VARIATION') return [];
  const data = objectIn(object, 'item_variation_data');
  const variation = textIn(data, 'name');
  const item = items.get(textIn(data, 'item_id')) ?? null;
  const name = variation === null || variation === 'Regular' ? item : [item, variation].filter(Boolean).join(', ');
  return [{ externalProductId, sku: textIn(data, 'sku'), name, isDeleted: object['is_deleted'] === true }];
}
