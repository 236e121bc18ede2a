// Clover's items for their SKUs; deleted ones have a list of their own.
import type { Connection } from '../connector.ts';
import type { CatalogueItem } from '../translation-facts.ts';
import { textIn } from '../vendor-answer.ts';
import { type KeyPlace, readKeyPage } from './list-by-key.ts';

export async function* fetchCatalogue(connection: Connection, since: Date | null): AsyncGenerator<CatalogueItem[]> {
  for (const deleted of [false, true]) {
    const filters = deleted ? ['deleted=true'] : [];
    let place: KeyPlace | null = { fromMs: since?.getTime() ?? 0, offset: 0 };
    // Without an end: what changes while it is read may well be read.
    const toMs = connection.now().getTime() + 86_400_000;
    while (place !== null) {
      const list = { path: '/items', key: 'modifiedTime', filters } as const;
      const { rows, next }: Awaited<ReturnType<typeof readKeyPage>> = await readKeyPage(connection, list, {
        place,
        toMs,
      });
      yield rows.flatMap((row) => {
        const externalProductId = textIn(row, 'id');
        if (externalProductId === null) return [];
        return [{ externalProductId, sku: textIn(row, 'sku'), name: textIn(row, 'name'), isDeleted: deleted }];
      });
      place = next;
    }
  }
}
