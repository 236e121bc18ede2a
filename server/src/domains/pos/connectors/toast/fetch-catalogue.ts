// Toast's menus for the SKUs of items. What has been deleted is simply not there any more; its name and SKU stay known.
import { askVendor } from '../ask-vendor.ts';
import type { Connection } from '../connector.ts';
import type { CatalogueItem } from '../translation-facts.ts';
import { type AnswerObject, isAnswerObject, objectsIn, readAnswerObject, textIn } from '../vendor-answer.ts';
import { readVendorTime } from '../vendor-time.ts';
import { authorised } from './toast-settings.ts';

export async function* fetchCatalogue(connection: Connection, since: Date | null): AsyncGenerator<CatalogueItem[]> {
  const read = async (path: string): Promise<AnswerObject> => {
    const { body } = await askVendor(connection, { path: `/menus/v2/${path}`, headers: authorised(connection) });
    return readAnswerObject(body);
  };
  if (since !== null) {
    const updated = readVendorTime(textIn(await read('metadata'), 'lastUpdated') ?? '');
    if (updated !== null && updated.date < since) return;
  }
  const answer = await read('menus');
  const items = new Map<string, CatalogueItem>();
  for (const menu of objectsIn(answer['menus'])) collect(menu, items);
  const options = answer['modifierOptionReferences'];
  for (const option of isAnswerObject(options) ? Object.values(options) : []) {
    if (isAnswerObject(option)) keep(option, items);
  }
  yield [...items.values()];
}

const depthMax = 20;

/** Groups within groups, to any depth. */
function collect(group: AnswerObject, items: Map<string, CatalogueItem>, depth = 0): void {
  for (const item of objectsIn(group['menuItems'])) keep(item, items);
  if (depth === depthMax) return;
  for (const inner of objectsIn(group['menuGroups'])) collect(inner, items, depth + 1);
}

function keep(item: AnswerObject, items: Map<string, CatalogueItem>): void {
  const externalProductId = textIn(item, 'guid');
  if (externalProductId === null) return;
  const sku = textIn(item, 'sku') ?? textIn(item, 'plu');
  items.set(externalProductId, { externalProductId, sku, name: textIn(item, 'name'), isDeleted: false });
}
