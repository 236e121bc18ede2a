// What changed at a till's own server: its feeds of transactions and of refunds, one after the other.
import type { ChangePage, ChangeWindow, Connection, DocumentReference, VendorDocument } from '../connector.ts';
import type { CatalogueItem } from '../translation-facts.ts';
import { type AnswerObject, documentBytes, textIn } from '../vendor-answer.ts';
import { type FeedName, readFeedPage } from './read-feed.ts';

const feeds = ['transactions', 'refunds'] as const satisfies readonly FeedName[];

interface Place {
  readonly feed: number;
  readonly after: string | null;
}

export async function* fetchChanges(
  connection: Connection,
  window: ChangeWindow,
  resumeAt: string | null,
): AsyncGenerator<ChangePage> {
  let place: Place | null = resumeAt === null ? { feed: 0, after: null } : (JSON.parse(resumeAt) as Place);
  while (place !== null) {
    const { feed, after }: Place = place;
    const name = feeds[feed];
    if (name === undefined) return;
    const page = await readFeedPage(connection, name, { since: window.from, after });
    if (page.after !== null) place = { feed, after: page.after };
    else place = feed + 1 < feeds.length ? { feed: feed + 1, after: null } : null;
    const documents = page.items.map((item) => documentOf(name, item));
    yield { documents, resumeAt: place === null ? null : JSON.stringify(place) };
  }
}

function documentOf(feed: (typeof feeds)[number], item: AnswerObject): VendorDocument {
  const kind = feed === 'refunds' ? 'refund' : 'order';
  const part = feed === 'refunds' ? 'refund' : 'transaction';
  return { reference: { kind, id: textIn(item, 'externalId') ?? '' }, bytes: documentBytes({ [part]: item }) };
}

const lookBackMs = 3_600_000;
/** What is looked for from long ago may have much behind it; where it ends, the feed is the guarantee. */
const pagesMax = 100;

/** What a message was about is among what changed last; a feed has no path to one thing alone. */
export async function fetchOne(
  connection: Connection,
  { kind, id, changedSince }: DocumentReference,
): Promise<VendorDocument[]> {
  if (kind !== 'order' && kind !== 'refund') return [];
  const feed = kind === 'refund' ? 'refunds' : 'transactions';
  const changedMs = Math.min(changedSince?.getTime() ?? Infinity, connection.now().getTime());
  const since = new Date(changedMs - lookBackMs);
  let after: string | null = null;
  for (let page = 0; page < pagesMax; page++) {
    const read: Awaited<ReturnType<typeof readFeedPage>> = await readFeedPage(connection, feed, { since, after });
    const found = read.items.find((item) => textIn(item, 'externalId') === id);
    if (found !== undefined) return [documentOf(feed, found)];
    if (read.after === null) return [];
    after = read.after;
  }
  return [];
}

export async function* fetchCatalogue(connection: Connection, since: Date | null): AsyncGenerator<CatalogueItem[]> {
  let after: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof readFeedPage>> = await readFeedPage(connection, 'items', { since, after });
    yield page.items.flatMap((item) => {
      const externalProductId = textIn(item, 'externalId');
      if (externalProductId === null) return [];
      const isDeleted = item['deleted'] === true;
      return [{ externalProductId, sku: textIn(item, 'sku'), name: textIn(item, 'name'), isDeleted }];
    });
    after = page.after;
  } while (after !== null);
}
