// The feeds of a till's own server: pages by an opaque cursor, in the order in which its server committed. `changedSince`
// lets a server begin late; one that does not know it sends everything, and what is known already changes nothing.
import { askVendor } from '../ask-vendor.ts';
import type { Connection } from '../connector.ts';
import { type AnswerObject, objectsIn, readAnswerObject, textIn } from '../vendor-answer.ts';
import { VendorFailure } from '../vendor-failure.ts';
import { authorised } from './custom-settings.ts';

export type FeedName = 'transactions' | 'refunds' | 'items';

const limit = 500;

export interface FeedPage {
  readonly items: readonly AnswerObject[];
  /** Null on the last page. */
  readonly after: string | null;
}

export async function readFeedPage(
  connection: Connection,
  feed: FeedName,
  { since, after }: { readonly since: Date | null; readonly after: string | null },
): Promise<FeedPage> {
  const query = new URLSearchParams({
    limit: String(limit),
    ...(since === null ? {} : { changedSince: since.toISOString() }),
    ...(after === null ? {} : { after }),
  });
  const { body } = await askVendor(connection, { path: `/${feed}?${query}`, headers: authorised(connection) });
  const page = readAnswerObject(body);
  if (!Array.isArray(page['items']) || typeof page['hasMore'] !== 'boolean') {
    throw new VendorFailure('malformed', `A page of /${feed} needs "items", a list, and "hasMore", true or false.`);
  }
  const next = textIn(page, 'next');
  if (page['hasMore'] && (next === null || next === after)) {
    throw new VendorFailure('malformed', `A page of /${feed} that has more needs a "next" other than its own "after".`);
  }
  return { items: objectsIn(page['items']), after: page['hasMore'] ? next : null };
}
