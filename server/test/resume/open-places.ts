// Shops with a key of their own for their screens, and where in the log the screens begin.
import { createTillstream } from '../../../client/src/index.ts';
import { openShop, type Shop } from '../../../client/test/open-shop.ts';
import type { HerdShop } from './herd.ts';
import { inTurns } from './rush.ts';

export interface OpenPlaces {
  readonly shops: readonly Shop[];
  readonly places: readonly HerdShop[];
}

/** `ownerKey` may do everything in its brand. */
export async function openPlaces(url: string, ownerKey: string, count: number): Promise<OpenPlaces> {
  const owner = createTillstream({ url, apiKey: ownerKey });
  const shops = await inTurns(count, 4, () => openShop(url, ownerKey));
  const places = await inTurns(count, 4, async (index) => {
    const { locationId = '' } = shops[index] ?? {};
    const { feedCursor: after } = await owner.listStock(locationId);
    return { locationId, after, apiKey: await makeKey({ url, ownerKey, locationId }) };
  });
  return { shops, places };
}

async function makeKey(of: { url: string; ownerKey: string; locationId: string }): Promise<string> {
  const answer = await fetch(`${of.url}/v1/api-keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${of.ownerKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'screen', scopes: ['realtime:read'], locationIds: [of.locationId] }),
  });
  return ((await answer.json()) as { key: string }).key;
}
